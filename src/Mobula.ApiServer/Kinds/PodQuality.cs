using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Kinds;

/// <summary>The quality of service class of a pod: what it asked for, by container.</summary>
internal static class PodQuality
{
    public static string Of(JsonObject pod)
    {
        var spec = pod.Object("spec") ?? [];
        var any = false;
        var guaranteed = true;
        // What the pod asks for as a whole goes before what its containers ask for.
        var parts = spec.Object("resources") is not null ? [spec] : new[] { "initContainers", "containers" }.SelectMany(c => spec.Objects(c));
        foreach (var container in parts)
        {
            foreach (var resource in new[] { "cpu", "memory" })
            {
                var request = Amount(container, "requests", resource);
                var limit = Amount(container, "limits", resource);
                if (request > 0 || limit > 0) any = true;
                if (limit == 0 || request != limit) guaranteed = false;
            }
        }
        return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
    }

    private static long Amount(JsonObject container, string list, string resource) =>
        container.At("resources", list, resource) is { } value && Quantity.TryParse(value.ToString(), out var quantity) ? quantity.MilliValue : 0;
}
