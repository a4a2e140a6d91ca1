using System.Text.Json.Nodes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Validation;

/// <summary>
/// Objects as the upstream server holds them in memory: its messages print values in that form, with capitals, every
/// field in its order, and nothing left out.
/// </summary>
internal static class InternalForm
{
    private static readonly Dictionary<string, Field[]> Types = InternalTypes.Facts
        .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .ToDictionary(parts => parts[0].TrimEnd(':'), parts => parts.Skip(1).Select(Read).ToArray());

    private enum Shape
    {
        /// <summary>Null when it is absent.</summary>
        Pointer,

        /// <summary>The zero value when it is absent.</summary>
        Value,
    }

    /// <summary>A value of a type in one line.</summary>
    public static string Print(string type, JsonNode? node) => GoText.OrderedJson(Convert(type, node));

    /// <summary>A value of a type as a tree: members in their order.</summary>
    public static JsonNode? Convert(string type, JsonNode? node)
    {
        if (node is null || !Types.TryGetValue(type, out var fields)) return node?.DeepClone();
        if (node is not JsonObject o) return node.DeepClone();
        var result = new JsonObject();
        foreach (var field in fields)
        {
            if (field.IsInline)
            {
                foreach (var (name, value) in (JsonObject)Convert(field.Type, o)!) result[name] = value?.DeepClone();
            }
            else
            {
                result[field.Name] = Member(field, o[field.Json]);
            }
        }
        return result;
    }

    private static JsonNode? Member(Field field, JsonNode? value)
    {
        if (field.IsList) return value is JsonArray list ? new JsonArray([.. list.Select(i => Convert(field.Type, i))]) : null;
        if (value is not null) return Convert(field.Type, value);
        if (field.Shape == Shape.Pointer) return null;
        return field.Type switch
        {
            "s" => "",
            "i" => 0,
            "b" => false,
            "q" => "0",
            _ => Convert(field.Type, new JsonObject()),
        };
    }

    /// <summary>Reads <c>Name</c>, <c>Name=json</c>, then <c>:type</c>, <c>:*type</c> or <c>:[]type</c>; <c>+Type</c> stands for that type's fields in place.</summary>
    private static Field Read(string text)
    {
        if (text[0] == '+') return new("", "", text[1..], Shape.Value, false, true);
        var (name, type) = text.Split(':') is [var n, var t] ? (n, t) : (text, "s");
        var (go, json) = name.Split('=') is [var g, var j] ? (g, j) : (name, char.ToLowerInvariant(name[0]) + name[1..]);
        if (type.StartsWith("[]", StringComparison.Ordinal)) return new(go, json, type[2..], Shape.Pointer, true, false);
        return type[0] == '*' ? new(go, json, type[1..], Shape.Pointer, false, false) : new(go, json, type, Shape.Value, false, false);
    }

    private sealed record Field(string Name, string Json, string Type, Shape Shape, bool IsList, bool IsInline);
}
