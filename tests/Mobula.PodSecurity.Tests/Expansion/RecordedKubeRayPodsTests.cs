using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Expansion;

namespace Mobula.PodSecurity.Tests.Expansion;

/// <summary>The pods that KubeRay made in the recorded conversations, against those the expansion says it will make.</summary>
public sealed class RecordedKubeRayPodsTests
{
    public static TheoryData<string> Conversations =>
        ["cluster-sample", "cluster-complete", "cluster-autoscaler-v1", "pod-security-accepted", "pod-security-autoscaler", "job-sidecar-mode", "gcs-ft-redis", "service-sample"];

    [Theory]
    [MemberData(nameof(Conversations))]
    public void Recorded_pod_has_the_security_of_an_expanded_one(string name)
    {
        var steps = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "testdata", "kuberay", $"{name}.json")))!["steps"]!.AsArray();
        HashSet<string> expanded = new(StringComparer.Ordinal);
        HashSet<string> recorded = new(StringComparer.Ordinal);
        foreach (var step in steps.OfType<JsonObject>())
        {
            foreach (var resource in new[] { step["body"], step.At("answer", "body") }.OfType<JsonObject>().Where(b => b.ApiVersion == "ray.io/v1" && b.Object("spec") is not null))
            {
                foreach (var pod in new PodExpansion(RayOperatorKind.KubeRay).Expand(resource)) expanded.Add(Security(pod.Pod));
            }
            if (step.Object("answer", "body") is not { } answer) continue;
            foreach (var pod in answer.Objects("items").Append(answer).Where(o => (o.Kind == "Pod" || answer.Kind == "PodList") && o.Label("ray.io/cluster") is not null && o.List("spec", "containers") is not null)) recorded.Add(Security(pod));
        }
        Assert.True(recorded.Count > 0, "no pod was recorded");
        Assert.All(recorded, r => Assert.Contains(r, expanded));
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
