using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Expansion;

namespace Mobula.PodSecurity.Tests.Expansion;

/// <summary>The pods and Jobs that KubeRay made in the recorded conversations, against the pods the expansion says it will make.</summary>
public sealed class RecordedKubeRayPodsTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "testdata", "kuberay");

    // In this one the definitions are tried with objects that make no pods.
    public static TheoryData<string> Conversations =>
        [.. Directory.EnumerateFiles(Folder, "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Where(n => n != "crd-validation").Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Conversations))]
    public void Recorded_pods_have_the_security_of_expanded_ones(string name)
    {
        var (recorded, expanded) = Read(name);
        Assert.All(recorded, r => Assert.Contains(r, expanded));
    }

    [Fact]
    public void Recordings_hold_every_container_that_is_added()
    {
        var all = Conversations.SelectMany(c => Read(c.Data).Recorded).ToHashSet(StringComparer.Ordinal);
        Assert.True(all.Count >= 10, $"only {all.Count} different pods were recorded");
        foreach (var container in new[] { "wait-gcs-ready", "autoscaler", "ray-job-submitter", "wait-for-tls-ip-san" })
        {
            Assert.Contains(all, p => p.Contains($"\"name\":\"{container}\"", StringComparison.Ordinal));
        }
    }

    private static (HashSet<string> Recorded, HashSet<string> Expanded) Read(string name)
    {
        var steps = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, $"{name}.json")))!["steps"]!.AsArray();
        HashSet<string> expanded = new(StringComparer.Ordinal);
        HashSet<string> recorded = new(StringComparer.Ordinal);
        foreach (var step in steps.OfType<JsonObject>())
        {
            var answer = step.Object("answer", "body");
            foreach (var o in new[] { step["body"] as JsonObject, answer }.OfType<JsonObject>().SelectMany(b => b.Objects("items").Append(b)))
            {
                if (o.Object("spec") is null) continue;
                if (o.ApiVersion == "ray.io/v1") expanded.UnionWith(new PodExpansion(RayOperatorKind.KubeRay).Expand(o).Select(p => Security(p.Pod)));
            }
            // Of some answers only the fields that the conversation is about were kept.
            if (answer is null || step.Texts("ignore").Any(i => i.Contains("/spec/", StringComparison.Ordinal))) continue;
            foreach (var o in answer.Objects("items").Append(answer).Where(o => o.Label("ray.io/cluster") is not null || o.Label("ray.io/originated-from-cr-name") is not null))
            {
                if (o.List("metadata", "ownerReferences") is null) continue;
                var kind = o.Kind.Length > 0 ? o.Kind : answer.Kind.Replace("List", "", StringComparison.Ordinal);
                var pod = kind == "Pod" ? o : kind == "Job" ? o.Object("spec", "template") : null;
                if (pod?.List("spec", "containers") is not null) recorded.Add(Security(pod));
            }
        }
        return (recorded, expanded);
    }

    private static string Security(JsonObject pod)
    {
        static JsonArray Containers(JsonObject pod, string list) => [.. pod.Objects("spec", list).Select(c => (JsonNode)new JsonObject
        {
            ["name"] = c.Text("name"),
            ["securityContext"] = Sorted(c.Object("securityContext") ?? []),
        })];
        return new JsonObject
        {
            ["pod"] = Sorted(pod.Object("spec", "securityContext") ?? []),
            ["init"] = Containers(pod, "initContainers"),
            ["containers"] = Containers(pod, "containers"),
        }.ToJsonString();
    }

    private static JsonObject Sorted(JsonObject o) => new(o.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, m.Value is JsonObject c ? Sorted(c) : m.Value?.DeepClone())));
}
