using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Nodes;

/// <summary>What a node's conditions mean for the pods on it.</summary>
internal static class NodeHealth
{
    public const string NotReady = "node.kubernetes.io/not-ready";
    public const string Unreachable = "node.kubernetes.io/unreachable";
    private static readonly string[] Watched = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

    private static readonly (string Condition, string Status, string Taint)[] SchedulingTaints =
    [
        ("Ready", "False", NotReady),
        ("Ready", "Unknown", Unreachable),
        ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
        ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
        ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
        ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
    ];

    /// <summary>The conditions of a node that has been silent for too long; null when they say so already.</summary>
    public static JsonArray? Silent(JsonObject node, DateTimeOffset now)
    {
        var conditions = node.Objects("status", "conditions").Select(c => c.Clone()).ToList();
        var changed = false;
        foreach (var type in Watched)
        {
            var condition = Conditions.Find(conditions, type);
            if (condition?.Text("status") == "Unknown") continue;
            changed = true;
            var heard = condition is not null;
            if (condition is null) conditions.Add(condition = new() { ["type"] = type, ["lastHeartbeatTime"] = node.Text("metadata", "creationTimestamp") });
            condition["status"] = "Unknown";
            condition["reason"] = heard ? "NodeStatusUnknown" : "NodeStatusNeverUpdated";
            condition["message"] = heard ? "Kubelet stopped posting node status." : "Kubelet never posted node status.";
            condition["lastTransitionTime"] = KubernetesTime.Format(now);
        }
        return changed ? new([.. conditions]) : null;
    }

    /// <summary>The taints that follow from a node's conditions; null when it has them already.</summary>
    public static JsonArray? Taints(JsonObject node, DateTimeOffset now)
    {
        var wanted = new List<(string Key, string Effect)>();
        foreach (var (type, status, taint) in SchedulingTaints)
        {
            if (Conditions.Find(node, type)?.Text("status") == status) wanted.Add((taint, "NoSchedule"));
        }
        if (node.Flag("spec", "unschedulable") == true) wanted.Add(("node.kubernetes.io/unschedulable", "NoSchedule"));
        if (Conditions.Find(node, "Ready")?.Text("status") is { } ready and not "True") wanted.Add((ready == "Unknown" ? Unreachable : NotReady, "NoExecute"));

        var current = node.Objects("spec", "taints").ToArray();
        // The taint of a node that has not reported at all stays: whoever made the node set it.
        var silent = Conditions.Find(node, "Ready") is null;
        var kept = current.Where(t => silent || !IsManaged(t) || wanted.Contains((t.Text("key")!, t.Text("effect")!))).Select(t => t.Clone()).ToList();
        foreach (var (key, effect) in wanted.Where(w => !kept.Any(t => t.Text("key") == w.Key && t.Text("effect") == w.Effect)))
        {
            var taint = new JsonObject { ["key"] = key, ["effect"] = effect };
            if (effect == "NoExecute") taint["timeAdded"] = KubernetesTime.Format(now);
            kept.Add(taint);
        }
        return kept.Count == current.Length && kept.All(k => current.Any(c => JsonNode.DeepEquals(c, k))) ? null : new([.. kept]);
    }

    private static bool IsManaged(JsonObject taint) => taint.Text("effect") switch
    {
        "NoSchedule" => taint.Text("key") == "node.kubernetes.io/unschedulable" || SchedulingTaints.Any(t => t.Taint == taint.Text("key")),
        "NoExecute" => taint.Text("key") is NotReady or Unreachable,
        _ => false,
    };
}
