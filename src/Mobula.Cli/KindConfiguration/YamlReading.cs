using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Mobula.Cli.KindConfiguration;

/// <summary>A YAML document and the name of its file, for errors that name the place.</summary>
/// <param name="File">The file as the user named it.</param>
/// <param name="LineOffset">Lines before the document, when it stands inside another one.</param>
internal sealed record YamlSource(string File, int LineOffset = 0)
{
    /// <summary>The documents of a text.</summary>
    /// <exception cref="UsageException">The text is not YAML; the message names the place.</exception>
    public IReadOnlyList<YamlNode> Parse(string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new UsageException($"{Place(e.Start)}: {e.InnerException?.Message ?? e.Message}");
        }
        return [.. stream.Documents.Select(d => d.RootNode)];
    }

    /// <summary><c>FILE:LINE:COLUMN</c> of a node.</summary>
    public string Place(YamlNode node) => Place(node.Start);

    /// <summary>An error at a node.</summary>
    public UsageException Error(YamlNode node, string message) => new($"{Place(node)}: {message}");

    /// <summary>The members of a mapping.</summary>
    /// <exception cref="UsageException">The node is no mapping.</exception>
    public IEnumerable<(string Name, YamlNode Key, YamlNode Value)> Members(YamlNode node, string path)
    {
        if (node is not YamlMappingNode mapping) throw Error(node, $"{path} must be a mapping");
        foreach (var (key, value) in mapping.Children)
        {
            yield return (Text(key, path), key, value);
        }
    }

    /// <summary>The items of a list.</summary>
    /// <exception cref="UsageException">The node is no list.</exception>
    public IReadOnlyList<YamlNode> Items(YamlNode node, string path) =>
        node is YamlSequenceNode sequence ? [.. sequence.Children] : IsNull(node) ? [] : throw Error(node, $"{path} must be a list");

    /// <summary>A scalar's text.</summary>
    /// <exception cref="UsageException">The node is no scalar.</exception>
    public string Text(YamlNode node, string path) =>
        node is YamlScalarNode { Value: { } value } ? value : throw Error(node, $"{path} must be a string");

    /// <summary>A boolean.</summary>
    /// <exception cref="UsageException">The node is no boolean.</exception>
    public bool Flag(YamlNode node, string path) => Text(node, path) switch
    {
        "true" or "True" or "TRUE" or "yes" or "on" => true,
        "false" or "False" or "FALSE" or "no" or "off" => false,
        var other => throw Error(node, $"{path} must be true or false, not \"{other}\""),
    };

    private static bool IsNull(YamlNode node) => node is YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or "~" or "null" or null };

    private string Place(Mark mark) => $"{File}:{mark.Line + LineOffset}:{mark.Column}";
}
