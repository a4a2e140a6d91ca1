using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Workloads;

/// <summary>
/// Which pods a controller that has too many gives up first: those without a node, not yet running, not ready, cheap to
/// delete, on nodes with many of their kind, ready or created most recently, often restarted.
/// </summary>
internal static class DeletionOrder
{
    private const string DeletionCost = "controller.kubernetes.io/pod-deletion-cost";

    /// <summary>The pods, first to delete first.</summary>
    public static IEnumerable<JsonObject> Sort(IReadOnlyCollection<JsonObject> pods, DateTimeOffset now)
    {
        var perNode = pods.Where(PodState.IsActive).GroupBy(p => p.Text("spec", "nodeName") ?? "").ToDictionary(g => g.Key, g => g.Count());
        return pods
            .OrderBy(p => string.IsNullOrEmpty(p.Text("spec", "nodeName")) ? 0 : 1)
            .ThenBy(p => PodState.Phase(p) switch { "Pending" => 0, "Unknown" => 1, "Running" => 2, _ => 0 })
            .ThenBy(p => PodState.IsReady(p) ? 1 : 0)
            .ThenBy(p => int.TryParse(p.Annotation(DeletionCost), out var cost) ? cost : 0)
            .ThenByDescending(p => perNode.GetValueOrDefault(p.Text("spec", "nodeName") ?? ""))
            .ThenBy(p => PodState.IsReady(p) ? Rank(now, KubernetesTime.Parse(Conditions.Find(p, "Ready")?.Text("lastTransitionTime"))) : 0)
            .ThenByDescending(PodState.Restarts)
            .ThenBy(p => Rank(now, KubernetesTime.Parse(p.Text("metadata", "creationTimestamp"))))
            .ThenBy(p => p.Uid, StringComparer.Ordinal);
    }

    // Ages are compared by order of magnitude, so that almost equal pods are chosen among by chance and not by age.
    private static double Rank(DateTimeOffset now, DateTimeOffset? since) =>
        since is null || now <= since ? -1 : Math.Floor(Math.Log2(Math.Max(1, (now - since.Value).Ticks * 100.0)));
}
