using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Mobula.Conversations;

/// <summary>Finds, removes and masks parts of an answer by JSON pointer (RFC 6901); <c>*</c> is every element or key.</summary>
internal static partial class JsonPointers
{
    /// <summary>What a pointer points at.</summary>
    public static bool TryFind(JsonNode? document, string pointer, out JsonNode? found)
    {
        found = document;
        foreach (var part in Parts(pointer))
        {
            switch (found)
            {
                case JsonObject o when o.TryGetPropertyValue(part, out var member): found = member; break;
                case JsonArray a when int.TryParse(part, out var i) && i >= 0 && i < a.Count: found = a[i]; break;
                default: return false;
            }
        }
        return true;
    }

    /// <summary>Takes out what is not compared.</summary>
    public static void Drop(JsonNode? document, string pointer) => Visit(document, Parts(pointer), 0, (parent, key) =>
    {
        switch (parent)
        {
            case JsonObject o when key == "*": o.Clear(); break;
            case JsonObject o: o.Remove(key); break;
            case JsonArray a when key == "*": a.Clear(); break;
            case JsonArray a when int.TryParse(key, out var i) && i < a.Count: a[i] = "<ignored>"; break;
        }
    }, expandLast: false);

    /// <summary>Replaces values by the names of their types.</summary>
    public static void MaskType(JsonNode? document, string pointer) => Visit(document, Parts(pointer), 0, (parent, key) =>
    {
        switch (parent)
        {
            case JsonObject o when o.TryGetPropertyValue(key, out var v): o[key] = TypeName(v); break;
            case JsonArray a when int.TryParse(key, out var i) && i < a.Count: a[i] = TypeName(a[i]); break;
        }
    }, expandLast: true);

    private static void Visit(JsonNode? node, string[] parts, int depth, Action<JsonNode, string> act, bool expandLast)
    {
        if (node is not (JsonObject or JsonArray)) return;
        var part = parts[depth];
        if (depth == parts.Length - 1 && !(expandLast && part == "*"))
        {
            act(node, part);
            return;
        }
        var keys = part != "*" ? [part] : node is JsonObject o ? o.Select(m => m.Key).ToList() : [.. Enumerable.Range(0, ((JsonArray)node).Count).Select(i => $"{i}")];
        foreach (var key in keys)
        {
            if (depth == parts.Length - 1) act(node, key);
            else if (TryFind(node, "/" + key.Replace("~", "~0").Replace("/", "~1"), out var child)) Visit(child, parts, depth + 1, act, expandLast);
        }
    }

    private static string TypeName(JsonNode? value) => value switch
    {
        null => "<null>",
        JsonObject => "<object>",
        JsonArray => "<array>",
        JsonValue v => v.GetValueKind() switch
        {
            JsonValueKind.True or JsonValueKind.False => "<boolean>",
            JsonValueKind.Number => v.ToJsonString().Any(c => c is '.' or 'e' or 'E') ? "<number>" : "<integer>",
            _ => Placeholder().IsMatch(v.GetValue<string>()) ? v.GetValue<string>() : "<string>",
        },
        _ => "<null>",
    };

    private static string[] Parts(string pointer) => [.. pointer.Split('/').Skip(1).Select(p => p.Replace("~1", "/").Replace("~0", "~"))];

    [GeneratedRegex("^<[a-z]+>$")]
    private static partial Regex Placeholder();
}
