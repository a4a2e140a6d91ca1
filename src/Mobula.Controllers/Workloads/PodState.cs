using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Workloads;

/// <summary>What controllers ask of a pod.</summary>
internal static class PodState
{
    public static string Phase(JsonObject pod) => pod.Text("status", "phase") ?? "";

    public static bool HasEnded(JsonObject pod) => Phase(pod) is "Succeeded" or "Failed";

    /// <summary>Neither ended nor being deleted.</summary>
    public static bool IsActive(JsonObject pod) => !HasEnded(pod) && !pod.IsTerminating;

    public static bool IsReady(JsonObject pod) => Conditions.IsTrue(pod, "Ready");

    /// <summary>Ready for at least so many seconds.</summary>
    public static bool IsAvailable(JsonObject pod, long minReadySeconds, DateTimeOffset now)
    {
        if (Conditions.Find(pod, "Ready") is not { } ready || ready.Text("status") != "True") return false;
        return minReadySeconds == 0
            || (KubernetesTime.Parse(ready.Text("lastTransitionTime")) is { } since && since.AddSeconds(minReadySeconds) <= now);
    }

    /// <summary>When a pod that is ready but not yet available will be; null when no pod waits for it.</summary>
    public static TimeSpan? UntilAvailable(IEnumerable<JsonObject> pods, long minReadySeconds, DateTimeOffset now)
    {
        if (minReadySeconds == 0) return null;
        TimeSpan? soonest = null;
        foreach (var pod in pods)
        {
            if (!IsReady(pod) || IsAvailable(pod, minReadySeconds, now)) continue;
            if (KubernetesTime.Parse(Conditions.Find(pod, "Ready")!.Text("lastTransitionTime")) is not { } since) continue;
            var left = since.AddSeconds(minReadySeconds) - now;
            if (soonest is null || left < soonest) soonest = left;
        }
        return soonest;
    }

    public static long Restarts(JsonObject pod) =>
        pod.Objects("status", "containerStatuses").Select(s => s.Integer("restartCount") ?? 0).DefaultIfEmpty(0).Max();
}
