using System.Text.Json.Nodes;

namespace Mobula.ClusterBenchmarks;

/// <summary>The objects that are created: of ordinary size.</summary>
internal static class Samples
{
    public static JsonObject ConfigMap(string name) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = Metadata(name),
        ["data"] = new JsonObject { ["settings"] = new string('x', 400) },
    };

    public static JsonObject Pod(string name) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = Metadata(name),
        ["spec"] = new JsonObject
        {
            ["containers"] = new JsonArray(new JsonObject
            {
                ["name"] = "main",
                ["image"] = "localhost/mobula/pause:1",
                ["env"] = new JsonArray(new JsonObject { ["name"] = "A", ["value"] = "1" }),
                ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["cpu"] = "1m", ["memory"] = "1Mi" } },
                ["securityContext"] = new JsonObject { ["allowPrivilegeEscalation"] = false, ["runAsUser"] = 1000 },
            }),
            ["terminationGracePeriodSeconds"] = 0,
        },
    };

    private static JsonObject Metadata(string name) => new()
    {
        ["name"] = name,
        ["namespace"] = "default",
        ["labels"] = new JsonObject { ["app"] = "bench", ["run"] = name },
    };
}
