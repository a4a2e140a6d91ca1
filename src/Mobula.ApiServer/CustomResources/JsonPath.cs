using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mobula.ApiServer.CustomResources;

/// <summary>The JSON paths of printer columns: members, indexes, <c>*</c>, and filters by equality, for example <c>.a.b[0]['c'][?(@.type=="Ready")].d</c>.</summary>
internal sealed class JsonPath
{
    private readonly List<Func<JsonNode?, IEnumerable<JsonNode?>>> _steps = [];

    private JsonPath()
    {
    }

    public static JsonPath Parse(string text)
    {
        var path = new JsonPath();
        var at = 0;
        while (at < text.Length)
        {
            if (text[at] == '.')
            {
                var end = at + 1;
                while (end < text.Length && text[end] is not ('.' or '['))
                {
                    if (text[end] == '\\' && end + 1 < text.Length) end++;
                    end++;
                }
                var name = text[(at + 1)..end].Replace("\\", "", StringComparison.Ordinal);
                if (name == "*") path._steps.Add(All);
                else if (name.Length > 0) path._steps.Add(n => Member(n, name));
                at = end;
            }
            else if (text[at] == '[')
            {
                var end = text.IndexOf(']', at);
                if (text.AsSpan(at).StartsWith("[?(")) end = text.IndexOf(")]", at, StringComparison.Ordinal) is var close and >= 0 ? close + 1 : -1;
                if (end < 0) break;
                path._steps.Add(Bracket(text[(at + 1)..end].Trim()));
                at = end + 1;
            }
            else
            {
                at++;
            }
        }
        return path;
    }

    public IReadOnlyList<JsonNode?> Find(JsonNode? root)
    {
        IEnumerable<JsonNode?> found = [root];
        foreach (var step in _steps) found = found.SelectMany(step).ToList();
        return [.. found];
    }

    private static Func<JsonNode?, IEnumerable<JsonNode?>> Bracket(string inside)
    {
        if (inside == "*") return All;
        if (inside.Length > 1 && inside[0] is '\'' or '"') return n => Member(n, inside[1..^1]);
        if (int.TryParse(inside, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
        {
            return n => n is JsonArray list && (index < 0 ? list.Count + index : index) is >= 0 and var i && i < list.Count ? [list[i]] : [];
        }
        if (inside.StartsWith("?(", StringComparison.Ordinal) && inside.IndexOf("==", StringComparison.Ordinal) is > 0 and var equals)
        {
            var left = Parse(inside[2..equals].Trim().TrimStart('@'));
            var right = inside[(equals + 2)..].TrimEnd(')').Trim().Trim('"', '\'');
            return n => (n as JsonArray ?? []).Where(item => left.Find(item) is [{ } value, ..] && Text(value) == right);
        }
        return _ => [];
    }

    private static IEnumerable<JsonNode?> All(JsonNode? node) => node switch
    {
        JsonArray list => list,
        JsonObject map => map.Select(m => m.Value),
        _ => [],
    };

    private static IEnumerable<JsonNode?> Member(JsonNode? node, string name) =>
        node is JsonObject map && map.TryGetPropertyValue(name, out var value) ? [value] : [];

    private static string Text(JsonNode value) => value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
}
