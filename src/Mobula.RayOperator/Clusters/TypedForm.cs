using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.RayOperator.Clusters;

/// <summary>
/// A RayCluster as Go writes it back: with the structs that are never left out. An update by the operator then stores what
/// an update by KubeRay stores.
/// </summary>
internal static class TypedForm
{
    public static JsonObject Of(JsonObject cluster)
    {
        var o = cluster.Clone();
        if (o.Object("spec") is { } spec) Complete(spec);
        return o;
    }

    /// <summary>Completes the spec of a RayCluster in place.</summary>
    public static void Complete(JsonObject spec)
    {
        if (spec.Object("headGroupSpec") is { } head) CompleteGroup(head);
        foreach (var group in spec.Objects("workerGroupSpecs"))
        {
            group.Ensure("scaleStrategy");
            CompleteGroup(group);
        }
        if (spec.List("workerGroupSpecs") is { Count: 0 }) spec.Remove("workerGroupSpecs");
    }

    private static void CompleteGroup(JsonObject group)
    {
        if (!group.ContainsKey("rayStartParams")) group["rayStartParams"] = new JsonObject();
        if (group.Object("template") is not { } template) return;
        template.Ensure("metadata");
        foreach (var list in (ReadOnlySpan<string>)["initContainers", "containers"])
        {
            foreach (var container in template.Objects("spec", list)) container.Ensure("resources");
        }
    }
}
