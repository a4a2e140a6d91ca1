using System.Globalization;
using System.Text;

namespace Mobula.Kubernetes.Errors;

/// <summary>The place of a field, printed as Kubernetes prints it: <c>spec.containers[0].name</c>, <c>spec.limits[cpu]</c>.</summary>
public sealed class FieldPath
{
    private readonly FieldPath? _parent;
    private readonly string _name;
    private readonly bool _inBrackets;

    private FieldPath(FieldPath? parent, string name, bool inBrackets)
    {
        _parent = parent;
        _name = name;
        _inBrackets = inBrackets;
    }

    /// <summary>A path of field names.</summary>
    /// <param name="names">At least one name.</param>
    public static FieldPath Of(params ReadOnlySpan<string> names)
    {
        FieldPath? path = null;
        foreach (var name in names) path = new(path, name, false);
        return path ?? throw new ArgumentException("a field path needs a name", nameof(names));
    }

    /// <summary>The path of a field, a list item or a map entry when the whole object may be meant (null parent).</summary>
    public static FieldPath Child(FieldPath? parent, string name) => new(parent, name, false);

    /// <summary>The path of fields below this one.</summary>
    public FieldPath Child(params ReadOnlySpan<string> names)
    {
        var path = this;
        foreach (var name in names) path = new(path, name, false);
        return path;
    }

    /// <summary>The path of a list item.</summary>
    public FieldPath Index(int index) => new(this, index.ToString(CultureInfo.InvariantCulture), true);

    /// <summary>The path of a map entry.</summary>
    public FieldPath Key(string key) => new(this, key, true);

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder();
        Append(text);
        return text.ToString();
    }

    private void Append(StringBuilder text)
    {
        _parent?.Append(text);
        if (_inBrackets) text.Append('[').Append(_name).Append(']');
        else if (text.Length > 0) text.Append('.').Append(_name);
        else text.Append(_name);
    }
}
