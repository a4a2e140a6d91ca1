using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.RayOperator.Clusters;

/// <summary>Reads the status of a pod.</summary>
internal static class PodState
{
    public static string Phase(JsonObject pod) => pod.Text("status", "phase") ?? "";

    public static JsonObject? Condition(JsonObject pod, string type) => pod.Objects("status", "conditions").FirstOrDefault(c => c.Text("type") == type);

    /// <summary>Running, and not known to be unready.</summary>
    public static bool IsRunning(JsonObject pod) => Phase(pod) == "Running" && Condition(pod, "Ready")?.Text("status") is null or "True";

    public static bool IsReady(JsonObject pod) => Phase(pod) == "Running" && Condition(pod, "Ready")?.Text("status") == "True";

    /// <summary>How the Ray container ended; null while it runs or waits.</summary>
    public static JsonObject? RayTermination(JsonObject pod)
    {
        var name = pod.Objects("spec", "containers").FirstOrDefault()?.Text("name");
        return pod.Objects("status", "containerStatuses").FirstOrDefault(s => s.Text("name") == name)?.Object("state", "terminated");
    }

    /// <summary>Why a pod is to be replaced, in KubeRay's words; null when it is not.</summary>
    public static string? ReasonToReplace(JsonObject pod, string nodeType)
    {
        var phase = Phase(pod);
        var policy = pod.Text("spec", "restartPolicy") ?? "Always";
        if (phase is "Failed" or "Succeeded")
        {
            return $"The {nodeType} Pod {pod.Name} status is {phase} which is a terminal state and it will not restart. KubeRay will delete the Pod and create new Pods in the next reconciliation if necessary.";
        }
        if (phase == "Running" && RayTermination(pod) is not null && policy == "Never")
        {
            return $"The primary container of the {nodeType} Pod {pod.Name} is terminated, and the Pod will not restart because its restartPolicy is set to Never. KubeRay will delete the Pod and create new Pods in the next reconciliation if necessary.";
        }
        return null;
    }

    /// <summary>The tail of the notes of deletions.</summary>
    public static string Describe(JsonObject pod)
    {
        var ended = RayTermination(pod) is { } t ? $"{t.Text("reason")} (exit code {t.Integer("exitCode") ?? 0})" : "nil";
        return $"Pod status: {Phase(pod)}; Pod restart policy: {pod.Text("spec", "restartPolicy") ?? "Always"}; Ray container terminated status: {ended}";
    }
}
