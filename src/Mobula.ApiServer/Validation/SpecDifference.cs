using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Validation;

/// <summary>The difference of two values as a unified diff of their text, one member a line.</summary>
internal static class SpecDifference
{
    private const int Context = 3;

    /// <summary>The difference of two values of a type in the server's own form.</summary>
    public static string Of(string type, JsonNode? old, JsonNode? next)
    {
        var (a, b) = (Lines(InternalForm.Convert(type, old)), Lines(InternalForm.Convert(type, next)));
        return Unified(a, b);
    }

    private static List<string> Lines(JsonNode? node)
    {
        var lines = new List<string> { "" };
        Write(lines, node, 0);
        return lines;
    }

    private static void Write(List<string> lines, JsonNode? node, int depth)
    {
        void NewLine(int indent) => lines.Add(new string(' ', indent));
        switch (node)
        {
            case JsonObject { Count: > 0 } o:
                lines[^1] += "{";
                foreach (var (i, (name, value)) in o.Index())
                {
                    NewLine(depth + 1);
                    lines[^1] += $"{GoText.JsonString(name)}: ";
                    Write(lines, value, depth + 1);
                    if (i < o.Count - 1) lines[^1] += ",";
                }
                NewLine(depth);
                lines[^1] += "}";
                break;
            case JsonArray { Count: > 0 } list:
                lines[^1] += "[";
                foreach (var (i, item) in list.Index())
                {
                    NewLine(depth + 1);
                    Write(lines, item, depth + 1);
                    if (i < list.Count - 1) lines[^1] += ",";
                }
                NewLine(depth);
                lines[^1] += "]";
                break;
            case null:
                lines[^1] += "null";
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                lines[^1] += GoText.JsonString(value.GetValue<string>());
                break;
            default:
                lines[^1] += node.ToJsonString();
                break;
        }
    }

    private static string Unified(List<string> a, List<string> b)
    {
        var edits = Edits(a, b);
        var text = new StringBuilder();
        for (var at = 0; at < edits.Count;)
        {
            while (at < edits.Count && edits[at].Kind == ' ') at++;
            if (at == edits.Count) break;
            var start = Math.Max(0, at - Context);
            var end = at;
            for (var same = 0; end < edits.Count; end++)
            {
                same = edits[end].Kind == ' ' ? same + 1 : 0;
                if (same > 2 * Context) break;
            }
            while (end > at && edits[end - 1].Kind == ' ') end--;
            end = Math.Min(edits.Count, end + Context);
            var hunk = edits[start..end];
            var (oldFirst, newFirst) = (edits[..start].Count(e => e.Kind != '+') + 1, edits[..start].Count(e => e.Kind != '-') + 1);
            text.Append(null, $"@@ -{Extent(oldFirst, hunk.Count(e => e.Kind != '+'))} +{Extent(newFirst, hunk.Count(e => e.Kind != '-'))} @@\n");
            foreach (var (kind, line) in hunk) text.Append(kind).Append(line).Append('\n');
            at = end;
        }
        return text.ToString();
    }

    private static string Extent(int first, int count) => count == 1 ? $"{first}" : $"{first},{count}";

    /// <summary>The longest common lines stay; what goes stands before what comes.</summary>
    private static List<(char Kind, string Line)> Edits(List<string> a, List<string> b)
    {
        var common = new int[a.Count + 1, b.Count + 1];
        for (var i = a.Count - 1; i >= 0; i--)
        {
            for (var j = b.Count - 1; j >= 0; j--) common[i, j] = a[i] == b[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
        }
        var edits = new List<(char, string)>();
        var (x, y) = (0, 0);
        while (x < a.Count || y < b.Count)
        {
            if (x < a.Count && y < b.Count && a[x] == b[y]) (edits, x, y) = (Added(edits, ' ', a[x]), x + 1, y + 1);
            else if (x < a.Count && (y == b.Count || common[x + 1, y] >= common[x, y + 1])) (edits, x) = (Added(edits, '-', a[x]), x + 1);
            else (edits, y) = (Added(edits, '+', b[y]), y + 1);
        }
        return edits;
    }

    private static List<(char, string)> Added(List<(char, string)> edits, char kind, string line)
    {
        edits.Add((kind, line));
        return edits;
    }
}
