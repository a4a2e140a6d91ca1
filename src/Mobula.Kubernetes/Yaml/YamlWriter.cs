using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Yaml;

/// <summary>Writes JSON as plain block YAML that reads back the same: keys in their order, long texts as literal blocks.</summary>
public sealed class YamlWriter
{
    private const int GoLineWidth = 80;

    private readonly bool _asGo;

    private YamlWriter(bool asGo) => _asGo = asGo;

    /// <summary>One document, with a line break at its end.</summary>
    public static string Write(JsonNode? node) => new YamlWriter(asGo: false).Document(node);

    /// <summary>
    /// One document as a Kubernetes API server writes it: texts that need quotes in single ones where they can be, long lines
    /// broken at the first blank after column 80.
    /// </summary>
    public static string WriteAsGo(JsonNode? node) => new YamlWriter(asGo: true).Document(node);

    /// <summary>Several documents, with <c>---</c> between them.</summary>
    public static string WriteAll(IEnumerable<JsonNode?> documents) => string.Join("---\n", documents.Select(Write));

    private string Document(JsonNode? node)
    {
        var text = new StringBuilder();
        Append(text, node, "");
        return text.ToString();
    }

    private void Append(StringBuilder text, JsonNode? node, string indent)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } map:
                AppendMap(text, map, indent, first: true);
                break;
            case JsonArray { Count: > 0 } list:
                AppendList(text, list, indent, first: true);
                break;
            default:
                AppendScalar(text, node, indent);
                text.Append('\n');
                break;
        }
    }

    private void AppendMap(StringBuilder text, JsonObject map, string indent, bool first)
    {
        foreach (var (key, value) in map)
        {
            if (!first) text.Append(indent);
            first = false;
            text.Append(PlainOrQuoted(key)).Append(':');
            switch (value)
            {
                case JsonObject { Count: > 0 } nested:
                    text.Append('\n').Append(indent).Append("  ");
                    AppendMap(text, nested, indent + "  ", first: true);
                    break;
                case JsonArray { Count: > 0 } list:
                    // Items stand at the column of their key, as kubectl prints them.
                    text.Append('\n').Append(indent);
                    AppendList(text, list, indent, first: true);
                    break;
                default:
                    text.Append(' ');
                    AppendScalar(text, value, indent + "  ");
                    text.Append('\n');
                    break;
            }
        }
    }

    private void AppendList(StringBuilder text, JsonArray list, string indent, bool first)
    {
        foreach (var item in list)
        {
            if (!first) text.Append(indent);
            first = false;
            text.Append("- ");
            Append(text, item, indent + "  ");
        }
    }

    private void AppendScalar(StringBuilder text, JsonNode? node, string indent)
    {
        if (!_asGo || node is not JsonValue value || value.GetValueKind() != JsonValueKind.String || value.GetValue<string>() is not { } word || word.Contains('\n'))
        {
            text.Append(Scalar(node, indent));
        }
        else if (IsPlain(word))
        {
            AppendFolded(text, word, indent);
        }
        else if (word.Length == 0 || IsTimestamp(word) || YamlJson.PlainValue(word)?.GetValueKind() != JsonValueKind.String || word.Any(c => char.IsControl(c) || c > '\u00ff'))
        {
            text.Append(Quoted(word));
        }
        else
        {
            text.Append('\'');
            AppendFolded(text, word.Replace("'", "''", StringComparison.Ordinal), indent);
            text.Append('\'');
        }
    }

    private static void AppendFolded(StringBuilder text, string value, string indent)
    {
        var column = 0;
        while (column < text.Length && text[text.Length - 1 - column] != '\n') column++;
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == ' ' && column > GoLineWidth && i > 0 && i < value.Length - 1 && value[i - 1] != ' ' && value[i + 1] != ' ')
            {
                text.Append('\n').Append(indent);
                column = indent.Length;
                continue;
            }
            text.Append(value[i]);
            column++;
        }
    }

    private static string Scalar(JsonNode? node, string indent) => node switch
    {
        null => "null",
        JsonObject => "{}",
        JsonArray => "[]",
        _ when node.GetValueKind() == JsonValueKind.String => Text(node.GetValue<string>(), indent),
        _ => node.ToJsonString(),
    };

    private static string Text(string value, string indent)
    {
        if (!value.Contains('\n') || !IsBlockText(value)) return PlainOrQuoted(value);
        var trailing = value.Length - value.TrimEnd('\n').Length;
        var lines = value.TrimEnd('\n').Split('\n');
        if (trailing > 1 || indent.Length == 0) return Quoted(value);
        var block = new StringBuilder("|").Append(trailing == 0 ? "-" : "");
        foreach (var line in lines) block.Append('\n').Append(line.Length == 0 ? "" : indent).Append(line);
        return block.ToString();
    }

    /// <summary>Whether each line can stand in a literal block: no control characters, no leading blank that would be taken as indentation.</summary>
    private static bool IsBlockText(string value) =>
        value[0] is not (' ' or '\n' or '\t') && value.All(c => (c >= ' ' && c is not '\u007f' and not '\u0085' and not '\u2028' and not '\u2029' and not '\ufeff') || c is '\n' or '\t')
        && !value.Split('\n').Any(l => l.Length > 0 && l.All(c => c is ' ' or '\t'));

    private static string PlainOrQuoted(string value) => IsPlain(value) ? value : Quoted(value);

    /// <summary>What YAML 1.1 takes for a date or time; other readers would not give the text back.</summary>
    private static bool IsTimestamp(string value) =>
        value.Length >= 8 && value.AsSpan(0, 4).IndexOfAnyExceptInRange('0', '9') < 0 && value[4] == '-' && DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, out _);

    private static bool IsPlain(string value)
    {
        if (IsTimestamp(value)) return false;
        if (value.Length == 0 || YamlJson.PlainValue(value)?.GetValueKind() != JsonValueKind.String || value is "<<" or "=" or "-" or "---" or "...") return false;
        if (value[0] is ' ' or '\t' || value[^1] is ' ' or '\t' or ':') return false;
        if ("-?:,[]{}#&*!|>'\"%@`".Contains(value[0]) && !(value[0] is '-' or '?' or ':' && value.Length > 1 && char.IsAsciiLetterOrDigit(value[1]))) return false;
        if (value.StartsWith("---", StringComparison.Ordinal) || value.StartsWith("...", StringComparison.Ordinal)) return false;
        return !value.Contains(": ", StringComparison.Ordinal) && !value.Contains(" #", StringComparison.Ordinal) && !value.Contains('\t')
            && value.All(c => c is >= ' ' and < '\u007f' or (>= '\u00a0' and not '\u2028' and not '\u2029' and not '\ufeff' and < '\ud800'));
    }

    /// <summary>A JSON string is a double-quoted YAML scalar.</summary>
    private static string Quoted(string value) => Errors.GoText.JsonString(value);
}
