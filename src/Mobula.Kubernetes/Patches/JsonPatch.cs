using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Patches;

/// <summary>
/// JSON patch (RFC 6902) with the latitude of Kubernetes' implementation: <c>replace</c> of an absent member adds it, and
/// negative indices count from the end.
/// </summary>
public static class JsonPatch
{
    /// <summary>Applies the operations, in place; objects on their paths get their keys sorted.</summary>
    /// <param name="target">The object; it is spoilt when an operation fails.</param>
    /// <param name="operations">Objects with <c>op</c>, <c>path</c>, and <c>from</c> or <c>value</c>.</param>
    /// <returns>The patched object.</returns>
    /// <exception cref="PatchException">An operation fails.</exception>
    public static JsonObject Apply(JsonObject target, JsonArray operations)
    {
        if (operations.Count == 0) return target;
        var touched = new HashSet<JsonObject>(ReferenceEqualityComparer.Instance) { target };
        foreach (var operation in operations.OfType<JsonObject>()) Apply(target, operation, touched);
        foreach (var map in touched) KeyOrder.Sort(map);
        return target;
    }

    private static void Apply(JsonObject target, JsonObject operation, HashSet<JsonObject> touched)
    {
        var path = operation.Text("path") ?? "";
        switch (operation.Text("op"))
        {
            case "add":
                Find(target, path, touched).Add(operation["value"]?.DeepClone());
                break;
            case "remove":
                Find(target, path, touched).Remove();
                break;
            case "replace":
                Find(target, path, touched).Replace(operation["value"]?.DeepClone());
                break;
            case "test":
                if (!AreEqual(Find(target, path, touched).Get(), operation["value"])) throw Failed($"testing value {path} failed");
                break;
            case "copy":
                var copied = Find(target, operation.Text("from") ?? "", touched).Get()?.DeepClone();
                Find(target, path, touched).Add(copied);
                break;
            case "move":
                var source = Find(target, operation.Text("from") ?? "", touched);
                var moved = source.Get()?.DeepClone();
                source.Remove();
                Find(target, path, touched).Add(moved);
                break;
            default:
                throw Failed($"unexpected kind: {operation.Text("op")}");
        }
    }

    private static Place Find(JsonObject target, string path, HashSet<JsonObject> touched)
    {
        var steps = path.Split('/');
        if (steps.Length < 2) throw Failed($"missing path {path}");
        JsonNode node = target;
        for (var i = 1; i < steps.Length - 1; i++)
        {
            if (node is JsonObject map) touched.Add(map);
            node = new Place(node, Unescape(steps[i])).Get() is JsonNode next and (JsonObject or JsonArray) ? next : throw Failed($"missing path {path}");
        }
        if (node is JsonObject owner) touched.Add(owner);
        return new(node, Unescape(steps[^1]));
    }

    private static string Unescape(string step) =>
        step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);

    private static bool AreEqual(JsonNode? a, JsonNode? b) => (a, b) switch
    {
        (null, null) => true,
        (JsonObject left, JsonObject right) => left.Count == right.Count
            && left.All(m => right.TryGetPropertyValue(m.Key, out var other) && AreEqual(m.Value, other)),
        (JsonArray left, JsonArray right) => left.Count == right.Count && left.Zip(right).All(p => AreEqual(p.First, p.Second)),
        (JsonValue left, JsonValue right) => left.GetValueKind() == right.GetValueKind()
            && (left.GetValueKind() == JsonValueKind.String ? left.GetValue<string>() == right.GetValue<string>() : left.ToJsonString() == right.ToJsonString()),
        _ => false,
    };

    private static PatchException Failed(string message) => new(message);

    /// <summary>A member or item that an operation is about.</summary>
    private readonly struct Place(JsonNode owner, string key)
    {
        public JsonNode? Get() => owner switch
        {
            JsonObject map => map.TryGetPropertyValue(key, out var value) ? value : null,
            _ => ((JsonArray)owner)[Index(0)],
        };

        public void Add(JsonNode? value)
        {
            if (owner is JsonObject map) map[key] = value;
            else if (key == "-") ((JsonArray)owner).Add(value);
            else ((JsonArray)owner).Insert(Index(1), value);
        }

        public void Replace(JsonNode? value)
        {
            if (owner is JsonObject map) map[key] = value;
            else ((JsonArray)owner)[Index(0)] = value;
        }

        public void Remove()
        {
            if (owner is JsonArray list) list.RemoveAt(Index(0));
            else if (!((JsonObject)owner).Remove(key)) throw Failed($"Unable to remove nonexistent key: {key}");
        }

        /// <param name="room">1 where an item may be put after the last.</param>
        private int Index(int room)
        {
            var size = ((JsonArray)owner).Count + room;
            if (!int.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index)) throw Failed($"value was not a proper array index: '{key}'");
            if (index < 0) index += size;
            return index >= 0 && index < size ? index : throw Failed($"Unable to access invalid index: {key}");
        }
    }
}
