using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Errors;

namespace Mobula.Kubernetes.Apply;

/// <summary>
/// A set of field paths. Its steps have the form of <c>fieldsV1</c>: <c>f:NAME</c> for a field, <c>k:{"KEY":VALUE}</c> for an
/// item of a keyed list, <c>v:VALUE</c> for an item of a set, <c>i:N</c> for an index.
/// </summary>
internal sealed class FieldSet
{
    private readonly SortedDictionary<string, Node> _nodes = new(StringComparer.Ordinal);

    public bool IsEmpty => _nodes.Count == 0;

    /// <summary>Whether the path of this one step is in the set.</summary>
    public bool Has(string step) => _nodes.TryGetValue(step, out var node) && node.IsMember;

    /// <summary>What is in the set below a step; null when nothing is.</summary>
    public FieldSet? Below(string step) => _nodes.TryGetValue(step, out var node) && node.Children is { IsEmpty: false } children ? children : null;

    public void Insert(IReadOnlyList<string> path)
    {
        var set = this;
        for (var i = 0; i < path.Count; i++)
        {
            var node = set.Ensure(path[i]);
            if (i == path.Count - 1) node.IsMember = true;
            else set = node.Children ??= new();
        }
    }

    public FieldSet Union(FieldSet other) => Combine(other, (a, b) => a || b, keepUnmatched: true, keepOther: true);

    public FieldSet Intersection(FieldSet other) => Combine(other, (a, b) => a && b, keepUnmatched: false, keepOther: false);

    public FieldSet Difference(FieldSet other) => Combine(other, (a, b) => a && !b, keepUnmatched: true, keepOther: false);

    /// <summary>Adds every field that the schema names and that lies on the way to a member: removing the last of its content removes it.</summary>
    public FieldSet WithNamedFields(SchemaNode schema)
    {
        var result = new FieldSet();
        foreach (var (step, node) in _nodes)
        {
            var copy = result.Ensure(step);
            copy.IsMember = node.IsMember;
            if (node.Children is not { IsEmpty: false } children) continue;
            if (step.StartsWith("f:", StringComparison.Ordinal) && schema.NamesField(step[2..])) copy.IsMember = true;
            copy.Children = children.WithNamedFields(schema.Descend(step));
        }
        return result;
    }

    /// <summary>All paths: those that end here first, then those that go deeper.</summary>
    public IEnumerable<string> Print(string prefix = "")
    {
        foreach (var (step, node) in _nodes)
        {
            if (node.IsMember) yield return prefix + PrintStep(step);
        }
        foreach (var (step, node) in _nodes)
        {
            foreach (var path in node.Children?.Print(prefix + PrintStep(step)) ?? []) yield return path;
        }
    }

    public JsonObject ToJson()
    {
        var json = new JsonObject();
        foreach (var (step, node) in _nodes)
        {
            var below = node.Children is { IsEmpty: false } children ? children.ToJson() : [];
            if (node.IsMember && below.Count > 0) below.Insert(0, ".", new JsonObject());
            json.Add(step, below);
        }
        return json;
    }

    /// <summary>Reads <c>fieldsV1</c>.</summary>
    /// <exception cref="FormatException">A step has no known form.</exception>
    public static FieldSet FromJson(JsonObject? json)
    {
        var set = new FieldSet();
        foreach (var (step, value) in json ?? [])
        {
            if (step == ".") continue;
            if (step.Length < 2 || step[1] != ':' || step[0] is not ('f' or 'k' or 'v' or 'i')) throw new FormatException($"unrecognized path element {step}");
            var below = value as JsonObject ?? [];
            var node = set.Ensure(step);
            node.IsMember = below.Count == 0 || below.ContainsKey(".");
            if (below.Any(b => b.Key != ".")) node.Children = FromJson(below);
        }
        return set;
    }

    private Node Ensure(string step)
    {
        if (!_nodes.TryGetValue(step, out var node)) _nodes.Add(step, node = new());
        return node;
    }

    private FieldSet Combine(FieldSet other, Func<bool, bool, bool> member, bool keepUnmatched, bool keepOther)
    {
        var result = new FieldSet();
        foreach (var (step, node) in _nodes)
        {
            if (!other._nodes.TryGetValue(step, out var match))
            {
                if (keepUnmatched) result._nodes.Add(step, node.Copy());
                continue;
            }
            var children = (node.Children ?? new()).Combine(match.Children ?? new(), member, keepUnmatched, keepOther);
            var combined = new Node { IsMember = member(node.IsMember, match.IsMember), Children = children.IsEmpty ? null : children };
            if (combined.IsMember || combined.Children is not null) result._nodes.Add(step, combined);
        }
        if (!keepOther) return result;
        foreach (var (step, node) in other._nodes) result._nodes.TryAdd(step, node.Copy());
        return result;
    }

    private static string PrintStep(string step)
    {
        var content = step[2..];
        switch (step[0])
        {
            case 'f':
                return "." + content;
            case 'i':
                return $"[{content}]";
            case 'v':
                return $"[={Value(JsonNode.Parse(content))}]";
            default:
                var text = new StringBuilder("[");
                foreach (var (i, (key, value)) in ((JsonObject)JsonNode.Parse(content)!).Index())
                {
                    if (i > 0) text.Append(',');
                    text.Append(key).Append('=').Append(Value(value));
                }
                return text.Append(']').ToString();
        }
    }

    private static string Value(JsonNode? value) => value is null ? "null" : FieldError.Print(value);

    private sealed class Node
    {
        public bool IsMember { get; set; }

        public FieldSet? Children { get; set; }

        public Node Copy()
        {
            var copy = new Node { IsMember = IsMember };
            if (Children is { IsEmpty: false } children) copy.Children = children.Union(new());
            return copy;
        }
    }
}
