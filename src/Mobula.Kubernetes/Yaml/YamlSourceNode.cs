namespace Mobula.Kubernetes.Yaml;

/// <summary>A place in a text: line and column counted from 1, and the index of the character counted from 0.</summary>
/// <param name="Index">The index of the UTF-16 character in the text.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column in UTF-16 characters, from 1.</param>
public readonly record struct SourcePosition(int Index, int Line, int Column)
{
    /// <summary><c>LINE:COLUMN</c>.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Line}:{Column}");
}

/// <summary>How a scalar is written.</summary>
public enum YamlScalarStyle
{
    /// <summary>Without quotes.</summary>
    Plain,

    /// <summary>In single quotes.</summary>
    SingleQuoted,

    /// <summary>In double quotes.</summary>
    DoubleQuoted,

    /// <summary>A block of lines (<c>|</c> or <c>&gt;</c>).</summary>
    Block,
}

/// <summary>A node of a YAML document, and where it stands in the text.</summary>
public abstract class YamlSourceNode
{
    /// <summary>Where the node's content begins: after anchor and tag.</summary>
    public required SourcePosition Start { get; init; }

    /// <summary>Where it ends (exclusive); of block collections, where the next token begins.</summary>
    public SourcePosition End { get; internal set; }

    /// <summary>The name by which aliases refer to it, or null.</summary>
    public string? Anchor { get; init; }

    /// <summary>The explicit tag, or null.</summary>
    public string? Tag { get; init; }
}

/// <summary>A scalar.</summary>
public sealed class YamlScalar : YamlSourceNode
{
    /// <summary>The text after quotes, escapes and folding are undone.</summary>
    public required string Value { get; init; }

    /// <summary>How it is written.</summary>
    public required YamlScalarStyle Style { get; init; }
}

/// <summary>A list.</summary>
public sealed class YamlSequence : YamlSourceNode
{
    /// <summary>Whether it is written in brackets.</summary>
    public required bool IsFlow { get; init; }

    /// <summary>The elements in order.</summary>
    public List<YamlSourceNode> Items { get; } = [];
}

/// <summary>A map.</summary>
public sealed class YamlMapping : YamlSourceNode
{
    /// <summary>Whether it is written in braces.</summary>
    public required bool IsFlow { get; init; }

    /// <summary>The entries in order, also those whose key occurs twice.</summary>
    public List<(YamlSourceNode Key, YamlSourceNode Value)> Entries { get; } = [];

    /// <summary>The last entry with this key, or null; merged maps are not looked at.</summary>
    public (YamlSourceNode Key, YamlSourceNode Value)? Find(string key)
    {
        for (var i = Entries.Count - 1; i >= 0; i--)
        {
            if (Entries[i].Key is YamlScalar scalar && scalar.Value == key) return Entries[i];
        }
        return null;
    }
}

/// <summary>A reference to an anchored node.</summary>
public sealed class YamlAlias : YamlSourceNode
{
    /// <summary>The anchored node, which may itself be an alias to nothing else.</summary>
    public required YamlSourceNode Target { get; init; }
}
