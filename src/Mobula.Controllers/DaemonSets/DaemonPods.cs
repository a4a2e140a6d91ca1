using System.Text.Json.Nodes;
using Mobula.Controllers.Revisions;
using Mobula.Controllers.Scheduling;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.DaemonSets;

/// <summary>The pods of DaemonSets: how they are made, and on which nodes they belong.</summary>
internal static class DaemonPods
{
    private const string Generation = "pod-template-generation";
    private const string GenerationAnnotation = "deprecated.daemonset.template.generation";
    private const string NameField = "metadata.name";

    /// <summary>The pod of a node.</summary>
    public static JsonObject Build(JsonObject daemonSet, string node, string hash)
    {
        var pod = PodTemplate.Instantiate(daemonSet);
        var labels = pod.Ensure("metadata", "labels");
        if (daemonSet.Annotation(GenerationAnnotation) is { } generation) labels[Generation] = generation;
        labels[Revision.PodHashLabel] = hash;
        var spec = pod.Ensure("spec");
        Tolerate(spec);
        BindTo(spec, node);
        return pod;
    }

    /// <summary>The node that a pod is on, or is meant for.</summary>
    public static string? NodeOf(JsonObject pod)
    {
        if (pod.Text("spec", "nodeName") is { Length: > 0 } name) return name;
        var terms = pod.Objects("spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms");
        return terms.SelectMany(t => t.Objects("matchFields"))
            .Where(f => f.Text("key") == NameField && f.Text("operator") == "In").Select(f => f.Texts("values").FirstOrDefault()).FirstOrDefault(v => v is not null);
    }

    /// <summary>Whether a pod of the set belongs on a node, and whether one that is there may stay.</summary>
    public static (bool Runs, bool Stays) BelongsOn(JsonObject daemonSet, JsonObject node)
    {
        var spec = daemonSet.Object("spec", "template", "spec")?.Clone() ?? [];
        if (spec.Text("nodeName") is { Length: > 0 } name && name != node.Name) return (false, false);
        var pod = new JsonObject { ["spec"] = spec };
        if (!NodeAffinity.Matches(pod, node)) return (false, false);
        Tolerate(spec);
        var stays = node.Objects("spec", "taints").All(t => t.Text("effect") != "NoExecute" || Taints.IsTolerated(pod, t));
        return (stays && Taints.Untolerated(pod, node) is null, stays);
    }

    /// <summary>Daemons stay on nodes in trouble: they are often what mends them.</summary>
    private static void Tolerate(JsonObject spec)
    {
        List<(string Key, string Effect)> taints =
        [
            ("not-ready", "NoExecute"), ("unreachable", "NoExecute"), ("disk-pressure", "NoSchedule"),
            ("memory-pressure", "NoSchedule"), ("pid-pressure", "NoSchedule"), ("unschedulable", "NoSchedule"),
        ];
        if (spec.Flag("hostNetwork") == true) taints.Add(("network-unavailable", "NoSchedule"));
        if (spec["tolerations"] is not JsonArray list) spec["tolerations"] = list = [];
        foreach (var (key, effect) in taints)
        {
            var toleration = new JsonObject { ["key"] = $"node.kubernetes.io/{key}", ["operator"] = "Exists", ["effect"] = effect };
            if (!list.Any(t => JsonNode.DeepEquals(t, toleration))) list.Add((JsonNode)toleration);
        }
    }

    private static void BindTo(JsonObject spec, string node)
    {
        var required = spec.Ensure("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution");
        JsonObject Requirement() => new() { ["key"] = NameField, ["operator"] = "In", ["values"] = new JsonArray(node) };
        if (required["nodeSelectorTerms"] is not JsonArray { Count: > 0 })
        {
            required["nodeSelectorTerms"] = new JsonArray(new JsonObject { ["matchFields"] = new JsonArray(Requirement()) });
            return;
        }
        foreach (var term in required.Objects("nodeSelectorTerms")) term["matchFields"] = new JsonArray(Requirement());
    }
}
