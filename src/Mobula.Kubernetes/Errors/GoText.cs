using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Errors;

/// <summary>Texts as Go's <c>fmt</c> writes them: Kubernetes' messages quote values in these forms.</summary>
public static class GoText
{
    /// <summary>Go's <c>%q</c>: the text in double quotes, with Go's escapes.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("\"", text.Length + 2);
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\a' => quoted.Append("\\a"),
                '\b' => quoted.Append("\\b"),
                '\f' => quoted.Append("\\f"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                '\v' => quoted.Append("\\v"),
                < 0x20 or 0x7f => quoted.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}"),
                _ when IsPrintable(rune) => quoted.Append(rune),
                <= 0xffff => quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                _ => quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"),
            };
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>Go's <c>%v</c> of decoded JSON: <c>map[a:1 b:[x y]]</c>, keys sorted, <c>&lt;nil&gt;</c> for null.</summary>
    public static string Value(JsonNode? node)
    {
        var text = new StringBuilder();
        AppendValue(text, node);
        return text.ToString();
    }

    /// <summary>The node as Go's <c>encoding/json</c> writes decoded JSON: keys sorted, <c>&lt;</c>, <c>&gt;</c> and <c>&amp;</c> escaped.</summary>
    public static string SortedJson(JsonNode? node)
    {
        var text = new StringBuilder();
        AppendJson(text, node, sorted: true);
        return text.ToString();
    }

    /// <summary>The node as Go's <c>encoding/json</c> writes a struct: members in the order in which they are, escaped as by <see cref="SortedJson"/>.</summary>
    public static string OrderedJson(JsonNode? node)
    {
        var text = new StringBuilder();
        AppendJson(text, node, sorted: false);
        return text.ToString();
    }

    /// <summary>A JSON string as Go's <c>encoding/json</c> writes it.</summary>
    public static string JsonString(string value)
    {
        var text = new StringBuilder();
        AppendJsonString(text, value);
        return text.ToString();
    }

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || (Rune.GetUnicodeCategory(rune) is var category
        && category is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator));

    private static void AppendValue(StringBuilder text, JsonNode? node)
    {
        switch (node)
        {
            case null:
                text.Append("<nil>");
                break;
            case JsonObject map:
                text.Append("map[");
                foreach (var (i, (key, value)) in map.OrderBy(m => m.Key, StringComparer.Ordinal).Index())
                {
                    if (i > 0) text.Append(' ');
                    text.Append(key).Append(':');
                    AppendValue(text, value);
                }
                text.Append(']');
                break;
            case JsonArray list:
                text.Append('[');
                foreach (var (i, item) in list.Index())
                {
                    if (i > 0) text.Append(' ');
                    AppendValue(text, item);
                }
                text.Append(']');
                break;
            default:
                text.Append(Scalar(node));
                break;
        }
    }

    private static string Scalar(JsonNode node) => node.GetValueKind() switch
    {
        JsonValueKind.String => node.GetValue<string>(),
        JsonValueKind.Number => Number(node.ToJsonString()),
        _ => node.ToJsonString(),
    };

    /// <summary>Go prints floats from decoded JSON in the shortest form, large and small ones with an exponent.</summary>
    private static string Number(string json) =>
        json.AsSpan().IndexOfAny('.', 'e', 'E') < 0 ? json : Float(double.Parse(json, CultureInfo.InvariantCulture));

    /// <summary>Go's <c>%v</c> of a float64: the shortest digits that read back the same, with an exponent below 1e-4 and from 1e21.</summary>
    public static string Float(double value)
    {
        if (value == 0) return "0";
        var text = value.ToString("E16", CultureInfo.InvariantCulture);
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var exponent = int.Parse(text.AsSpan(text.IndexOf('E') + 1), CultureInfo.InvariantCulture);
        if (exponent is >= -4 and < 21) return shortest.Contains('E') ? value.ToString("0.####################", CultureInfo.InvariantCulture) : shortest;
        var (mantissa, power) = shortest.Split('E') is [var m, var p] ? (m, int.Parse(p, CultureInfo.InvariantCulture)) : Normalise(shortest, exponent);
        return $"{mantissa}e{(power < 0 ? '-' : '+')}{Math.Abs(power):00}";
    }

    private static (string Mantissa, int Power) Normalise(string shortest, int exponent)
    {
        var sign = shortest.StartsWith('-') ? "-" : "";
        var digits = shortest.Replace("-", "").Replace(".", "").TrimStart('0').TrimEnd('0');
        return (sign + (digits.Length > 1 ? $"{digits[0]}.{digits[1..]}" : digits), exponent);
    }

    private static void AppendJson(StringBuilder text, JsonNode? node, bool sorted)
    {
        switch (node)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject map:
                text.Append('{');
                foreach (var (i, (key, value)) in (sorted ? map.OrderBy(m => m.Key, StringComparer.Ordinal) : map.AsEnumerable()).Index())
                {
                    if (i > 0) text.Append(',');
                    AppendJsonString(text, key);
                    text.Append(':');
                    AppendJson(text, value, sorted);
                }
                text.Append('}');
                break;
            case JsonArray list:
                text.Append('[');
                foreach (var (i, item) in list.Index())
                {
                    if (i > 0) text.Append(',');
                    AppendJson(text, item, sorted);
                }
                text.Append(']');
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                AppendJsonString(text, value.GetValue<string>());
                break;
            default:
                text.Append(node.ToJsonString());
                break;
        }
    }

    private static void AppendJsonString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }
        text.Append('"');
    }
}
