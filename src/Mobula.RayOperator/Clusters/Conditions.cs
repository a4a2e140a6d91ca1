using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.RayOperator.Pods;

namespace Mobula.RayOperator.Clusters;

/// <summary>Reads and sets <c>status.conditions</c>.</summary>
internal static class Conditions
{
    public static JsonObject? Find(JsonObject o, string type) => o.Objects("status", "conditions").FirstOrDefault(c => c.Text("type") == type);

    public static string? Status(JsonObject o, string type) => Find(o, type)?.Text("status");

    public static bool IsTrue(JsonObject o, string type) => Status(o, type) == "True";

    /// <summary>Adds or changes a condition; the transition time changes with the status only.</summary>
    public static void Set(JsonObject o, string type, string status, string reason, string message, DateTimeOffset now, long? observedGeneration = null)
    {
        if (o.List("status", "conditions") is not { } list) o.Ensure("status")["conditions"] = list = [];
        if (Find(o, type) is not { } condition)
        {
            condition = new JsonObject { ["type"] = type };
            list.AddNode(condition);
        }
        if (condition.Text("status") != status)
        {
            condition["status"] = status;
            condition["lastTransitionTime"] = KubernetesTime.Format(now);
        }
        condition["reason"] = reason;
        condition["message"] = message;
        if (observedGeneration is { } generation) condition["observedGeneration"] = generation;
    }

    public static void Remove(JsonObject o, string type)
    {
        if (Find(o, type) is { } condition) o.List("status", "conditions")!.Remove(condition);
    }
}
