using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Mobula.PodSecurity.Expansion;

/// <summary>Where a field stands in an object: member names and list indexes.</summary>
public sealed class FieldPath : IEquatable<FieldPath>
{
    private readonly object[] _steps;

    private FieldPath(object[] steps) => _steps = steps;

    /// <summary>The object itself.</summary>
    public static FieldPath Root { get; } = new([]);

    /// <summary>The steps: a <see cref="string"/> for a member, an <see cref="int"/> for an index.</summary>
    public IReadOnlyList<object> Steps => _steps;

    /// <summary>The path with member names appended.</summary>
    public FieldPath Then(params ReadOnlySpan<string> names)
    {
        var steps = new object[_steps.Length + names.Length];
        _steps.CopyTo(steps, 0);
        for (var i = 0; i < names.Length; i++) steps[_steps.Length + i] = names[i];
        return new(steps);
    }

    /// <summary>The path with a list index appended.</summary>
    public FieldPath Then(int index) => new([.. _steps, index]);

    /// <summary>The path with another appended.</summary>
    public FieldPath Then(FieldPath other) => new([.. _steps, .. other._steps]);

    /// <summary>The path without its last step; null for the object itself.</summary>
    public FieldPath? Parent => _steps.Length == 0 ? null : new(_steps[..^1]);

    /// <summary>Whether this path leads through the other one, or to it.</summary>
    public bool StartsWith(FieldPath other) => _steps.AsSpan().StartsWith(other._steps.AsSpan());

    /// <summary>The path after a beginning that <see cref="StartsWith"/> confirmed.</summary>
    internal FieldPath After(FieldPath beginning) => new(_steps[beginning._steps.Length..]);

    /// <summary>The node at the path, or null.</summary>
    public JsonNode? In(JsonNode? root)
    {
        foreach (var step in _steps)
        {
            root = (root, step) switch
            {
                (JsonObject o, string name) => o[name],
                (JsonArray list, int index) when index < list.Count => list[index],
                _ => null,
            };
        }
        return root;
    }

    /// <summary>
    /// Reads <c>spec.template</c>, <c>spec.jobs[0].template</c>, <c>spec.jobs[*].template</c> or <c>spec["a.b"]</c>; a dot or <c>$.</c> before it
    /// is let pass, as JSONPath has them.
    /// </summary>
    public static bool TryParse(string text, out FieldPath path)
    {
        path = Root;
        var rest = text.AsSpan().Trim().Trim("{}").TrimStart('$').TrimStart('.');
        List<object> steps = [];
        while (rest.Length > 0)
        {
            var (step, length) = rest[0] == '[' ? ReadBracket(rest) : ReadName(rest);
            if (step is null) return false;
            steps.Add(step);
            rest = rest[length..];
            if (rest is ['.', _, ..]) rest = rest[1..];
            else if (rest.Length > 0 && rest[0] != '[') return false;
        }
        if (steps.Count == 0) return false;
        path = new([.. steps]);
        return true;
    }

    private static (object? Step, int Length) ReadName(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAny('.', '[');
        if (end < 0) end = text.Length;
        return end == 0 || text[..end].ContainsAny("]\"' ") ? (null, 0) : (text[..end].ToString(), end);
    }

    private static (object? Step, int Length) ReadBracket(ReadOnlySpan<char> text)
    {
        if (text.Length > 2 && text[1] is '"' or '\'')
        {
            var quote = text[2..].IndexOf(text[1]);
            return quote > 0 && text.Length > quote + 3 && text[quote + 3] == ']' ? (text.Slice(2, quote).ToString(), quote + 4) : (null, 0);
        }
        var close = text.IndexOf(']');
        if (close < 2) return (null, 0);
        var inner = text[1..close];
        if (inner is "*") return (Each, close + 1);
        return int.TryParse(inner, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? (index, close + 1) : (null, 0);
    }

    // No member can be called so by accident: the step is compared by reference.
    private static readonly string Each = new("[*]");

    /// <summary>The paths in an object that this one stands for: <c>[*]</c> is replaced by every index or member name there is.</summary>
    public IEnumerable<FieldPath> Matches(JsonNode? root) => Matches(root, Root, 0);

    private IEnumerable<FieldPath> Matches(JsonNode? node, FieldPath at, int from)
    {
        for (var i = from; i < _steps.Length; i++)
        {
            if (!ReferenceEquals(_steps[i], Each))
            {
                at = new([.. at._steps, _steps[i]]);
                node = new FieldPath([_steps[i]]).In(node);
                continue;
            }
            IEnumerable<(object Step, JsonNode? Value)> children = node switch
            {
                JsonArray list => list.Select((v, k) => ((object)k, v)),
                JsonObject map => map.Select(m => ((object)m.Key, m.Value)),
                _ => [],
            };
            foreach (var (step, value) in children)
            {
                foreach (var match in Matches(value, new([.. at._steps, step]), i + 1)) yield return match;
            }
            yield break;
        }
        if (node is not null) yield return at;
    }

    /// <summary>The path as a JSON pointer (RFC 6901).</summary>
    public string ToJsonPointer()
    {
        var pointer = new StringBuilder();
        foreach (var step in _steps)
        {
            pointer.Append('/').Append(step is string name ? name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal) : step);
        }
        return pointer.ToString();
    }

    /// <inheritdoc/>
    public bool Equals(FieldPath? other) => other is not null && _steps.AsSpan().SequenceEqual(other._steps.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FieldPath);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var step in _steps) hash.Add(step);
        return hash.ToHashCode();
    }

    /// <summary>The form Kubernetes prints: <c>spec.containers[0].securityContext</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var step in _steps)
        {
            if (step is int index) text.Append(CultureInfo.InvariantCulture, $"[{index}]");
            else if (ReferenceEquals(step, Each)) text.Append(Each);
            else if (text.Length == 0) text.Append((string)step);
            else text.Append('.').Append((string)step);
        }
        return text.ToString();
    }
}
