using System.Collections.Frozen;
using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Schema;

/// <summary>
/// What is known of a type of Kubernetes objects or of a part of them. Built-in types come from embedded facts, those of
/// custom resources from the structural schema of their definition. Schemas are immutable and may refer to themselves.
/// </summary>
public sealed class TypeSchema
{
    private readonly Func<IReadOnlyDictionary<string, PropertySchema>>? _properties;
    private readonly Func<TypeSchema>? _items;
    private readonly Func<TypeSchema>? _additional;
    private IReadOnlyDictionary<string, PropertySchema>? _propertiesRead;
    private TypeSchema? _itemsRead;
    private TypeSchema? _additionalRead;

    internal TypeSchema(
        Func<IReadOnlyDictionary<string, PropertySchema>>? properties = null, Func<TypeSchema>? items = null, Func<TypeSchema>? additional = null)
    {
        _properties = properties;
        _items = items;
        _additional = additional;
    }

    /// <summary>The schema that allows everything and knows nothing.</summary>
    public static TypeSchema Any { get; } = new() { PreserveUnknownFields = true };

    /// <summary>The OpenAPI name of a built-in type, for example <c>io.k8s.api.core.v1.PodSpec</c>; null for parts without a name.</summary>
    public string? Name { get; init; }

    /// <summary>The JSON type.</summary>
    public SchemaType Type { get; init; }

    /// <summary>A built-in type with rules of its own.</summary>
    public SpecialType Special { get; init; }

    /// <summary>The format, for example <c>int32</c>, <c>byte</c>, <c>date-time</c>.</summary>
    public string? Format { get; init; }

    /// <summary>Whether null is a value of its own (custom resources).</summary>
    public bool Nullable { get; init; }

    /// <summary>Whether fields without a schema are kept.</summary>
    public bool PreserveUnknownFields { get; init; }

    /// <summary>Whether the value is an object with <c>apiVersion</c>, <c>kind</c> and <c>metadata</c> of its own.</summary>
    public bool EmbeddedResource { get; init; }

    /// <summary>The known properties; empty for maps and for values that are no objects.</summary>
    public IReadOnlyDictionary<string, PropertySchema> Properties =>
        _propertiesRead ??= _properties?.Invoke() ?? FrozenDictionary<string, PropertySchema>.Empty;

    /// <summary>The schema of a list's items; null when the value is no list or anything goes.</summary>
    public TypeSchema? Items => _itemsRead ??= _items?.Invoke();

    /// <summary>The schema of a map's values; null when the value is no map.</summary>
    public TypeSchema? AdditionalProperties => _additionalRead ??= _additional?.Invoke();

    /// <summary>How a list is merged.</summary>
    public ListType ListType { get; init; }

    /// <summary>Whether <c>x-kubernetes-list-type</c> was given (a custom resource's list without one is atomic, but is not printed as such).</summary>
    public bool HasListType { get; init; }

    /// <summary>The key fields of a list of <see cref="ListType.Map"/>.</summary>
    public IReadOnlyList<string> ListMapKeys { get; init; } = [];

    /// <summary>Whether an object is merged as one value (<c>x-kubernetes-map-type: atomic</c>).</summary>
    public bool AtomicMap { get; init; }

    /// <summary>The default of a custom resource's value; it may be JSON null only if absent (see <see cref="HasDefault"/>).</summary>
    public JsonNode? Default { get; init; }

    /// <summary>Whether a default is given.</summary>
    public bool HasDefault { get; init; }

    /// <summary>The properties that must be there.</summary>
    public IReadOnlyList<string> Required { get; init; } = [];

    /// <summary>The values that are allowed; null when any is.</summary>
    public IReadOnlyList<JsonNode?>? Enum { get; init; }

    /// <summary>The further rules of a custom resource's schema; null when there are none.</summary>
    public ValidationKeywords? Validation { get; init; }

    /// <summary>What a custom resource's schema asks of <c>metadata</c> beyond what all objects have; null when it asks nothing.</summary>
    public TypeSchema? MetadataRules { get; init; }

    /// <summary>The types under which a built-in schema is served.</summary>
    public IReadOnlyList<GroupVersionKind> Kinds { get; init; } = [];

    /// <summary>Whether the value is a map from any name to values of one schema.</summary>
    public bool IsMap => AdditionalProperties is not null;

    /// <summary>The schema at a path of property names; lists and maps on the way stand for their items. Null when it is not known.</summary>
    public TypeSchema? At(params ReadOnlySpan<string> path)
    {
        var schema = this;
        foreach (var name in path)
        {
            while (schema is { Items: { } items }) schema = items;
            schema = schema.Properties.TryGetValue(name, out var property) ? property.Type : schema.AdditionalProperties;
            if (schema is null) return null;
        }
        return schema;
    }
}

/// <summary>A property of an object, with what belongs to its place rather than to its type.</summary>
/// <param name="Name">The name.</param>
public sealed record PropertySchema(string Name)
{
    private TypeSchema? _type;

    /// <summary>Resolves <see cref="Type"/> when it is first asked for.</summary>
    internal Func<TypeSchema> Resolve { get; init; } = () => TypeSchema.Any;

    /// <summary>The type of the value.</summary>
    public TypeSchema Type => _type ??= Resolve();

    /// <summary>The default that the schema knows; null when there is none. Most defaults of built-in kinds are not in the schema.</summary>
    public JsonNode? Default { get; init; }

    /// <summary>Whether the property must be there.</summary>
    public bool Required { get; init; }

    /// <summary>How absence is written (built-in types).</summary>
    public Presence Presence { get; init; }

    /// <summary>The names of the embedded Go structs that the property comes from, joined by dots; null when it is the type's own. Error texts name them.</summary>
    public string? Embedded { get; init; }

    /// <summary>Whether strategic merge patch merges the value into the present one instead of replacing it (lists only; objects always merge).</summary>
    public bool PatchMerge { get; init; }

    /// <summary>Whether the patch strategy names <c>retainKeys</c>.</summary>
    public bool PatchRetainKeys { get; init; }

    /// <summary>Whether the patch strategy names <c>replace</c>.</summary>
    public bool PatchReplace { get; init; }

    /// <summary>The field by which strategic merge patch tells list items apart; null for lists of scalars.</summary>
    public string? PatchMergeKey { get; init; }
}

/// <summary>Rules of a structural schema beyond types (custom resources). Absent rules are null.</summary>
public sealed record ValidationKeywords
{
    /// <summary>The lower bound of a number.</summary>
    public double? Minimum { get; init; }

    /// <summary>Whether <see cref="Minimum"/> itself is excluded.</summary>
    public bool ExclusiveMinimum { get; init; }

    /// <summary>The upper bound of a number.</summary>
    public double? Maximum { get; init; }

    /// <summary>Whether <see cref="Maximum"/> itself is excluded.</summary>
    public bool ExclusiveMaximum { get; init; }

    /// <summary>What a number must be a multiple of.</summary>
    public double? MultipleOf { get; init; }

    /// <summary>The least length of a string.</summary>
    public long? MinLength { get; init; }

    /// <summary>The greatest length of a string.</summary>
    public long? MaxLength { get; init; }

    /// <summary>The regular expression that a string must match somewhere.</summary>
    public string? Pattern { get; init; }

    /// <summary>The least number of items.</summary>
    public long? MinItems { get; init; }

    /// <summary>The greatest number of items.</summary>
    public long? MaxItems { get; init; }

    /// <summary>Whether items must differ.</summary>
    public bool UniqueItems { get; init; }

    /// <summary>The least number of properties.</summary>
    public long? MinProperties { get; init; }

    /// <summary>The greatest number of properties.</summary>
    public long? MaxProperties { get; init; }

    /// <summary>Schemas that must all hold.</summary>
    public IReadOnlyList<TypeSchema> AllOf { get; init; } = [];

    /// <summary>Schemas of which at least one must hold.</summary>
    public IReadOnlyList<TypeSchema> AnyOf { get; init; } = [];

    /// <summary>Schemas of which exactly one must hold.</summary>
    public IReadOnlyList<TypeSchema> OneOf { get; init; } = [];

    /// <summary>A schema that must not hold.</summary>
    public TypeSchema? Not { get; init; }

    /// <summary>The CEL rules (<c>x-kubernetes-validations</c>) as they stand in the definition.</summary>
    public IReadOnlyList<JsonObject> Rules { get; init; } = [];
}
