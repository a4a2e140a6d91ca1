using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Patches;

/// <summary>JSON merge patch (RFC 7386).</summary>
public static class MergePatch
{
    /// <summary>Merges a patch into an object, in place; objects that it touches get their keys sorted.</summary>
    /// <returns>The patched object.</returns>
    public static JsonObject Apply(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null) target.Remove(name);
            else if (value is JsonObject part && target[name] is JsonObject present) Apply(present, part);
            else target[name] = WithoutNulls(value);
        }
        KeyOrder.Sort(target);
        return target;
    }

    private static JsonNode WithoutNulls(JsonNode value)
    {
        if (value is not JsonObject map) return value.DeepClone();
        var kept = new JsonObject();
        foreach (var (name, member) in map.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            if (member is not null) kept[name] = WithoutNulls(member);
        }
        return kept;
    }
}
