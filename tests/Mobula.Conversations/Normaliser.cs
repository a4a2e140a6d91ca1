using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Mobula.Conversations;

/// <summary>Replaces what differs from run to run by placeholders; one for each conversation, since it learns generated names.</summary>
public sealed partial class Normaliser(Conversation conversation)
{
    private readonly Dictionary<string, string> _words = new(StringComparer.Ordinal);
    private readonly HashSet<string> _prefixes = [.. conversation.Generated, "kube-api-access-"];
    private readonly List<(Regex Pattern, string Replacement)> _masks =
        [.. conversation.Masks.Select(m => (new Regex(m.Pattern, RegexOptions.Multiline), PythonGroups().Replace(m.Replacement, "$${$1}").Replace(@"\n", "\n", StringComparison.Ordinal)))];

    /// <summary>From here on this text is the placeholder, everywhere.</summary>
    public void Learn(string text, string placeholder)
    {
        if (text.Length > 0) _words[text] = placeholder;
    }

    /// <summary>The server completes names that begin so with five characters.</summary>
    public void LearnPrefix(string prefix) => _prefixes.Add(prefix);

    /// <summary>Normalises a text of an answer, or of a command's output.</summary>
    public string Text(string text, bool fromCommand = false)
    {
        foreach (var word in _words.Keys.OrderByDescending(w => w.Length)) text = text.Replace(word, _words[word], StringComparison.Ordinal);
        foreach (var (pattern, replacement) in _masks) text = pattern.Replace(text, replacement);
        foreach (var prefix in _prefixes) text = Regex.Replace(text, Regex.Escape(prefix) + @"[bcdfghjklmnpqrstvwxz2456789]{5}\b", $"<name:{prefix}>");
        text = Jwt().Replace(text, "<jwt>");
        text = Uuid().Replace(text, "<uid>");
        text = Hash().Replace(text, "<hash>");
        text = MicroTime().Replace(text, "<microtime>");
        text = NanoTime().Replace(text, "<time>");
        text = Time().Replace(text, "<time>");
        text = GoTime().Replace(text, "<time>");
        text = HttpDate().Replace(text, "<date>");
        text = ServiceAddress().Replace(text, "<ip>");
        if (!conversation.LiteralAddresses) text = ServerAddress().Replace(text, "<server>");
        if (!fromCommand) return text;
        text = Age().Replace(text, "<age>");
        text = Blanks().Replace(text, " ");
        text = TrailingBlank().Replace(text, "");
        text = YamlRevision().Replace(text, "$1<rv>");
        return JsonRevision().Replace(text, "\"resourceVersion\":\"<rv>\"");
    }

    /// <summary>A text answer in YAML keeps its revisions without a mark; this takes them.</summary>
    public string YamlText(string text) => QuotedYamlRevision().Replace(Text(text), "$1<rv>");

    /// <summary>Normalises a JSON value.</summary>
    public JsonNode? Value(JsonNode? value, string? key = null)
    {
        switch (value)
        {
            case JsonObject o:
                var members = o.Where(m => key != "columnDefinitions" || m.Key != "description");
                var result = new JsonObject();
                foreach (var (name, member) in members) result[Text(name)] = Value(member, name);
                return result;
            case JsonArray a:
                return new JsonArray([.. a.Select(x => Value(x, key))]);
            case JsonValue v when v.GetValueKind() == JsonValueKind.String:
                return Scalar(v.GetValue<string>(), key);
            case JsonValue when key == "nodePort":
                return "<port>";
            default:
                return value?.DeepClone();
        }
    }

    private string Scalar(string text, string? key)
    {
        if (key is "resourceVersion" or "resourceVersionMatch" && text != "0" && text.Length > 0 && text.All(char.IsAsciiDigit)) return "<rv>";
        if (key == "continue" && text.Length > 0) return "<continue>";
        if (key is "clusterIP" or "podIP" or "hostIP" && text.Length > 0 && text != "None") return "<ip>";
        return SpeaksOfRevision().IsMatch(text) ? Number().Replace(Text(text), "<rv>") : Text(text);
    }

    [GeneratedRegex(@"\\(\d)")]
    private static partial Regex PythonGroups();

    [GeneratedRegex(@"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")]
    private static partial Regex Uuid();

    [GeneratedRegex(@"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")]
    private static partial Regex MicroTime();

    [GeneratedRegex(@"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d)")]
    private static partial Regex NanoTime();

    [GeneratedRegex(@"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")]
    private static partial Regex Time();

    [GeneratedRegex(@"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} \w+( m=[+-][\d.]+)?")]
    private static partial Regex GoTime();

    [GeneratedRegex(@"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")]
    private static partial Regex HttpDate();

    [GeneratedRegex(@"\beyJ[\w-]+\.[\w-]+\.[\w-]+")]
    private static partial Regex Jwt();

    [GeneratedRegex(@"\b10\.96\.\d+\.\d+\b")]
    private static partial Regex ServiceAddress();

    [GeneratedRegex(@"(?<![\w.-])(\d+d)?(\d+h)?(\d+m)?\d+(\.\d+)?(s|ms|us|µs)(?![\w-])")]
    private static partial Regex Age();

    [GeneratedRegex(@"(https?://)?(127\.0\.0\.1|localhost):\d+")]
    private static partial Regex ServerAddress();

    [GeneratedRegex(@"\b[0-9A-F]{128}\b")]
    private static partial Regex Hash();

    [GeneratedRegex(@"[ \t]+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@" +$", RegexOptions.Multiline)]
    private static partial Regex TrailingBlank();

    [GeneratedRegex(@"(resourceVersion: )""?\d+""?")]
    private static partial Regex YamlRevision();

    [GeneratedRegex(@"(resourceVersion: )""\d+""")]
    private static partial Regex QuotedYamlRevision();

    [GeneratedRegex(@"""resourceVersion"": ?""\d+""")]
    private static partial Regex JsonRevision();

    [GeneratedRegex("resource ?[vV]ersion|ResourceVersion in ")]
    private static partial Regex SpeaksOfRevision();

    [GeneratedRegex(@"\b\d+\b")]
    private static partial Regex Number();
}
