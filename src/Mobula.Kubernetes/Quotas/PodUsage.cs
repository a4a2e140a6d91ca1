using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Quotas;

/// <summary>What a pod takes of its node: the sum over its containers, or what its greatest initialisation takes, and its overhead.</summary>
public static class PodUsage
{
    private static readonly string[] MustBeExplicit = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

    /// <summary>The amounts requested, by resource.</summary>
    public static Dictionary<string, Quantity> Requests(JsonObject pod) => Total(pod, "requests");

    /// <summary>The amounts that limit it, by resource.</summary>
    public static Dictionary<string, Quantity> Limits(JsonObject pod) => Total(pod, "limits");

    /// <summary>Whether the pod has ended: such a pod takes nothing.</summary>
    public static bool HasEnded(JsonObject pod) => pod.Text("status", "phase") is "Succeeded" or "Failed";

    /// <summary>The resources of a quota that containers must name and do not, with the containers' names; both sorted.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="tracked">The resources that the quota tracks.</param>
    public static SortedDictionary<string, SortedSet<string>> Missing(JsonObject pod, IEnumerable<string> tracked)
    {
        var required = tracked.Where(MustBeExplicit.Contains).ToList();
        var missing = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (var container in pod.Objects("spec", "containers").Concat(pod.Objects("spec", "initContainers")))
        {
            foreach (var name in required)
            {
                var (list, resource) = name.Split('.') is [var prefix, var rest] ? (prefix, rest) : ("requests", name);
                if (container.At("resources", list, resource) is not null) continue;
                if (!missing.TryGetValue(name, out var containers)) missing[name] = containers = new(StringComparer.Ordinal);
                containers.Add(container.Text("name") ?? "");
            }
        }
        return missing;
    }

    /// <summary>What the pod counts for in a quota.</summary>
    internal static void AddTo(Dictionary<string, Quantity> usage, JsonObject pod)
    {
        if (HasEnded(pod)) return;
        usage["pods"] = Quantity.FromInteger(1);
        foreach (var (resource, amount) in Requests(pod))
        {
            usage[$"requests.{resource}"] = amount;
            if (resource is "cpu" or "memory" or "ephemeral-storage" || resource.StartsWith("hugepages-", StringComparison.Ordinal)) usage[resource] = amount;
        }
        foreach (var (resource, amount) in Limits(pod))
        {
            if (resource is "cpu" or "memory" or "ephemeral-storage") usage[$"limits.{resource}"] = amount;
        }
    }

    private static Dictionary<string, Quantity> Total(JsonObject pod, string list)
    {
        var total = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        foreach (var container in pod.Objects("spec", "containers")) Add(total, container.Object("resources", list));
        var sidecars = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        var greatest = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        foreach (var container in pod.Objects("spec", "initContainers"))
        {
            var amounts = container.Object("resources", list);
            if (container.Text("restartPolicy") == "Always")
            {
                Add(total, amounts);
                Add(sidecars, amounts);
                Raise(greatest, sidecars);
                continue;
            }
            var together = new Dictionary<string, Quantity>(sidecars, StringComparer.Ordinal);
            Add(together, amounts);
            Raise(greatest, together);
        }
        Raise(total, greatest);
        if (pod.Object("spec", "resources", list) is { } whole)
        {
            foreach (var (resource, amount) in Read(whole)) total[resource] = amount;
        }
        foreach (var (resource, amount) in Read(pod.Object("spec", "overhead")))
        {
            // An overhead limits nothing that has no limit.
            if (list == "requests" || total.ContainsKey(resource)) total[resource] = total.GetValueOrDefault(resource) + amount;
        }
        return total;
    }

    private static void Add(Dictionary<string, Quantity> total, JsonObject? amounts)
    {
        foreach (var (resource, amount) in Read(amounts)) total[resource] = total.GetValueOrDefault(resource) + amount;
    }

    private static void Raise(Dictionary<string, Quantity> total, Dictionary<string, Quantity> least)
    {
        foreach (var (resource, amount) in least)
        {
            if (!total.TryGetValue(resource, out var present) || present < amount) total[resource] = amount;
        }
    }

    private static IEnumerable<(string Resource, Quantity Amount)> Read(JsonObject? amounts) => ResourceUsage.Read(amounts);
}
