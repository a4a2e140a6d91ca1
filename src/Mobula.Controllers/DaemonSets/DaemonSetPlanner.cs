using System.Text.Json.Nodes;
using Mobula.Controllers.Deployments;
using Mobula.Controllers.Revisions;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.DaemonSets;

/// <summary>Decides what a DaemonSet does next: one pod on each node it belongs on, replaced little by little.</summary>
internal sealed class DaemonSetPlanner
{
    private readonly JsonObject _set;
    private readonly string _hash;
    private readonly DateTimeOffset _now;
    private readonly long _minReady;
    private readonly bool _rolls;
    private readonly DaemonSetPlan _plan = new();
    private readonly ILookup<string, JsonObject> _pods;
    private readonly List<(JsonObject Node, bool Runs, bool Stays)> _nodes;

    private DaemonSetPlanner(JsonObject set, string hash, IReadOnlyCollection<JsonObject> nodes, IReadOnlyCollection<JsonObject> pods, DateTimeOffset now)
    {
        _set = set;
        _hash = hash;
        _now = now;
        _minReady = set.Integer("spec", "minReadySeconds") ?? 0;
        _rolls = set.Text("spec", "updateStrategy", "type") != "OnDelete";
        _pods = pods.ToLookup(p => DaemonPods.NodeOf(p) ?? "");
        _nodes = [.. nodes.OrderBy(n => n.Name, StringComparer.Ordinal).Select(n =>
        {
            var (runs, stays) = DaemonPods.BelongsOn(set, n);
            return (n, runs, stays);
        })];
    }

    /// <summary>Plans.</summary>
    /// <param name="set">The DaemonSet.</param>
    /// <param name="hash">The hash of its present template.</param>
    /// <param name="nodes">All nodes.</param>
    /// <param name="pods">The pods that it owns, also those that end or have ended.</param>
    /// <param name="now">The time.</param>
    public static DaemonSetPlan Plan(JsonObject set, string hash, IReadOnlyCollection<JsonObject> nodes, IReadOnlyCollection<JsonObject> pods, DateTimeOffset now)
    {
        var planner = new DaemonSetPlanner(set, hash, nodes, pods, now);
        if (!set.IsTerminating)
        {
            planner.Manage();
            planner.Roll();
        }
        planner._plan.Status = planner.Status();
        planner._plan.Again = PodState.UntilAvailable(pods, planner._minReady, now);
        return planner._plan;
    }

    private bool IsNew(JsonObject pod) => pod.Label(Revision.PodHashLabel) == _hash;

    private bool IsAvailable(JsonObject pod) => !pod.IsTerminating && PodState.IsAvailable(pod, _minReady, _now);

    private int MaxSurge => !_rolls ? 0 : DeploymentSpec.Resolve(_set.At("spec", "updateStrategy", "rollingUpdate", "maxSurge"), Desired, up: true);

    private int Desired => _nodes.Count(n => n.Runs);

    private void Manage()
    {
        foreach (var (node, runs, stays) in _nodes)
        {
            var there = _pods[node.Name].ToArray();
            if (!stays)
            {
                _plan.Delete.AddRange(there.Where(p => !p.IsTerminating));
                continue;
            }
            var alive = new List<JsonObject>();
            foreach (var pod in there.Where(p => !p.IsTerminating))
            {
                if (!PodState.HasEnded(pod))
                {
                    alive.Add(pod);
                    continue;
                }
                _plan.Delete.Add(pod);
                _plan.Events.Add(PodState.Phase(pod) == "Failed"
                    ? ("Warning", "FailedDaemonPod", $"Found failed daemon pod {pod.Namespace}/{pod.Name} on node {node.Name}, will try to kill it")
                    : ("Normal", "SucceededDaemonPod", $"Found succeeded daemon pod {pod.Namespace}/{pod.Name} on node {node.Name}, will try to delete it"));
            }
            if (there.Length == 0 && runs) _plan.Create.Add(node.Name);
            else if (MaxSurge == 0) _plan.Delete.AddRange(Oldest(alive).Skip(1));
            else
            {
                _plan.Delete.AddRange(Oldest(alive.Where(IsNew)).Skip(1));
                _plan.Delete.AddRange(Oldest(alive.Where(p => !IsNew(p))).Skip(1));
            }
        }
        // Pods for nodes that are gone would wait for ever.
        var names = _nodes.Select(n => n.Node.Name).ToHashSet();
        _plan.Delete.AddRange(_pods.Where(g => !names.Contains(g.Key)).SelectMany(g => g).Where(p => !p.IsTerminating && string.IsNullOrEmpty(p.Text("spec", "nodeName"))));
    }

    private static IEnumerable<JsonObject> Oldest(IEnumerable<JsonObject> pods) => pods
        .OrderBy(p => string.IsNullOrEmpty(p.Text("spec", "nodeName")) ? 1 : 0)
        .ThenBy(p => p.Text("metadata", "creationTimestamp"), StringComparer.Ordinal).ThenBy(p => p.Name, StringComparer.Ordinal);

    private void Roll()
    {
        if (!_rolls) return;
        if (MaxSurge > 0) RollBySurge(MaxSurge);
        else RollByDeletion();
    }

    private void RollByDeletion()
    {
        var most = Math.Max(1, DeploymentSpec.Resolve(_set.At("spec", "updateStrategy", "rollingUpdate", "maxUnavailable") ?? JsonValue.Create(1), Desired, up: true));
        var unavailable = 0;
        var candidates = new List<JsonObject>();
        foreach (var (node, runs, _) in _nodes)
        {
            var pods = _pods[node.Name].Where(p => !_plan.Delete.Contains(p)).ToArray();
            var old = pods.FirstOrDefault(p => !IsNew(p) && !p.IsTerminating);
            if (old is null)
            {
                if (runs && !pods.Any(p => IsNew(p) && IsAvailable(p))) unavailable++;
            }
            else if (IsAvailable(old)) candidates.Add(old);
            else
            {
                // What serves nobody can go at once; it counts as missing already.
                _plan.Delete.Add(old);
                unavailable++;
            }
        }
        _plan.Delete.AddRange(candidates.Take(Math.Max(0, most - unavailable)));
    }

    private void RollBySurge(int most)
    {
        var surging = 0;
        var candidates = new List<string>();
        foreach (var (node, runs, _) in _nodes)
        {
            var alive = _pods[node.Name].Where(p => !p.IsTerminating && !_plan.Delete.Contains(p)).ToArray();
            var (old, fresh) = (alive.FirstOrDefault(p => !IsNew(p)), alive.FirstOrDefault(IsNew));
            if (old is null) continue;
            if (fresh is not null && IsAvailable(fresh)) _plan.Delete.Add(old);
            else if (fresh is not null) surging++;
            else if (runs)
            {
                if (IsAvailable(old)) candidates.Add(node.Name);
                else _plan.Delete.Add(old);
            }
        }
        _plan.Create.AddRange(candidates.Take(Math.Max(0, most - surging)));
    }

    private JsonObject Status()
    {
        var (current, misscheduled, ready, available, updated) = (0, 0, 0, 0, 0);
        foreach (var (node, runs, _) in _nodes)
        {
            var pods = Oldest(_pods[node.Name].Where(p => !PodState.HasEnded(p))).ToArray();
            if (pods.Length == 0) continue;
            if (!runs)
            {
                misscheduled++;
                continue;
            }
            current++;
            if (pods.Any(p => PodState.IsReady(p) && !p.IsTerminating)) ready++;
            if (pods.Any(IsAvailable)) available++;
            if (pods.Any(p => IsNew(p) && !p.IsTerminating)) updated++;
        }
        var status = new JsonObject
        {
            ["currentNumberScheduled"] = current,
            ["numberMisscheduled"] = misscheduled,
            ["desiredNumberScheduled"] = Desired,
            ["numberReady"] = ready,
            ["observedGeneration"] = _set.Generation,
        };
        if (updated > 0) status["updatedNumberScheduled"] = updated;
        if (available > 0) status["numberAvailable"] = available;
        if (Desired > available) status["numberUnavailable"] = Desired - available;
        if (_set.Integer("status", "collisionCount") is { } collisions) status["collisionCount"] = collisions;
        if (_set.List("status", "conditions") is { Count: > 0 } conditions) status["conditions"] = conditions.DeepClone();
        return status;
    }
}
