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
            else if (text.Length == 0) text.Append((string)step);
            else text.Append('.').Append((string)step);
        }
        return text.ToString();
    }
}
