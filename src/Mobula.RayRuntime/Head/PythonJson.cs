using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Mobula.RayRuntime.Head;

/// <summary>JSON as Python's json.dumps writes it: blanks after colons and commas, ASCII only.</summary>
internal static class PythonJson
{
    public static string Write(JsonNode? node)
    {
        var text = new StringBuilder();
        Append(text, node);
        return text.ToString();
    }

    /// <summary>A number that stays a float for its reader: 4 is written 4.0.</summary>
    public static JsonNode Float(double value) => JsonNode.Parse(value == Math.Floor(value) && Math.Abs(value) < 1e15
        ? value.ToString("0.0", CultureInfo.InvariantCulture)
        : value.ToString("R", CultureInfo.InvariantCulture))!;

    private static void Append(StringBuilder text, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o:
                text.Append('{');
                var first = true;
                foreach (var (name, value) in o)
                {
                    if (!first) text.Append(", ");
                    first = false;
                    AppendText(text, name);
                    text.Append(": ");
                    Append(text, value);
                }
                text.Append('}');
                break;
            case JsonArray a:
                text.Append('[');
                for (var i = 0; i < a.Count; i++)
                {
                    if (i > 0) text.Append(", ");
                    Append(text, a[i]);
                }
                text.Append(']');
                break;
            case JsonValue v when v.TryGetValue(out string? s): AppendText(text, s); break;
            case null: text.Append("null"); break;
            default: text.Append(node.ToJsonString()); break;
        }
    }

    private static void AppendText(StringBuilder text, string s)
    {
        text.Append('"');
        foreach (var c in s)
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append(@"\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' or > '~' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        text.Append('"');
    }
}
