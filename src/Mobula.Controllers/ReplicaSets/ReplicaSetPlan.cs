using System.Text.Json.Nodes;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Selectors;

namespace Mobula.Controllers.ReplicaSets;

/// <summary>What a ReplicaSet (or ReplicationController) needs done about its pods.</summary>
/// <param name="Create">The number of pods to create.</param>
/// <param name="Delete">The pods to delete.</param>
internal sealed record ReplicaSetPlan(int Create, IReadOnlyList<JsonObject> Delete)
{
    private const int Burst = 500;

    /// <summary>Plans from the pods that it owns and that are active.</summary>
    public static ReplicaSetPlan Make(JsonObject replicaSet, IReadOnlyCollection<JsonObject> active, DateTimeOffset now)
    {
        if (replicaSet.IsTerminating) return new(0, []);
        var difference = active.Count - (int)(replicaSet.Integer("spec", "replicas") ?? 1);
        return difference < 0
            ? new(Math.Min(-difference, Burst), [])
            : new(0, [.. DeletionOrder.Sort(active, now).Take(Math.Min(difference, Burst))]);
    }

    /// <summary>The selector of either kind.</summary>
    public static LabelSelector Selector(JsonObject replicaSet) => replicaSet.Kind == "ReplicationController"
        ? replicaSet.Object("spec", "selector") is { Count: > 0 } ? LabelSelector.FromLabels(replicaSet.TextMap("spec", "selector")) : LabelSelector.Nothing
        : LabelSelector.From(replicaSet.Object("spec", "selector"));

    /// <summary>The status that follows from the pods.</summary>
    /// <param name="replicaSet">The ReplicaSet as it was read.</param>
    /// <param name="active">Its active pods.</param>
    /// <param name="terminating">The number of its pods that are being deleted.</param>
    /// <param name="failure">Why pods could not be created or deleted; null when they could.</param>
    /// <param name="creating">Whether the failure was in creating.</param>
    /// <param name="now">The time.</param>
    public static JsonObject Status(
        JsonObject replicaSet, IReadOnlyCollection<JsonObject> active, int terminating, string? failure, bool creating, DateTimeOffset now)
    {
        var templateLabels = replicaSet.TextMap("spec", "template", "metadata", "labels").ToArray();
        var minReady = replicaSet.Integer("spec", "minReadySeconds") ?? 0;
        var status = new JsonObject { ["replicas"] = active.Count };
        SetCount(status, "fullyLabeledReplicas", active.Count(p => templateLabels.All(l => p.Label(l.Key) == l.Value)));
        SetCount(status, "readyReplicas", active.Count(PodState.IsReady));
        SetCount(status, "availableReplicas", active.Count(p => PodState.IsAvailable(p, minReady, now)));
        if (replicaSet.Kind == "ReplicaSet") status["terminatingReplicas"] = terminating;
        status["observedGeneration"] = replicaSet.Generation;
        var conditions = replicaSet.Objects("status", "conditions").ToList();
        var known = Conditions.Find(conditions, "ReplicaFailure");
        if (failure is null) conditions.RemoveAll(c => c == known);
        else if (known is null) conditions.Add(Failure(failure, creating ? "FailedCreate" : "FailedDelete", now));
        if (conditions.Count > 0) status["conditions"] = new JsonArray([.. conditions.Select(c => c.Parent is null ? c : c.DeepClone())]);
        return status;
    }

    private static JsonObject Failure(string message, string reason, DateTimeOffset now) => new()
    {
        ["type"] = "ReplicaFailure",
        ["status"] = "True",
        ["lastTransitionTime"] = KubernetesTime.Format(now),
        ["reason"] = reason,
        ["message"] = message,
    };

    private static void SetCount(JsonObject status, string field, int count)
    {
        if (count > 0) status[field] = count;
    }
}
