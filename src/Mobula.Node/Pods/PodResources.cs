using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Node.Resources;

namespace Mobula.Node.Pods;

/// <summary>What a pod asks for and may use as a whole.</summary>
internal static class PodResources
{
    /// <summary>The pod's quality of service: <c>Guaranteed</c>, <c>Burstable</c> or <c>BestEffort</c>.</summary>
    public static string QosClass(JsonObject pod)
    {
        if (pod.Text("status", "qosClass") is { Length: > 0 } known) return known;
        var podLevel = pod.Object("spec", "resources");
        var parts = podLevel is not null ? [podLevel] : ContainerSpec.Init(pod).Concat(ContainerSpec.Regular(pod)).Select(c => c.Json.Object("resources")).ToList();
        var any = false;
        var guaranteed = true;
        foreach (var resources in parts)
        {
            foreach (var name in (string[])["cpu", "memory"])
            {
                var limit = ResourceAmount.Parse(resources?.Text("limits", name));
                var request = resources?.Text("requests", name) is { } text ? ResourceAmount.Parse(text) : limit;
                any |= limit > 0 || request > 0;
                guaranteed &= limit > 0 && limit == request;
            }
        }
        return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
    }

    /// <summary>The requests (<c>requests</c>) or limits (<c>limits</c>) of the pod: containers and sidecars added up, at least the largest init container.</summary>
    /// <remarks>A limit that one of the containers lacks is no limit of the pod.</remarks>
    public static Dictionary<string, decimal> Total(JsonObject pod, string kind)
    {
        var total = new Dictionary<string, decimal>();
        var lacking = new HashSet<string>();
        var lasting = ContainerSpec.Init(pod).Where(c => c.IsSidecar).Concat(ContainerSpec.Regular(pod)).ToList();
        foreach (var container in lasting)
            foreach (var (name, amount) in container.Json.TextMap("resources", kind))
                total[name] = total.GetValueOrDefault(name) + ResourceAmount.Parse(amount);
        if (kind == "limits")
            foreach (var name in total.Keys.ToList())
                if (lasting.Any(c => c.Json.Text("resources", kind, name) is null)) lacking.Add(name);
        var sidecars = new Dictionary<string, decimal>();
        foreach (var container in ContainerSpec.Init(pod))
        {
            foreach (var (name, amount) in container.Json.TextMap("resources", kind))
            {
                var value = ResourceAmount.Parse(amount);
                if (container.IsSidecar) sidecars[name] = value += sidecars.GetValueOrDefault(name);
                else value += sidecars.GetValueOrDefault(name);
                total[name] = Math.Max(total.GetValueOrDefault(name), value);
            }
        }
        foreach (var name in lacking) total.Remove(name);
        foreach (var (name, amount) in pod.TextMap("spec", "resources", kind)) total[name] = ResourceAmount.Parse(amount);
        if (kind == "requests")
            foreach (var (name, amount) in pod.TextMap("spec", "overhead")) total[name] = total.GetValueOrDefault(name) + ResourceAmount.Parse(amount);
        return total;
    }

    /// <summary>The same as quantities, for <c>status</c>; null when there are none.</summary>
    public static JsonObject? Quantities(JsonObject pod, string kind)
    {
        var total = Total(pod, kind);
        if (total.Count == 0) return null;
        var texts = ContainerSpec.Init(pod).Concat(ContainerSpec.Regular(pod)).SelectMany(c => c.Json.TextMap("resources", kind))
            .Concat(pod.TextMap("spec", "resources", kind)).ToList();
        var result = new JsonObject();
        foreach (var (name, amount) in total.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            var asWritten = texts.FirstOrDefault(t => t.Key == name && ResourceAmount.Parse(t.Value) == amount).Value;
            result[name] = asWritten ?? (name == "cpu" ? ResourceAmount.FormatCpu((long)decimal.Ceiling(amount * 1000)) : ResourceAmount.FormatBytes((long)amount));
        }
        return result;
    }
}
