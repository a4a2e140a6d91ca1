using System.Text.Json.Nodes;
using static Mobula.Ray.Definitions.SchemaParts;

namespace Mobula.Ray.Definitions;

/// <summary>The CustomResourceDefinitions of <c>ray.io/v1</c>. <c>deploy/crds</c> holds the same as files.</summary>
public static class RayDefinitions
{
    /// <summary>All four, in the order of their names.</summary>
    public static IReadOnlyList<JsonObject> All() => [RayClusterDefinition.Build(), RayCronJob(), RayJobDefinition.Build(), RayServiceDefinition.Build()];

    private static JsonObject RayCronJob() => Definition(
        "RayCronJob", "raycronjobs",
        Root(
            Fields(
                ("jobTemplate!", RayJobDefinition.Spec()),
                ("schedule!", Text()),
                ("suspend", Flag()),
                ("timeZone", Text().With("minLength", 1))),
            Fields(("lastScheduleTime", Time()))),
        Column("schedule", "string", ".spec.schedule"),
        Column("timezone", "string", ".spec.timeZone"),
        Column("last schedule", "date", ".status.lastScheduleTime"),
        Column("age", "date", ".metadata.creationTimestamp"),
        Column("suspend", "boolean", ".spec.suspend"));

    internal static JsonObject Root(JsonObject spec, JsonObject status) => Fields(
        ("apiVersion", Text()),
        ("kind", Text()),
        ("metadata", new JsonObject { ["type"] = "object" }),
        ("spec", spec),
        ("status", status));

    internal static JsonObject Column(string name, string type, string path, int priority = 0)
    {
        var column = new JsonObject { ["name"] = name, ["type"] = type, ["jsonPath"] = path };
        if (priority > 0) column["priority"] = priority;
        return column;
    }

    internal static JsonObject Definition(string kind, string plural, JsonObject schema, params ReadOnlySpan<JsonObject> columns)
    {
        var list = new JsonArray();
        foreach (var column in columns) list.Add((JsonNode)column);
        return new JsonObject
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "CustomResourceDefinition",
            ["metadata"] = new JsonObject { ["name"] = $"{plural}.ray.io" },
            ["spec"] = new JsonObject
            {
                ["group"] = "ray.io",
                ["names"] = new JsonObject
                {
                    ["categories"] = new JsonArray("all"),
                    ["kind"] = kind,
                    ["listKind"] = $"{kind}List",
                    ["plural"] = plural,
                    ["singular"] = kind.ToLowerInvariant(),
                },
                ["scope"] = "Namespaced",
                ["versions"] = new JsonArray(new JsonObject
                {
                    ["additionalPrinterColumns"] = list,
                    ["name"] = "v1",
                    ["schema"] = new JsonObject { ["openAPIV3Schema"] = schema },
                    ["served"] = true,
                    ["storage"] = true,
                    ["subresources"] = new JsonObject { ["status"] = new JsonObject() },
                }),
            },
        };
    }
}
