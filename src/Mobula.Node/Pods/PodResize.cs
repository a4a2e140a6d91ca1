using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Node.Resources;

namespace Mobula.Node.Pods;

/// <summary>A running container whose resources are to change.</summary>
/// <param name="Container">As the spec asks for it now.</param>
/// <param name="Instance">What runs.</param>
/// <param name="Restarts">Its <c>resizePolicy</c> wants it restarted for this.</param>
internal sealed record ContainerResize(ContainerSpec Container, ContainerInstance Instance, bool Restarts);

/// <summary>What a resize in place takes. Pure.</summary>
internal static class PodResize
{
    private static readonly string[] Resources = ["cpu", "memory"];
    private static readonly string[] Kinds = ["requests", "limits"];

    /// <summary>The containers that run and whose resources may change: regular ones and sidecars.</summary>
    public static IEnumerable<(ContainerSpec Container, ContainerInstance Instance)> Resizable(JsonObject pod, PodRuntime runtime)
    {
        foreach (var container in ContainerSpec.Init(pod).Where(c => c.IsSidecar).Concat(ContainerSpec.Regular(pod)))
            if (runtime.Newest(container.Name) is { State: InstanceState.Running } instance) yield return (container, instance);
    }

    /// <summary>The containers that do not have what they are to have.</summary>
    public static IReadOnlyList<ContainerResize> Plan(JsonObject pod, PodRuntime runtime, Func<ContainerInstance, JsonObject?> applied)
    {
        var resizes = new List<ContainerResize>();
        foreach (var (container, instance) in Resizable(pod, runtime))
        {
            if (applied(instance) is not { } before) continue;
            var changed = Changed(before, container.Json.Object("resources"));
            if (changed.Count == 0) continue;
            var restarts = container.Json.Objects("resizePolicy").Any(p => p.Text("restartPolicy") == "RestartContainer" && changed.Contains(p.Text("resourceName") ?? ""));
            resizes.Add(new(container, instance, restarts));
        }
        return resizes;
    }

    /// <summary>Whether requests and limits are the same amounts of CPU and memory.</summary>
    public static bool Same(JsonObject? a, JsonObject? b) => Changed(a, b).Count == 0;

    /// <summary>The text of the resize's events: the containers with their resources, and the generation that asks for them.</summary>
    public static string Describe(JsonObject pod, string? error = null)
    {
        var text = new JsonObject { ["containers"] = List(ContainerSpec.Regular(pod)) };
        if (ContainerSpec.Init(pod).Where(c => c.IsSidecar).ToList() is { Count: > 0 } sidecars) text["initContainers"] = List(sidecars);
        text["generation"] = pod.Generation;
        if (error is not null) text["error"] = error;
        return GoText.OrderedJson(text);
    }

    private static List<string> Changed(JsonObject? a, JsonObject? b) =>
        [.. Resources.Where(r => Kinds.Any(k => ResourceAmount.Parse(a?.Text(k, r)) != ResourceAmount.Parse(b?.Text(k, r))))];

    private static JsonArray List(IEnumerable<ContainerSpec> containers)
    {
        var list = new JsonArray();
        foreach (var container in containers)
        {
            var resources = new JsonObject();
            foreach (var kind in (string[])["limits", "requests"])
                if (container.Json.Object("resources", kind) is { } amounts) resources[kind] = JsonNode.Parse(GoText.SortedJson(amounts));
            list.Add((JsonNode)new JsonObject { ["name"] = container.Name, ["resources"] = resources });
        }
        return list;
    }
}
