namespace Mobula.Kubernetes.Schema;

/// <summary>The JSON type that a schema asks for.</summary>
public enum SchemaType
{
    /// <summary>Any value.</summary>
    Any,

    /// <summary>An object: a structure with properties, or a map.</summary>
    Object,

    /// <summary>A list.</summary>
    Array,

    /// <summary>A string.</summary>
    String,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A boolean.</summary>
    Boolean,

    /// <summary>A whole number or a string (<c>intstr.IntOrString</c>).</summary>
    IntOrString,
}

/// <summary>Types whose JSON form says less than Kubernetes knows.</summary>
public enum SpecialType
{
    /// <summary>None of these.</summary>
    None,

    /// <summary><c>resource.Quantity</c>: a string or number such as <c>100m</c>.</summary>
    Quantity,

    /// <summary><c>metav1.Time</c>: RFC 3339, whole seconds.</summary>
    Time,

    /// <summary><c>metav1.MicroTime</c>: RFC 3339 with exactly six digits of a second.</summary>
    MicroTime,

    /// <summary><c>metav1.FieldsV1</c>: a set of field paths as a tree.</summary>
    FieldsV1,

    /// <summary><c>runtime.RawExtension</c>: an object of any type.</summary>
    RawExtension,

    /// <summary>Any JSON value (<c>apiextensions.JSON</c> and the types that stand for a schema or something else).</summary>
    Json,
}

/// <summary>How the items of a list are identified when changes are merged (<c>x-kubernetes-list-type</c>).</summary>
public enum ListType
{
    /// <summary>The list is one value.</summary>
    Atomic,

    /// <summary>A set of scalars.</summary>
    Set,

    /// <summary>Objects told apart by key fields.</summary>
    Map,
}

/// <summary>How absence and the zero value of a property are told apart when an object is written.</summary>
public enum Presence
{
    /// <summary>Left out when it has the zero value (empty text, 0, false, empty list).</summary>
    OmitEmpty,

    /// <summary>Written always: the default, which is the zero value, when it is unset.</summary>
    Zero,

    /// <summary>Written whenever it is set, even to the zero value.</summary>
    Explicit,

    /// <summary>Written always: null for lists, references and times that are unset, else the zero value.</summary>
    Always,
}
