using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Quotas;

namespace Mobula.Controllers.Quotas;

/// <summary>Counts what a namespace uses of a quota.</summary>
internal static class QuotaUsagePlanner
{
    /// <summary>The resources (with groups) whose objects have to be known.</summary>
    public static IReadOnlyList<string> Counted(JsonObject quota) => [.. (quota.Object("spec", "hard") ?? []).Select(h => ResourceUsage.CountedResource(h.Key)).Distinct()];

    /// <summary>Whether a change of an object may leave more of its namespace's quotas than before.</summary>
    public static bool FreesSomething(string resource, JsonObject? old, JsonObject? now)
    {
        if (old is null) return false;
        if (now is null) return true;
        return resource switch
        {
            "pods" => PodUsage.HasEnded(now) && !PodUsage.HasEnded(old),
            "services" or "persistentvolumeclaims" => !JsonNode.DeepEquals(old["spec"], now["spec"]),
            _ => false,
        };
    }

    /// <summary>The quota's status.</summary>
    /// <param name="quota">The quota.</param>
    /// <param name="objects">The objects of its namespace, by resource.</param>
    public static JsonObject Status(JsonObject quota, IReadOnlyDictionary<string, IReadOnlyList<JsonObject>> objects)
    {
        var hard = quota.Object("spec", "hard") ?? [];
        var used = hard.ToDictionary(h => h.Key, _ => Quantity.Zero);
        foreach (var (resource, list) in objects)
        {
            foreach (var o in list)
            {
                if (!ResourceUsage.IsInScope(quota, resource, o)) continue;
                foreach (var (name, amount) in ResourceUsage.Of(resource, o))
                {
                    if (used.TryGetValue(name, out var sum)) used[name] = sum + amount;
                }
            }
        }
        return new()
        {
            ["hard"] = hard.DeepClone(),
            ["used"] = new JsonObject(used.Select(u => KeyValuePair.Create(u.Key, (JsonNode?)u.Value.ToString()))),
        };
    }
}
