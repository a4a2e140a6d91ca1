using System.Globalization;
using Mobula.Kubernetes.Yaml;

namespace Mobula.Cli.Kubeconfigs;

/// <summary>
/// Changes entries of a kubeconfig in its text, line by line, so that comments and the way it is written stay. It knows the way
/// people and tools write kubeconfigs; whoever uses it checks that the outcome says what it should.
/// </summary>
internal static class KubeconfigText
{
    private static readonly string[] Sections = ["clusters", "users", "contexts"];

    /// <summary>Puts entries of one name in, each as its lines without indentation, and makes the name the current context.</summary>
    /// <returns>The new text; null where the text is written in a way that is not known here.</returns>
    public static string? Put(string text, string name, IReadOnlyDictionary<string, string[]> entries)
    {
        if (Root(text) is not { } root) return null;
        var edits = new Edits(text);
        foreach (var section in Sections)
        {
            if (root.Find(section) is not var (key, value))
            {
                edits.Append([$"{section}:", .. Item("", entries[section])]);
                continue;
            }
            if (IsEmpty(value))
            {
                if (LastLine(text, value) != key.Start.Line) return null;
                var line = edits.Lines[key.Start.Line - 1];
                var start = value is YamlScalar { Value: "" } ? line.Length : value.Start.Column - 1;
                edits.Replace(key.Start.Line, 1, [line[..start].TrimEnd(), .. Item("", entries[section])]);
                continue;
            }
            if (value is not YamlSequence { IsFlow: false } list) return null;
            var indent = edits.IndentOfDash(list.Items[0]);
            if (indent is null) return null;
            if (list.Items.Find(i => NameOf(i) == name) is { } old) edits.Replace(old.Start.Line, LastLine(text, old) - old.Start.Line + 1, [.. Item(indent, entries[section])]);
            else edits.Replace(LastLine(text, list.Items[^1]) + 1, 0, [.. Item(indent, entries[section])]);
        }
        SetCurrent(root, edits, name);
        return edits.Make();
    }

    /// <summary>Takes the entries of a name out; an own current context goes too.</summary>
    /// <returns>The new text; null where the text is written in a way that is not known here.</returns>
    public static string? Remove(string text, string name)
    {
        if (Root(text) is not { } root) return null;
        var edits = new Edits(text);
        foreach (var section in Sections)
        {
            if (root.Find(section) is not var (key, value) || IsEmpty(value)) continue;
            if (value is not YamlSequence { IsFlow: false } list) return null;
            if (list.Items.Find(i => NameOf(i) == name) is not { } old) continue;
            edits.Replace(old.Start.Line, LastLine(text, old) - old.Start.Line + 1, []);
            if (list.Items.Count == 1) edits.Replace(key.Start.Line, 1, [$"{section}: []"]);
        }
        if (root.Find("current-context") is (_, YamlScalar current) && current.Value == name) SetCurrent(root, edits, "\"\"");
        return edits.Make();
    }

    private static YamlMapping? Root(string text) =>
        YamlSource.Read(text) is { Error: null, Documents: [YamlMapping { IsFlow: false, Start.Column: 1 } root] } ? root : null;

    private static bool IsEmpty(YamlSourceNode value) => value is YamlSequence { Items.Count: 0 } or YamlScalar { Style: YamlScalarStyle.Plain, Value: "" or "null" or "~" };

    private static string? NameOf(YamlSourceNode item) => item is YamlMapping map && map.Find("name") is (_, YamlScalar name) ? name.Value : null;

    private static void SetCurrent(YamlMapping root, Edits edits, string name)
    {
        if (root.Find("current-context") is not var (key, _)) edits.Append([$"current-context: {name}"]);
        else edits.Replace(key.Start.Line, 1, [$"current-context: {name}"]);
    }

    private static IEnumerable<string> Item(string indent, string[] lines) => lines.Select((line, i) => $"{indent}{(i == 0 ? "- " : "  ")}{line}");

    /// <summary>The line on which a node's content ends; comments behind it are none of it.</summary>
    private static int LastLine(string text, YamlSourceNode node)
    {
        switch (node)
        {
            case YamlMapping { IsFlow: false, Entries: [.., var (key, value)] }:
                return value is YamlScalar { Style: YamlScalarStyle.Plain, Value: "" } ? key.Start.Line : LastLine(text, value);
            case YamlSequence { IsFlow: false, Items: [.., var item] }:
                return LastLine(text, item);
            default:
                var end = Math.Max(node.End.Index, node.Start.Index);
                while (end > node.Start.Index && char.IsWhiteSpace(text[end - 1])) end--;
                return node.Start.Line + text.AsSpan(node.Start.Index, end - node.Start.Index).Count('\n');
        }
    }

    /// <summary>Edits of lines, collected first and made from the last to the first.</summary>
    private sealed class Edits
    {
        private readonly string _newline;
        private readonly List<(int Line, int Count, string[] With)> _edits = [];

        public Edits(string text)
        {
            _newline = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
            Lines = [.. text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n')];
        }

        public List<string> Lines { get; }

        /// <summary>The blanks before the dash of an element; null where something else stands there.</summary>
        public string? IndentOfDash(YamlSourceNode item)
        {
            var before = Lines[item.Start.Line - 1][..(item.Start.Column - 1)];
            var dash = before.IndexOf('-', StringComparison.Ordinal);
            return dash >= 0 && string.IsNullOrWhiteSpace(before[..dash]) && string.IsNullOrWhiteSpace(before[(dash + 1)..]) ? before[..dash] : null;
        }

        public void Replace(int line, int count, string[] with) => _edits.Add((line, count, with));

        public void Append(string[] lines) => _edits.Add((int.MaxValue, 0, lines));

        public string Make()
        {
            foreach (var (line, count, with) in _edits.Where(e => e.Line != int.MaxValue).OrderByDescending(e => e.Line))
            {
                Lines.RemoveRange(line - 1, count);
                Lines.InsertRange(line - 1, with);
            }
            foreach (var (_, _, with) in _edits.Where(e => e.Line == int.MaxValue)) Lines.AddRange(with);
            return string.Create(CultureInfo.InvariantCulture, $"{string.Join(_newline, Lines)}{_newline}");
        }
    }
}
