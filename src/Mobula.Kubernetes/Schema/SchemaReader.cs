namespace Mobula.Kubernetes.Schema;

/// <summary>What the OpenAPI keywords of built-in types and of structural schemas have in common.</summary>
internal static class SchemaReader
{
    public static SchemaType ReadType(string? type) => type switch
    {
        "object" => SchemaType.Object,
        "array" => SchemaType.Array,
        "string" => SchemaType.String,
        "integer" => SchemaType.Integer,
        "number" => SchemaType.Number,
        "boolean" => SchemaType.Boolean,
        _ => SchemaType.Any,
    };

    public static ListType ReadListType(string? type) => type switch
    {
        "set" => ListType.Set,
        "map" => ListType.Map,
        _ => ListType.Atomic,
    };
}
