using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Scheduling;

/// <summary>Amounts of resources by name: <c>cpu</c> in thousandths, all others in whole units.</summary>
internal static class PodResources
{
    /// <summary>What counts for spreading when a container asks for nothing: 0.1 CPU and 200 MB.</summary>
    public const long DefaultMilliCpu = 100;

    /// <summary>Likewise in bytes.</summary>
    public const long DefaultMemory = 200L * 1024 * 1024;

    /// <summary>
    /// What a pod asks a node for: the sum of its containers and sidecars, or what its init containers need at once if that
    /// is more; what the pod itself asks for goes before.
    /// </summary>
    public static Dictionary<string, long> Requests(JsonObject pod)
    {
        var running = new Dictionary<string, long>();
        foreach (var container in pod.Objects("spec", "containers")) Add(running, Of(container));
        var sidecars = new Dictionary<string, long>();
        var starting = new Dictionary<string, long>();
        foreach (var container in pod.Objects("spec", "initContainers"))
        {
            var requests = Of(container);
            if (container.Text("restartPolicy") == "Always")
            {
                Add(sidecars, requests);
                Raise(starting, sidecars);
            }
            else
            {
                var together = new Dictionary<string, long>(sidecars);
                Add(together, requests);
                Raise(starting, together);
            }
        }
        Add(running, sidecars);
        Raise(running, starting);
        foreach (var (name, amount) in Amounts(pod.Object("spec", "resources", "requests"))) running[name] = amount;
        Add(running, Amounts(pod.Object("spec", "overhead")));
        return running;
    }

    /// <summary>The amounts of a map from resources to quantities.</summary>
    public static Dictionary<string, long> Amounts(JsonObject? map)
    {
        var amounts = new Dictionary<string, long>();
        if (map is null) return amounts;
        foreach (var (name, value) in map)
        {
            var text = value is JsonValue v && v.GetValueKind() == System.Text.Json.JsonValueKind.String ? v.GetValue<string>() : value?.ToJsonString();
            if (Quantity.TryParse(text, out var quantity)) amounts[name] = name == "cpu" ? quantity.MilliValue : quantity.Value;
        }
        return amounts;
    }

    public static void Add(Dictionary<string, long> to, Dictionary<string, long> amounts)
    {
        foreach (var (name, amount) in amounts) to[name] = to.GetValueOrDefault(name) + amount;
    }

    private static Dictionary<string, long> Of(JsonObject container)
    {
        var requests = Amounts(container.Object("resources", "requests"));
        // A limit without a request is a request; the server writes that down for most, but not for all.
        foreach (var (name, amount) in Amounts(container.Object("resources", "limits"))) requests.TryAdd(name, amount);
        return requests;
    }

    private static void Raise(Dictionary<string, long> to, Dictionary<string, long> amounts)
    {
        foreach (var (name, amount) in amounts) to[name] = Math.Max(to.GetValueOrDefault(name), amount);
    }
}
