using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tests.Kinds;

/// <summary>Random valid pods, judged by Pod Security after defaults and validation, at two levels and fourteen versions.</summary>
public sealed class ValidPodsTests(TableServer server) : IClassFixture<TableServer>
{
    /// <summary>How many verdicts held when this was last raised.</summary>
    private const int Held = 16800;

    private static readonly string[] Versions = ["v1.0", "v1.8", "v1.19", "v1.22", "v1.23", "v1.25", "v1.27", "v1.29", "v1.31", "v1.32", "v1.34", "v1.35", "v1.37", "latest"];

    [Fact]
    public async Task Valid_pods_are_judged_as_recorded_at_every_level_and_version()
    {
        await server.PostAsync("/apis/node.k8s.io/v1/runtimeclasses", new() { ["apiVersion"] = "node.k8s.io/v1", ["kind"] = "RuntimeClass", ["metadata"] = new JsonObject { ["name"] = "rc" }, ["handler"] = "runc" });
        foreach (var level in new[] { "baseline", "restricted" })
        {
            foreach (var version in Versions)
            {
                await server.CreateNamespaceAsync(Namespace(level, version), new() { ["pod-security.kubernetes.io/enforce"] = level, ["pod-security.kubernetes.io/enforce-version"] = version });
            }
        }
        var (equal, all) = (0, 0);
        var differences = new List<string>();
        foreach (var row in TableServer.Rows("podsecurity-valid-a"))
        {
            foreach (var (level, runs) in row.Object("verdicts")!)
            {
                foreach (var run in runs!.AsArray())
                {
                    var (first, last) = (Array.IndexOf(Versions, run![0]!.GetValue<string>()), Array.IndexOf(Versions, run[1]!.GetValue<string>()));
                    foreach (var version in Versions[first..(last + 1)])
                    {
                        all++;
                        var got = await AskAsync(row.Object("pod")!, level, version);
                        if (got == run[2]?.GetValue<string>()) equal++;
                        else differences.Add(new JsonObject { ["pod"] = row["pod"]!.DeepClone(), ["level"] = level, ["version"] = version, ["wanted"] = run[2]?.DeepClone(), ["got"] = got }.ToJsonString());
                    }
                }
            }
        }
        TableServer.Report("podsecurity-valid-a", equal, all, differences);
        Assert.True(equal >= Held, $"{equal} of {all} verdicts are equal, {Held} were");
    }

    private static string Namespace(string level, string version) => $"v-{level}-{version}".Replace('.', '-');

    private async Task<string?> AskAsync(JsonObject pod, string level, string version)
    {
        var (status, text, _) = await server.PostAsync($"/api/v1/namespaces/{Namespace(level, version)}/pods?dryRun=All", pod);
        if (status == 201) return null;
        var message = status == 403 ? JsonNode.Parse(text)!["message"]!.GetValue<string>() : $"{status} {text}";
        var head = $"pods \"{pod.Name}\" is forbidden: violates PodSecurity \"{level}:{version}\": ";
        return message.StartsWith(head, StringComparison.Ordinal) ? message[head.Length..] : $"unexpected: {message}";
    }
}
