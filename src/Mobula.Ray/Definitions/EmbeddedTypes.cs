using System.Text.Json.Nodes;
using Mobula.Kubernetes.Schema;

namespace Mobula.Ray.Definitions;

/// <summary>Kubernetes' own types as they stand within a CustomResourceDefinition: references resolved, structural.</summary>
internal static class EmbeddedTypes
{
    private const string Core = "io.k8s.api.core.v1.";
    private const string Networking = "io.k8s.api.networking.v1.";

    /// <summary>Keywords of a structural schema that say something about values; others are for patches or documentation.</summary>
    private static readonly string[] Kept = ["type", "format", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type", "minimum", "maximum"];

    /// <summary>Types that hold a LocalObjectReference inline: KubeRay's definitions own them whole.</summary>
    private static readonly HashSet<string> Atomic = ["ConfigMapVolumeSource", "ConfigMapProjection", "SecretProjection", "ConfigMapEnvSource", "SecretEnvSource"];

    public static JsonObject CoreType(string name) => Read(Core + name);

    public static JsonObject NetworkingType(string name) => Read(Networking + name);

    /// <summary>A condition; its type is not listed.</summary>
    public static JsonObject Condition() => SchemaParts.Fields(
        ("lastTransitionTime!", SchemaParts.Time()),
        ("message!", SchemaParts.Text().With("maxLength", 32768)),
        ("observedGeneration", SchemaParts.Int64().Minimum(0)),
        ("reason!", SchemaParts.Text().With("maxLength", 1024).With("minLength", 1).With("pattern", "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")),
        ("status!", SchemaParts.Choice("True", "False", "Unknown")),
        ("type!", SchemaParts.Text().With("maxLength", 316).With("pattern", @"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$")));

    private static JsonObject Read(string name) => name[(name.LastIndexOf('.') + 1)..] switch
    {
        "Quantity" => SchemaParts.Quantity(),
        "IntOrString" => SchemaParts.IntOrString(),
        "Time" or "MicroTime" => SchemaParts.Time(),
        "ObjectMeta" => SchemaParts.Fields(
            ("annotations", SchemaParts.TextMap()),
            ("finalizers", SchemaParts.ListOf(SchemaParts.Text())),
            ("labels", SchemaParts.TextMap()),
            ("name", SchemaParts.Text()),
            ("namespace", SchemaParts.Text())),
        var type => Whole(type, Structural(BuiltInSchemas.OpenApi(name) ?? throw new InvalidOperationException($"no type {name}"))),
    };

    private static JsonObject Whole(string type, JsonObject schema) => Atomic.Contains(type) ? schema.With("x-kubernetes-map-type", "atomic") : schema;

    private static JsonObject Structural(JsonObject schema)
    {
        if (Reference(schema) is { } reference) return Read(reference);
        var result = new JsonObject();
        foreach (var keyword in Kept)
        {
            if (schema[keyword] is { } value) result[keyword] = value.DeepClone();
        }
        if (schema["items"] is JsonObject items) result["items"] = Structural(items);
        if (schema["additionalProperties"] is JsonObject values) result["additionalProperties"] = Structural(values);
        if (schema["required"] is JsonArray required) result["required"] = required.DeepClone();
        if (schema["properties"] is not JsonObject properties) return result;
        var fields = new JsonObject();
        var obligatory = (schema["required"] as JsonArray)?.Select(r => r!.GetValue<string>()).ToHashSet() ?? [];
        // The facts promise no order; what is written into files needs one.
        foreach (var (name, node) in properties.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            var field = Structural((JsonObject)node!);
            // OpenAPI tells the zero values of Go as defaults too; those mean nothing here.
            if (node?["default"] is JsonValue value && !obligatory.Contains(name)) field["default"] = value.DeepClone();
            fields[name] = field;
        }
        result["properties"] = fields;
        result.TryAdd("type", "object");
        return result;
    }

    private static string? Reference(JsonObject schema)
    {
        var holder = schema["$ref"] is not null ? schema : (schema["allOf"] as JsonArray)?[0] as JsonObject;
        return holder?["$ref"]?.GetValue<string>() is { } text ? text[(text.LastIndexOf('/') + 1)..] : null;
    }
}
