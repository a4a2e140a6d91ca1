using System.Text.Json.Nodes;
using Mobula.Controllers.Deployments;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.StatefulSets;

/// <summary>
/// Decides what a StatefulSet does next. One that is ordered does one thing at a time: it creates from the first ordinal
/// up, each when the one before is available, deletes from the last down, and updates from the last down.
/// </summary>
internal sealed class StatefulSetPlanner
{
    private readonly JsonObject _set;
    private readonly JsonObject _current;
    private readonly JsonObject _update;
    private readonly DateTimeOffset _now;
    private readonly long _minReady;
    private readonly int _replicas;
    private readonly int _start;
    private readonly bool _ordered;
    private readonly SortedDictionary<int, JsonObject> _pods = [];
    private readonly StatefulSetPlan _plan = new();

    private StatefulSetPlanner(JsonObject set, JsonObject current, JsonObject update, IEnumerable<JsonObject> pods, DateTimeOffset now)
    {
        _set = set;
        _current = current;
        _update = update;
        _now = now;
        _minReady = set.Integer("spec", "minReadySeconds") ?? 0;
        _replicas = (int)(set.Integer("spec", "replicas") ?? 1);
        _start = (int)(set.Integer("spec", "ordinals", "start") ?? 0);
        _ordered = set.Text("spec", "podManagementPolicy") != "Parallel";
        foreach (var pod in pods)
        {
            if (StatefulSetPods.Ordinal(set, pod) is { } ordinal) _pods[ordinal] = pod;
        }
    }

    /// <summary>Plans.</summary>
    /// <param name="set">The StatefulSet.</param>
    /// <param name="current">The revision that its pods come from.</param>
    /// <param name="update">The revision that they are to come from.</param>
    /// <param name="pods">The pods that it owns, also those that end or have ended.</param>
    /// <param name="now">The time.</param>
    public static StatefulSetPlan Plan(JsonObject set, JsonObject current, JsonObject update, IReadOnlyCollection<JsonObject> pods, DateTimeOffset now)
    {
        var planner = new StatefulSetPlanner(set, current, update, pods, now);
        if (!set.IsTerminating && planner.Fill() && planner.Shrink() && set.Text("spec", "updateStrategy", "type") != "OnDelete") planner.Update();
        planner._plan.Status = planner.Status();
        planner._plan.Again = PodState.UntilAvailable(pods, planner._minReady, now);
        return planner._plan;
    }

    private bool IsWanted(int ordinal) => ordinal >= _start && ordinal < _start + _replicas;

    private bool IsAvailable(JsonObject pod) =>
        PodState.Phase(pod) == "Running" && !pod.IsTerminating && PodState.IsAvailable(pod, _minReady, _now);

    /// <returns>Whether all ordinals are there, so that what comes after may go on.</returns>
    private bool Fill()
    {
        for (var ordinal = _start; ordinal < _start + _replicas; ordinal++)
        {
            var pod = _pods.GetValueOrDefault(ordinal);
            if (pod is null) _plan.Create.Add((ordinal, RevisionFor(ordinal)));
            else if (PodState.HasEnded(pod) && !pod.IsTerminating)
            {
                _plan.Delete.Add(pod);
                _plan.Recreated.Add(pod);
            }
            else if (IsAvailable(pod)) continue;
            if (_ordered) return false;
        }
        return true;
    }

    /// <returns>Whether nothing is left over.</returns>
    private bool Shrink()
    {
        var condemned = _pods.Where(p => !IsWanted(p.Key)).Select(p => p.Value).Reverse().ToArray();
        var firstUnhealthy = _pods.Where(p => IsWanted(p.Key)).Select(p => p.Value).Concat(condemned.Reverse()).FirstOrDefault(p => !IsAvailable(p));
        foreach (var pod in condemned)
        {
            if (!pod.IsTerminating)
            {
                // A pod that is not well holds back the deletion of others, but not its own.
                if (_ordered && !IsAvailable(pod) && pod != firstUnhealthy) return false;
                _plan.Delete.Add(pod);
                _plan.Condemned.Add(pod);
            }
            if (_ordered) return false;
        }
        return true;
    }

    private void Update()
    {
        var partition = (int)(_set.Integer("spec", "updateStrategy", "rollingUpdate", "partition") ?? 0);
        var most = Math.Max(1, DeploymentSpec.Resolve(_set.At("spec", "updateStrategy", "rollingUpdate", "maxUnavailable") ?? JsonValue.Create(1), _replicas, up: false));
        var wanted = _pods.Where(p => IsWanted(p.Key)).ToArray();
        var missing = _replicas - wanted.Length;
        var budget = most - missing - wanted.Count(p => !IsAvailable(p.Value) && (p.Value.IsTerminating || IsUpdated(p.Value)));
        foreach (var (ordinal, pod) in wanted.Reverse())
        {
            if (ordinal < partition || budget <= 0) return;
            if (IsUpdated(pod) || pod.IsTerminating || _plan.Delete.Contains(pod)) continue;
            _plan.Delete.Add(pod);
            budget--;
        }
    }

    private bool IsUpdated(JsonObject pod) => StatefulSetPods.RevisionOf(pod) == _update.Name;

    private JsonObject RevisionFor(int ordinal) =>
        _set.Text("spec", "updateStrategy", "type") != "OnDelete" && ordinal < (_set.Integer("spec", "updateStrategy", "rollingUpdate", "partition") ?? 0) ? _current : _update;

    private JsonObject Status()
    {
        var live = _pods.Values.Where(p => !p.IsTerminating).ToArray();
        var ready = _pods.Values.Where(p => PodState.Phase(p) == "Running" && PodState.IsReady(p)).ToArray();
        var currentCount = live.Count(p => StatefulSetPods.RevisionOf(p) == _current.Name);
        var updated = live.Count(IsUpdated);
        var current = _current;
        if (_set.Text("spec", "updateStrategy", "type") != "OnDelete" && updated == _replicas && _pods.Count == _replicas && ready.Length == _replicas)
        {
            (current, currentCount) = (_update, updated);
        }
        var status = new JsonObject { ["observedGeneration"] = _set.Generation, ["replicas"] = _pods.Count };
        Set(status, "readyReplicas", ready.Length);
        Set(status, "currentReplicas", currentCount);
        Set(status, "updatedReplicas", updated);
        status["currentRevision"] = current.Name;
        status["updateRevision"] = _update.Name;
        status["collisionCount"] = _set.Integer("status", "collisionCount") ?? 0;
        if (_set.List("status", "conditions") is { Count: > 0 } conditions) status["conditions"] = conditions.DeepClone();
        status["availableReplicas"] = ready.Count(p => PodState.IsAvailable(p, _minReady, _now));
        return status;
    }

    private static void Set(JsonObject status, string field, int count)
    {
        if (count > 0) status[field] = count;
    }
}
