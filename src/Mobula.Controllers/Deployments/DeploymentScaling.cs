using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Deployments;

/// <summary>A new size of a ReplicaSet.</summary>
internal readonly record struct Resize(JsonObject ReplicaSet, int Replicas);

/// <summary>How many pods each ReplicaSet of a Deployment should have next.</summary>
internal static class DeploymentScaling
{
    /// <summary>The size that the newest ReplicaSet may grow to now.</summary>
    public static int NewSize(DeploymentSpec spec, IEnumerable<JsonObject> all, int newReplicas)
    {
        if (!spec.IsRolling) return spec.Replicas;
        var total = all.Sum(ReplicaSetFacts.Wanted);
        return total >= spec.MostReplicas ? newReplicas : newReplicas + Math.Min(spec.MostReplicas - total, spec.Replicas - newReplicas);
    }

    /// <summary>Whether the Deployment's own size changed since its ReplicaSets were last sized.</summary>
    public static bool WasResized(DeploymentSpec spec, IEnumerable<JsonObject> all) => all.Any(r =>
        ReplicaSetFacts.Wanted(r) > 0 && int.TryParse(r.Annotation(ReplicaSetFacts.DesiredReplicas), out var desired) && desired != spec.Replicas);

    /// <summary>The step of a rolling update: first the new one grows, else old ones shrink.</summary>
    public static IReadOnlyList<Resize> Roll(DeploymentSpec spec, JsonObject newest, IReadOnlyCollection<JsonObject> old)
    {
        var newReplicas = ReplicaSetFacts.Wanted(newest);
        JsonObject[] all = [.. old, newest];
        if (newReplicas > spec.Replicas) return [new(newest, spec.Replicas)];
        if (newReplicas < spec.Replicas && NewSize(spec, all, newReplicas) is var size && size != newReplicas) return [new(newest, size)];
        return ShrinkOld(spec, newest, newReplicas, [.. ReplicaSetFacts.ByCreation(old).Where(r => ReplicaSetFacts.Wanted(r) > 0)], all);
    }

    /// <summary>The sizes after a change of the Deployment's size, in the middle of a rollout or not.</summary>
    public static IReadOnlyList<Resize> Scale(JsonObject deployment, DeploymentSpec spec, JsonObject? newest, IReadOnlyCollection<JsonObject> old)
    {
        JsonObject[] all = newest is null ? [.. old] : [.. old, newest];
        var active = all.Where(r => ReplicaSetFacts.Wanted(r) > 0).ToArray();
        if (active.Length <= 1)
        {
            var only = active.FirstOrDefault() ?? newest ?? old.OrderByDescending(r => r.Text("metadata", "creationTimestamp"), StringComparer.Ordinal).FirstOrDefault();
            return only is null || (ReplicaSetFacts.Wanted(only) == spec.Replicas && !ReplicaSetFacts.ReplicasDiffer(only, spec)) ? [] : [new(only, spec.Replicas)];
        }
        if (newest is not null && IsSaturated(spec, newest)) return [.. old.Where(r => ReplicaSetFacts.Wanted(r) > 0).Select(r => new Resize(r, 0))];
        return spec.IsRolling ? Proportional(deployment, spec, active) : [];
    }

    private static List<Resize> ShrinkOld(DeploymentSpec spec, JsonObject newest, int newReplicas, JsonObject[] old, JsonObject[] all)
    {
        var resizes = new List<Resize>();
        if (old.Length == 0) return resizes;
        var leastAvailable = spec.Replicas - spec.MaxUnavailable;
        var newUnavailable = newReplicas - ReplicaSetFacts.Count(newest, "availableReplicas");
        var spare = all.Sum(ReplicaSetFacts.Wanted) - leastAvailable - newUnavailable;
        if (spare <= 0) return resizes;

        // Pods that are of no use to anybody go first, so that they do not stand in the way of the rollout.
        var sizes = old.ToDictionary(r => r, ReplicaSetFacts.Wanted);
        var cleaned = 0;
        foreach (var r in old)
        {
            var unhealthy = sizes[r] - ReplicaSetFacts.Count(r, "availableReplicas");
            var less = Math.Clamp(unhealthy, 0, spare - cleaned);
            sizes[r] -= less;
            cleaned += less;
        }
        var down = all.Sum(r => ReplicaSetFacts.Count(r, "availableReplicas")) - leastAvailable;
        foreach (var r in old)
        {
            if (down <= 0) break;
            var less = Math.Min(sizes[r], down);
            sizes[r] -= less;
            down -= less;
        }
        resizes.AddRange(sizes.Where(s => s.Value != ReplicaSetFacts.Wanted(s.Key)).Select(s => new Resize(s.Key, s.Value)));
        return resizes;
    }

    private static List<Resize> Proportional(JsonObject deployment, DeploymentSpec spec, JsonObject[] active)
    {
        var toAdd = (spec.Replicas > 0 ? spec.MostReplicas : 0) - active.Sum(ReplicaSetFacts.Wanted);
        var bySize = active.OrderByDescending(ReplicaSetFacts.Wanted);
        var order = (toAdd > 0
            ? bySize.ThenByDescending(r => r.Text("metadata", "creationTimestamp"), StringComparer.Ordinal)
            : bySize.ThenBy(r => r.Text("metadata", "creationTimestamp"), StringComparer.Ordinal)).ToArray();
        var sizes = new int[order.Length];
        var added = 0;
        for (var i = 0; i < order.Length; i++)
        {
            var share = toAdd == 0 || toAdd == added ? 0 : Share(deployment, spec, order[i]);
            share = toAdd > 0 ? Math.Min(share, toAdd - added) : Math.Max(share, toAdd - added);
            sizes[i] = ReplicaSetFacts.Wanted(order[i]) + share;
            added += share;
        }
        // What rounding left over goes to the largest.
        if (toAdd != 0) sizes[0] = Math.Max(0, sizes[0] + toAdd - added);
        // A size that stays is kept in the list: its annotations may have to follow.
        return [.. order.Select((r, i) => new Resize(r, sizes[i]))];
    }

    private static int Share(JsonObject deployment, DeploymentSpec spec, JsonObject replicaSet)
    {
        var size = ReplicaSetFacts.Wanted(replicaSet);
        if (spec.Replicas == 0) return -size;
        var before = int.TryParse(replicaSet.Annotation(ReplicaSetFacts.MaxReplicas), out var annotated) && annotated > 0
            ? annotated
            : (int)(deployment.Integer("status", "replicas") ?? 0);
        return before == 0 ? 0 : (int)Math.Round((double)size * spec.MostReplicas / before, MidpointRounding.AwayFromZero) - size;
    }

    private static bool IsSaturated(DeploymentSpec spec, JsonObject replicaSet) =>
        ReplicaSetFacts.Wanted(replicaSet) == spec.Replicas
        && replicaSet.Annotation(ReplicaSetFacts.DesiredReplicas) == spec.Replicas.ToString(System.Globalization.CultureInfo.InvariantCulture)
        && ReplicaSetFacts.Count(replicaSet, "availableReplicas") == spec.Replicas;
}
