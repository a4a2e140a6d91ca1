using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Disruption;

/// <summary>How many pods of a disruption budget may go.</summary>
internal static class DisruptionPlanner
{
    /// <summary>How long an eviction that was let pass may take until its pod is gone.</summary>
    public static readonly TimeSpan DeletionTimeout = TimeSpan.FromMinutes(2);

    /// <summary>Whether the number of pods to expect is what their controllers want, not how many there are.</summary>
    public static bool CountsByControllers(JsonObject budget) =>
        budget.At("spec", "maxUnavailable") is not null || (budget.At("spec", "minAvailable") is { } least && least.GetValueKind() == System.Text.Json.JsonValueKind.String);

    /// <summary>The budget's status.</summary>
    /// <param name="budget">The budget.</param>
    /// <param name="pods">The pods it selects.</param>
    /// <param name="wanted">How many pods their controllers want together.</param>
    /// <param name="now">The time.</param>
    public static JsonObject Status(JsonObject budget, IReadOnlyList<JsonObject> pods, long wanted, DateTimeOffset now)
    {
        var expected = CountsByControllers(budget) ? wanted : pods.Count;
        var desired = budget.At("spec", "maxUnavailable") is { } most ? Math.Max(0, expected - Scaled(most, expected))
            : budget.At("spec", "minAvailable") is { } least ? Scaled(least, expected) : 0;
        var disrupted = Disrupted(budget, pods, now);
        var healthy = pods.Count(p => !p.IsTerminating && !disrupted.ContainsKey(p.Name) && PodState.IsReady(p));
        var allowed = expected > 0 ? Math.Max(0, healthy - desired) : 0;
        var status = new JsonObject { ["observedGeneration"] = budget.Generation };
        if (disrupted.Count > 0) status["disruptedPods"] = disrupted;
        status["disruptionsAllowed"] = allowed;
        status["currentHealthy"] = healthy;
        status["desiredHealthy"] = desired;
        status["expectedPods"] = expected;
        status["conditions"] = Conditions(budget, allowed > 0, allowed > 0 ? "SufficientPods" : "InsufficientPods", "", now);
        return status;
    }

    /// <summary>The status when it cannot be told how many pods there should be: none may go.</summary>
    public static JsonObject Failed(JsonObject budget, string why, DateTimeOffset now)
    {
        var status = budget.Object("status")?.Clone() ?? [];
        status["disruptionsAllowed"] = 0;
        status["conditions"] = Conditions(budget, false, "SyncFailed", why, now);
        return status;
    }

    /// <summary>When a pod that was to be evicted counts again unless it went; null when there is none.</summary>
    public static TimeSpan? NextLook(JsonObject status, DateTimeOffset now) =>
        (status.Object("disruptedPods") ?? []).Select(d => KubernetesTime.Parse(d.Value?.ToString()) + DeletionTimeout - now).Where(t => t is not null).Min();

    /// <summary>The pods whose eviction was let pass and that are not going yet.</summary>
    private static JsonObject Disrupted(JsonObject budget, IReadOnlyList<JsonObject> pods, DateTimeOffset now)
    {
        var kept = new JsonObject();
        foreach (var (name, since) in budget.Object("status", "disruptedPods") ?? [])
        {
            if (pods.FirstOrDefault(p => p.Name == name) is not { IsTerminating: false }) continue;
            if (KubernetesTime.Parse(since?.ToString()) + DeletionTimeout > now) kept[name] = since!.DeepClone();
        }
        return kept;
    }

    private static long Scaled(JsonNode value, long total)
    {
        var text = value.ToString();
        if (!text.EndsWith('%')) return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;
        return long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var percent) ? (total * percent + 99) / 100 : 0;
    }

    private static JsonArray Conditions(JsonObject budget, bool allowed, string reason, string message, DateTimeOffset now)
    {
        const string type = "DisruptionAllowed";
        var before = budget.Objects("status", "conditions").FirstOrDefault(c => c.Text("type") == type);
        var word = allowed ? "True" : "False";
        var condition = new JsonObject
        {
            ["type"] = type,
            ["status"] = word,
            ["observedGeneration"] = budget.Generation,
            ["lastTransitionTime"] = before?.Text("status") == word ? before["lastTransitionTime"]?.DeepClone() : KubernetesTime.Format(now),
            ["reason"] = reason,
            ["message"] = message,
        };
        return new([.. budget.Objects("status", "conditions").Where(c => c.Text("type") != type).Select(c => c.Clone()), condition]);
    }
}
