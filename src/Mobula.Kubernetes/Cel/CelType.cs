using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Cel;

/// <summary>The type that a checked expression has.</summary>
/// <param name="Kind">The kind; <see cref="CelKind.Dyn"/> is known at run time only.</param>
/// <param name="Element">The type of items, of a map's values, or of an optional's value.</param>
/// <param name="Key">The type of a map's keys.</param>
/// <param name="Schema">The fields of an object.</param>
internal sealed record CelType(CelKind Kind, CelType? Element = null, CelType? Key = null, TypeSchema? Schema = null)
{
    public static CelType Dyn { get; } = new(CelKind.Dyn);

    public static CelType Bool { get; } = new(CelKind.Bool);

    public static CelType Int { get; } = new(CelKind.Int);

    public static CelType String { get; } = new(CelKind.String);

    public CelType Item => Element ?? Dyn;

    public static CelType ListOf(CelType element) => new(CelKind.List, element);

    public static CelType OptionalOf(CelType element) => new(CelKind.Optional, element);

    /// <summary>The type of a schema's values.</summary>
    public static CelType Of(TypeSchema schema) => schema.Type switch
    {
        SchemaType.String => schema.Format switch
        {
            "date-time" or "date" => new(CelKind.Timestamp),
            "duration" => new(CelKind.Duration),
            "byte" => new(CelKind.Bytes),
            _ => String,
        },
        SchemaType.Integer => Int,
        SchemaType.Number => new(CelKind.Double),
        SchemaType.Boolean => Bool,
        SchemaType.Array => ListOf(schema.Items is { } items ? Of(items) : Dyn),
        SchemaType.Object when schema.AdditionalProperties is { } values => new(CelKind.Map, Of(values), String),
        SchemaType.Object when CelSchema.IsObject(schema) => new(CelKind.Object, Schema: schema),
        SchemaType.Object => new(CelKind.Map, Dyn, String),
        _ => Dyn,
    };

    /// <summary>Whether a value of this type may be one of another.</summary>
    public bool Fits(CelType other)
    {
        if (Kind == CelKind.Dyn || other.Kind == CelKind.Dyn) return true;
        if (Kind == CelKind.Null || other.Kind == CelKind.Null) return (Kind == CelKind.Null ? other : this).Kind is CelKind.Null or CelKind.Object or CelKind.Timestamp or CelKind.Duration or CelKind.Optional or CelKind.List or CelKind.Map;
        if (Kind != other.Kind) return Kind is CelKind.Map or CelKind.Object && other.Kind is CelKind.Map or CelKind.Object;
        if (Kind is CelKind.List or CelKind.Optional) return Item.Fits(other.Item);
        return Kind != CelKind.Map || (Item.Fits(other.Item) && (Key ?? Dyn).Fits(other.Key ?? Dyn));
    }

    /// <summary>The type of two values of which one is taken.</summary>
    public static CelType Join(CelType a, CelType b) => a == b ? a : a.Kind == CelKind.Null ? b : b.Kind == CelKind.Null ? a : Dyn;

    /// <summary>The type as messages show it.</summary>
    public override string ToString() => Kind switch
    {
        CelKind.List => $"list({Item})",
        CelKind.Map => $"map({Key ?? Dyn}, {Item})",
        CelKind.Optional => $"optional_type({Item})",
        CelKind.Timestamp => "timestamp",
        CelKind.Duration => "duration",
        CelKind.Quantity => "kubernetes.Quantity",
        CelKind.Url => "kubernetes.URL",
        CelKind.Ip => "net.IP",
        CelKind.Cidr => "net.CIDR",
        CelKind.Semver => "kubernetes.Semver",
        CelKind.Format => "kubernetes.NamedFormat",
        _ => Kind.ToString().ToLowerInvariant(),
    };
}
