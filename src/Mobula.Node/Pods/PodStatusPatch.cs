using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Node.Pods;

/// <summary>The strategic merge patch that turns one status of a pod into another. Pure.</summary>
internal static class PodStatusPatch
{
    /// <summary>The patch, with the pod's uid as a guard; null when nothing differs.</summary>
    public static JsonObject? Between(string uid, JsonObject old, JsonObject now)
    {
        var status = new JsonObject();
        foreach (var (name, value) in now)
        {
            if (JsonNode.DeepEquals(old[name], value)) continue;
            switch (name)
            {
                case "conditions":
                    Keyed(status, "conditions", "type", old.Objects("conditions"), now.Objects("conditions"));
                    break;
                case "podIPs":
                    Keyed(status, "podIPs", "ip", old.Objects("podIPs"), now.Objects("podIPs"));
                    break;
                default:
                    // Maps are merged: members that went away are named.
                    var replaced = value?.DeepClone();
                    if (replaced is JsonObject map && old[name] is JsonObject before)
                        foreach (var (key, _) in before) if (!map.ContainsKey(key)) map[key] = null;
                    status[name] = replaced;
                    break;
            }
        }
        foreach (var (name, _) in old) if (!now.ContainsKey(name)) status[name] = null;
        return status.Count == 0 ? null : new() { ["metadata"] = new JsonObject { ["uid"] = uid }, ["status"] = status };
    }

    private static void Keyed(JsonObject status, string field, string key, IEnumerable<JsonObject> old, IEnumerable<JsonObject> now)
    {
        var before = old.ToDictionary(o => o.Text(key) ?? "");
        var changes = new JsonArray();
        var order = new JsonArray();
        foreach (var item in now)
        {
            var name = item.Text(key) ?? "";
            order.Add((JsonNode)new JsonObject { [key] = name });
            if (before.Remove(name, out var same))
            {
                if (JsonNode.DeepEquals(same, item)) continue;
                var change = item.Clone();
                foreach (var (member, value) in same)
                    if (!change.ContainsKey(member) && value is not null) change[member] = null;
                changes.Add((JsonNode)change);
            }
            else
            {
                changes.Add(item.DeepClone());
            }
        }
        foreach (var gone in before.Keys) changes.Add((JsonNode)new JsonObject { [key] = gone, ["$patch"] = "delete" });
        status[$"$setElementOrder/{field}"] = order;
        if (changes.Count > 0) status[field] = changes;
    }
}
