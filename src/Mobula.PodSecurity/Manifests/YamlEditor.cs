using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Yaml;
using Mobula.PodSecurity.Expansion;

namespace Mobula.PodSecurity.Manifests;

/// <summary>
/// Sets fields in a YAML or JSON text by the smallest edits of the text, so that comments, order, quotes, indentation and
/// anchors stay. Edits are collected first and then made all at once.
/// </summary>
internal sealed class YamlEditor(string text)
{
    private readonly Dictionary<YamlSourceNode, JsonObject> _additions = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<YamlSourceNode, List<JsonNode>> _appends = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<YamlSourceNode, (YamlSourceNode? Key, JsonNode Value)> _replacements = new(ReferenceEqualityComparer.Instance);

    /// <summary>Whether an edit went through an alias or a merge, and so changes other places too.</summary>
    public bool ChangesSharedNodes { get; private set; }

    /// <summary>Notes a field to set.</summary>
    /// <exception cref="NotSupportedException">The text is written in a way that no small edit can serve.</exception>
    public void Set(YamlSourceNode root, FieldPath path, JsonNode value)
    {
        var node = root;
        YamlSourceNode? key = null;
        for (var i = 0; ; i++)
        {
            // Whoever refers to an anchored node sees its edits.
            if (node.Anchor is not null) ChangesSharedNodes = true;
            if (i == path.Steps.Count)
            {
                _replacements[node] = (key, value);
                return;
            }
            if (IsNull(YamlPlaces.Target(node)) && key is not null)
            {
                var content = _replacements.TryGetValue(node, out var started) && started.Value is JsonObject o ? o : [];
                SetIn(content, path.Steps, i, value);
                _replacements[node] = (key, content);
                return;
            }
            if (node is YamlAlias)
            {
                ChangesSharedNodes = true;
                node = YamlPlaces.Target(node);
            }
            switch (node, path.Steps[i])
            {
                case (YamlMapping map, string name):
                    if (map.Find(name) is var (ownKey, ownValue))
                    {
                        (key, node) = (ownKey, ownValue);
                        break;
                    }
                    if (i < path.Steps.Count - 1 && YamlPlaces.Find(map, name) is var (mergedKey, mergedValue))
                    {
                        ChangesSharedNodes = true;
                        (key, node) = (mergedKey, mergedValue);
                        break;
                    }
                    if (!_additions.TryGetValue(map, out var added)) _additions[map] = added = [];
                    SetIn(added, path.Steps, i, value);
                    return;
                case (YamlSequence list, int index) when index < list.Items.Count:
                    (key, node) = (null, list.Items[index]);
                    break;
                case (YamlSequence list, int index) when index == list.Items.Count && i == path.Steps.Count - 1:
                    if (!_appends.TryGetValue(list, out var appended)) _appends[list] = appended = [];
                    if (!appended.Exists(a => JsonNode.DeepEquals(a, value))) appended.Add(value);
                    return;
                default:
                    throw new NotSupportedException($"{path} cannot be set here");
            }
        }
    }

    /// <summary>The text with all edits made.</summary>
    /// <exception cref="NotSupportedException">The text is written in a way that no small edit can serve.</exception>
    public string Apply()
    {
        List<TextEdit> edits = [];
        foreach (var (node, (key, value)) in _replacements) edits.Add(Replacement(node, key, value));
        foreach (var (node, content) in _additions) edits.AddRange(Addition((YamlMapping)node, content));
        foreach (var (node, items) in _appends) edits.AddRange(Append((YamlSequence)node, items));
        var result = new StringBuilder(text.Length + 64 * edits.Count);
        var copied = 0;
        // Behind one line the fields of the inner map come before those of the outer one.
        foreach (var edit in edits.OrderBy(e => e.At).ThenByDescending(e => e.Column))
        {
            if (edit.At < copied) throw new NotSupportedException("edits overlap");
            result.Append(text, copied, edit.At - copied).Append(edit.Text);
            copied = edit.At + edit.Length;
        }
        return result.Append(text, copied, text.Length - copied).ToString();
    }

    private readonly record struct TextEdit(int At, int Length, string Text, int Column = 0);

    private static bool IsNull(YamlSourceNode node) =>
        node is YamlScalar { Style: YamlScalarStyle.Plain, Value: "" or "~" or "null" or "Null" or "NULL" };

    private static void SetIn(JsonObject content, IReadOnlyList<object> steps, int from, JsonNode value)
    {
        for (var i = from; i < steps.Count - 1; i++)
        {
            if (steps[i] is not string name) throw new NotSupportedException("a list cannot be made here");
            if (content[name] is not JsonObject child) content[name] = child = [];
            content = child;
        }
        content[(string)steps[^1]] = value.DeepClone();
    }

    private TextEdit Replacement(YamlSourceNode node, YamlSourceNode? key, JsonNode value)
    {
        var inline = Inline(value, IsJsonAt(key));
        if (node is YamlScalar { Value: "", Style: YamlScalarStyle.Plain } && key is not null)
        {
            // Where nothing is written, the place of the value is behind the colon (and behind its anchor or tag).
            var hasProperties = node.Anchor is not null || node.Tag is not null;
            return new(hasProperties ? AfterProperties(node, acrossLines: false) : AfterColon(key), 0, $" {inline}");
        }
        var isBlock = node switch
        {
            YamlSequence sequence => !sequence.IsFlow,
            YamlMapping mapping => !mapping.IsFlow,
            YamlScalar scalar => scalar.Style == YamlScalarStyle.Block,
            _ => false,
        };
        if (isBlock) throw new NotSupportedException("a block cannot be replaced");
        var start = AfterProperties(node, acrossLines: true);
        if (node is YamlScalar { Style: YamlScalarStyle.SingleQuoted } && value is JsonValue v && v.GetValueKind() == JsonValueKind.String) inline = $"'{v.GetValue<string>()}'";
        return new(start, node.End.Index - start, inline);
    }

    private IEnumerable<TextEdit> Addition(YamlMapping map, JsonObject content)
    {
        if (map.IsFlow)
        {
            var isJson = map.Entries.Count > 0 ? IsJsonAt(map.Entries[^1].Key) : IsJson;
            var members = content.Select(m => $"{(isJson ? JsonText(m.Key) : Key(m.Key))}: {Inline(m.Value, isJson)}").ToList();
            return map.Entries.Count == 0
                ? [new(map.End.Index - 1, 0, string.Join(", ", members))]
                : FlowAddition(map.Entries[^1].Key.Start.Index, ContentEnd(map.Entries[^1].Key, map.Entries[^1].Value), members);
        }
        var after = AnchorEntry(map);
        var column = map.Entries[0].Key.Start.Column;
        var indent = new string(' ', column - 1);
        List<string> lines = [];
        foreach (var (name, value) in content)
        {
            if (value is JsonObject { Count: > 0 } nested && (nested.Count > 1 || nested.First().Value is JsonObject || name == "securityContext"))
            {
                lines.Add($"{indent}{Key(name)}:");
                lines.AddRange(nested.Select(m => $"{indent}  {Key(m.Key)}: {Inline(m.Value, isJson: false)}"));
            }
            else
            {
                lines.Add($"{indent}{Key(name)}: {Inline(value, isJson: false)}");
            }
        }
        return [LinesBehind(after, lines, column)];
    }

    private TextEdit LinesBehind(int after, List<string> lines, int column)
    {
        var newline = NewlineAt(after);
        var end = text.IndexOf('\n', after);
        return end < 0
            ? new(text.Length, 0, newline + string.Join(newline, lines), column)
            : new(end + 1, 0, string.Concat(lines.Select(l => l + newline)), column);
    }

    // Behind the image, where a reader looks for it; else behind the last entry that ends on a line of its own.
    private int AnchorEntry(YamlMapping map, bool behindBlocks = false)
    {
        var best = -1;
        var preferred = -1;
        for (var i = 0; i < map.Entries.Count; i++)
        {
            var (key, value) = map.Entries[i];
            var end = ContentEnd(key, value, behindBlocks);
            if (end < 0 || (i + 1 < map.Entries.Count && map.Entries[i + 1].Key.Start.Line <= LineOf(end, key))) continue;
            best = end;
            if (key is YamlScalar { Value: "image" or "imagePullPolicy" }) preferred = end;
        }
        if (preferred >= 0) return preferred;
        if (best >= 0) return best;
        // Only where nothing else is there: it is easily overlooked behind a long text.
        return behindBlocks ? throw new NotSupportedException("no place for a field is found") : AnchorEntry(map, behindBlocks: true);
    }

    private int LineOf(int index, YamlSourceNode from) => from.Start.Line + text.AsSpan(from.Start.Index, Math.Max(0, index - from.Start.Index)).Count('\n');

    // Members of a list or map in brackets. One that stands on a line of its own gets its successors on lines of their own,
    // behind its comment.
    private List<TextEdit> FlowAddition(int lastStart, int lastEnd, List<string> members)
    {
        var lineStart = text.LastIndexOf('\n', lastStart) + 1;
        var before = text[lineStart..lastStart];
        var lineEnd = text.IndexOf('\n', lastEnd);
        var rest = lineEnd < 0 ? text.AsSpan(lastEnd) : text.AsSpan(lastEnd, lineEnd - lastEnd);
        var hasComma = rest.TrimStart().StartsWith(",");
        var behind = rest.Trim().TrimStart(',').TrimStart();
        if (before.Length == 0 || !string.IsNullOrWhiteSpace(before) || lineEnd < 0 || (behind.Length > 0 && behind[0] != '#'))
        {
            return [new(lastEnd, 0, string.Concat(members.Select(m => $", {m}")))];
        }
        var newline = NewlineAt(lastEnd);
        var lines = string.Join("," + newline, members.Select(m => before + m)) + (hasComma ? "," : "") + newline;
        return hasComma ? [new(lineEnd + 1, 0, lines)] : [new(lastEnd, 0, ","), new(lineEnd + 1, 0, lines)];
    }

    private List<TextEdit> Append(YamlSequence list, List<JsonNode> items)
    {
        var texts = items.Select(i => Inline(i, IsJson)).ToList();
        if (list.IsFlow)
        {
            return list.Items.Count == 0
                ? [new(list.End.Index - 1, 0, string.Join(", ", texts))]
                : FlowAddition(list.Items[^1].Start.Index, ContentEnd(null, list.Items[^1]), texts);
        }
        var last = ContentEnd(null, list.Items[^1]);
        var dash = text.LastIndexOf('-', list.Items[0].Start.Index);
        if (last < 0 || dash < 0) throw new NotSupportedException("no place for an element is found");
        var indent = new string(' ', dash - (text.LastIndexOf('\n', dash) + 1));
        return [LinesBehind(last, [.. texts.Select(t => $"{indent}- {t}")], indent.Length + 1)];
    }

    private bool IsJson => text.AsSpan().TrimStart('\uFEFF').TrimStart().StartsWith("{");

    /// <summary>Where the content ends, comments and blanks not counted; -1 where only what follows tells.</summary>
    private int ContentEnd(YamlSourceNode? key, YamlSourceNode value, bool behindBlocks = false) => value switch
    {
        YamlScalar { Style: YamlScalarStyle.Block } => behindBlocks ? BlockEnd(value) : -1,
        YamlScalar { Value: "", Style: YamlScalarStyle.Plain } => value.Anchor is not null || value.Tag is not null ? -1 : key is null ? -1 : AfterColon(key),
        YamlMapping { IsFlow: false } map => ContentEnd(map.Entries[^1].Key, map.Entries[^1].Value, behindBlocks),
        YamlSequence { IsFlow: false } list => ContentEnd(null, list.Items[^1], behindBlocks),
        _ => value.End.Index,
    };

    // Behind the last character that is not blank. Blank lines belong to a block that keeps them (|+): there nothing can be put before them.
    private int BlockEnd(YamlSourceNode block)
    {
        var header = text.AsSpan(block.Start.Index, Math.Max(0, text.IndexOf('\n', block.Start.Index) - block.Start.Index));
        var end = Math.Min(block.End.Index, text.Length);
        while (end > block.Start.Index && char.IsWhiteSpace(text[end - 1])) end--;
        return header.Contains('+') ? -1 : end;
    }

    private int AfterColon(YamlSourceNode key) => text.IndexOf(':', key.End.Index) + 1;

    private int AfterProperties(YamlSourceNode node, bool acrossLines)
    {
        var at = node.Start.Index;
        if (node is YamlAlias) return at;
        while (at < text.Length && text[at] is '&' or '!')
        {
            while (at < text.Length && !char.IsWhiteSpace(text[at])) at++;
            if (!acrossLines && text.AsSpan(at).TrimStart(" \t") is not ['&' or '!', ..]) return at;
            while (at < text.Length && (text[at] is ' ' or '\t' || (acrossLines && text[at] is '\r' or '\n'))) at++;
        }
        return at;
    }

    private bool IsJsonAt(YamlSourceNode? key) => key is YamlScalar { Style: YamlScalarStyle.DoubleQuoted } && IsJson;

    private string NewlineAt(int index)
    {
        var end = text.IndexOf('\n', Math.Min(index, text.Length));
        if (end < 0) end = text.LastIndexOf('\n');
        return end > 0 && text[end - 1] == '\r' ? "\r\n" : "\n";
    }

    private static string Key(string name) => name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '/' or '-' or '_') ? name : JsonText(name);

    private static string JsonText(string value) => $"\"{JsonEncodedText.Encode(value, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    private static string Inline(JsonNode? value, bool isJson) => value switch
    {
        null => "null",
        JsonObject o => $"{{{string.Join(", ", o.Select(m => $"{(isJson ? JsonText(m.Key) : Key(m.Key))}: {Inline(m.Value, isJson)}"))}}}",
        JsonArray list => $"[{string.Join(", ", list.Select(i => i is JsonValue ? i.ToJsonString() : Inline(i, isJson)))}]",
        JsonValue v when v.GetValueKind() == JsonValueKind.String && !isJson && v.GetValue<string>() is "RuntimeDefault" or "runtime/default" => v.GetValue<string>(),
        _ => value.ToJsonString(),
    };
}
