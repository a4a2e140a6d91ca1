using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Patches;

/// <summary>Error texts show patched objects; the parts that a patch touched stand there with sorted keys.</summary>
internal static class KeyOrder
{
    public static void Sort(JsonObject map)
    {
        var members = map.OrderBy(m => m.Key, StringComparer.Ordinal).ToList();
        map.Clear();
        foreach (var (key, value) in members) map.Add(key, value);
    }
}
