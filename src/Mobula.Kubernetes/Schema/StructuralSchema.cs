using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Schema;

/// <summary>Makes type schemas from the structural schemas of custom resource definitions.</summary>
public static class StructuralSchema
{
    /// <summary>The schema of one version of a custom resource: the object with <c>apiVersion</c>, <c>kind</c> and <c>metadata</c> around it.</summary>
    /// <param name="definition">A CustomResourceDefinition (v1).</param>
    /// <param name="version">The name of the version.</param>
    /// <returns>The schema; null when the definition has no such version.</returns>
    public static TypeSchema? ForVersion(JsonObject definition, string version)
    {
        var entry = definition.Objects("spec", "versions").FirstOrDefault(v => v.Text("name") == version);
        if (entry is null) return null;
        var schema = entry.Object("schema", "openAPIV3Schema") ?? [];
        var kind = new GroupVersionKind(definition.Text("spec", "group") ?? "", version, definition.Text("spec", "names", "kind") ?? "");
        return ReadRoot(schema, kind, definition.Flag("spec", "preserveUnknownFields") == true);
    }

    /// <summary>The schema of a whole custom resource from its <c>openAPIV3Schema</c>.</summary>
    /// <param name="json">The <c>openAPIV3Schema</c>.</param>
    /// <param name="kind">The type of the objects.</param>
    /// <param name="preserveUnknownFields">Whether unknown fields are kept everywhere.</param>
    public static TypeSchema ReadRoot(JsonObject json, GroupVersionKind kind, bool preserveUnknownFields = false) =>
        Read(json, preserveUnknownFields, root: true, kind);

    /// <summary>The schema of a part of a custom resource.</summary>
    public static TypeSchema Read(JsonObject json) => Read(json, preserve: false, root: false, kind: null);

    private static TypeSchema Read(JsonObject json, bool preserve, bool root, GroupVersionKind? kind)
    {
        var embedded = json.Flag("x-kubernetes-embedded-resource") == true;
        var keep = preserve || json.Flag("x-kubernetes-preserve-unknown-fields") == true;
        var items = json["items"] as JsonObject;
        var additional = json["additionalProperties"] as JsonObject;
        var anyValue = json["additionalProperties"] is JsonValue flag && flag.GetValueKind() == JsonValueKind.True;
        return new(
            () => ReadProperties(json, root || embedded, preserve),
            items is null ? null : () => Read(items, preserve, root: false, kind: null),
            additional is not null ? () => Read(additional, preserve, root: false, kind: null) : anyValue ? () => TypeSchema.Any : null)
        {
            Type = json.Flag("x-kubernetes-int-or-string") == true ? SchemaType.IntOrString
                : root ? SchemaType.Object : SchemaReader.ReadType(json.Text("type")),
            Format = json.Text("format"),
            Nullable = json.Flag("nullable") == true,
            PreserveUnknownFields = keep,
            EmbeddedResource = embedded,
            ListType = SchemaReader.ReadListType(json.Text("x-kubernetes-list-type")),
            HasListType = json.ContainsKey("x-kubernetes-list-type"),
            ListMapKeys = [.. json.Texts("x-kubernetes-list-map-keys")],
            AtomicMap = json.Text("x-kubernetes-map-type") == "atomic",
            Default = json["default"],
            HasDefault = json.ContainsKey("default"),
            Required = [.. json.Texts("required")],
            Enum = json["enum"] is JsonArray values ? [.. values] : null,
            Validation = ReadValidation(json),
            MetadataRules = (root || embedded) && json.Object("properties", "metadata") is { } metadata && metadata.ContainsKey("properties")
                ? Read(metadata, preserve, root: false, kind: null) : null,
            Kinds = kind is { } k ? [k] : [],
        };
    }

    private static FrozenDictionary<string, PropertySchema> ReadProperties(JsonObject owner, bool isObject, bool preserve)
    {
        var required = owner.Texts("required").ToHashSet();
        var properties = new Dictionary<string, PropertySchema>();
        foreach (var (name, value) in owner.Object("properties") ?? [])
        {
            if (value is not JsonObject json || (isObject && name == "metadata")) continue;
            properties[name] = new(name)
            {
                Resolve = () => Read(json, preserve, root: false, kind: null),
                Default = json["default"],
                Required = required.Contains(name),
            };
        }
        if (isObject)
        {
            properties["apiVersion"] = new("apiVersion") { Resolve = () => new() { Type = SchemaType.String } };
            properties["kind"] = new("kind") { Resolve = () => new() { Type = SchemaType.String } };
            properties["metadata"] = new("metadata") { Resolve = () => BuiltInSchemas.ObjectMeta };
        }
        return properties.ToFrozenDictionary();
    }

    private static readonly string[] Keywords =
    [
        "minimum", "maximum", "multipleOf", "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "minProperties",
        "maxProperties", "allOf", "anyOf", "oneOf", "not", "x-kubernetes-validations",
    ];

    private static ValidationKeywords? ReadValidation(JsonObject json) => !Keywords.Any(json.ContainsKey) ? null : new()
    {
        Minimum = Number(json["minimum"]),
        ExclusiveMinimum = json.Flag("exclusiveMinimum") == true,
        Maximum = Number(json["maximum"]),
        ExclusiveMaximum = json.Flag("exclusiveMaximum") == true,
        MultipleOf = Number(json["multipleOf"]),
        MinLength = json.Integer("minLength"),
        MaxLength = json.Integer("maxLength"),
        Pattern = json.Text("pattern"),
        MinItems = json.Integer("minItems"),
        MaxItems = json.Integer("maxItems"),
        UniqueItems = json.Flag("uniqueItems") == true,
        MinProperties = json.Integer("minProperties"),
        MaxProperties = json.Integer("maxProperties"),
        AllOf = [.. json.Objects("allOf").Select(Read)],
        AnyOf = [.. json.Objects("anyOf").Select(Read)],
        OneOf = [.. json.Objects("oneOf").Select(Read)],
        Not = json["not"] is JsonObject not ? Read(not) : null,
        Rules = [.. json.Objects("x-kubernetes-validations")],
    };

    private static double? Number(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.Number
            ? double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture)
            : null;
}
