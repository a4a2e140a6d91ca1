using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Mobula.Kubernetes.Yaml;

/// <summary>A text that is no YAML, and the place where that shows.</summary>
/// <param name="position">Where.</param>
/// <param name="problem">What is wrong.</param>
public sealed class YamlSyntaxException(SourcePosition position, string problem) : FormatException($"{position}: {problem}")
{
    /// <summary>Where.</summary>
    public SourcePosition Position { get; } = position;

    /// <summary>What is wrong, without the place.</summary>
    public string Problem { get; } = problem;
}

/// <summary>The documents of a YAML text with their places. JSON is YAML too.</summary>
public sealed class YamlSource
{
    private YamlSource(string text, IReadOnlyList<YamlSourceNode> documents, YamlSyntaxException? error)
    {
        Text = text;
        Documents = documents;
        Error = error;
    }

    /// <summary>The text itself.</summary>
    public string Text { get; }

    /// <summary>The roots of the documents before the error, if there is one; empty documents are left out.</summary>
    public IReadOnlyList<YamlSourceNode> Documents { get; }

    /// <summary>What makes the rest of the text unreadable, or null.</summary>
    public YamlSyntaxException? Error { get; }

    /// <summary>Reads a text; an error in it is kept in <see cref="Error"/>.</summary>
    public static YamlSource Read(string text)
    {
        List<YamlSourceNode> documents = [];
        // A byte order mark is no content, but it has its place in the text.
        var skipped = text.StartsWith('\uFEFF') ? 1 : 0;
        var scanner = new Scanner(new StringReader(text[skipped..]), skipComments: true);
        try
        {
            var parser = new Parser(scanner);
            parser.Consume<StreamStart>();
            while (!parser.TryConsume<StreamEnd>(out _))
            {
                parser.Consume<DocumentStart>();
                var root = new Reader(parser, skipped).ReadNode(0);
                parser.Consume<DocumentEnd>();
                if (root is not YamlScalar { Value: "", Style: YamlScalarStyle.Plain }) documents.Add(root);
            }
            return new(text, documents, null);
        }
        catch (YamlException e)
        {
            return new(text, documents, new(Position(e.Start), e.InnerException?.Message ?? e.Message));
        }
        catch (YamlSyntaxException e)
        {
            return new(text, documents, e);
        }
        catch (InvalidOperationException)
        {
            // The scanner's way to say that a flow list or object has no end.
            return new(text, documents, new(Position(scanner.CurrentPosition), "did not find the expected ',' or closing bracket"));
        }
    }

    private static SourcePosition Position(Mark mark) => new((int)mark.Index, (int)mark.Line, (int)mark.Column);

    private sealed class Reader(IParser parser, int skipped)
    {
        // Deeper nesting is no manifest but an attempt on the stack.
        private const int DeepestNesting = 500;

        private readonly Dictionary<string, YamlSourceNode> _anchors = new(StringComparer.Ordinal);

        public YamlSourceNode ReadNode(int depth)
        {
            if (depth > DeepestNesting) throw new YamlSyntaxException(Position(parser.Current!.Start), $"nested deeper than {DeepestNesting} levels");
            switch (parser.Current)
            {
                case AnchorAlias alias:
                    parser.MoveNext();
                    if (!_anchors.TryGetValue(alias.Value.Value, out var target))
                    {
                        throw new YamlSyntaxException(Position(alias.Start), $"unknown anchor '{alias.Value.Value}' referenced");
                    }
                    return new YamlAlias { Start = Position(alias.Start), End = Position(alias.End), Target = target };
                case Scalar scalar:
                    parser.MoveNext();
                    return Remember(new YamlScalar
                    {
                        Start = Position(scalar.Start), End = Position(scalar.End), Anchor = Anchor(scalar), Tag = Tag(scalar),
                        Value = scalar.Value,
                        Style = scalar.Style switch
                        {
                            ScalarStyle.SingleQuoted => YamlScalarStyle.SingleQuoted,
                            ScalarStyle.DoubleQuoted => YamlScalarStyle.DoubleQuoted,
                            ScalarStyle.Literal or ScalarStyle.Folded => YamlScalarStyle.Block,
                            _ => YamlScalarStyle.Plain,
                        },
                    });
                case SequenceStart start:
                    parser.MoveNext();
                    var sequence = Remember(new YamlSequence
                    {
                        Start = Position(start.Start), Anchor = Anchor(start), Tag = Tag(start), IsFlow = start.Style == SequenceStyle.Flow,
                    });
                    while (parser.Current is not SequenceEnd) sequence.Items.Add(ReadNode(depth + 1));
                    sequence.End = End(parser.Current, sequence.IsFlow);
                    parser.MoveNext();
                    return sequence;
                case MappingStart start:
                    parser.MoveNext();
                    var mapping = Remember(new YamlMapping
                    {
                        Start = Position(start.Start), Anchor = Anchor(start), Tag = Tag(start), IsFlow = start.Style == MappingStyle.Flow,
                    });
                    while (parser.Current is not MappingEnd)
                    {
                        var key = ReadNode(depth + 1);
                        mapping.Entries.Add((key, ReadNode(depth + 1)));
                    }
                    mapping.End = End(parser.Current, mapping.IsFlow);
                    parser.MoveNext();
                    return mapping;
                case var other:
                    throw new YamlSyntaxException(other is null ? default : Position(other.Start), "a value is expected");
            }
        }

        private SourcePosition Position(Mark mark) => new((int)mark.Index + skipped, (int)mark.Line, (int)mark.Column);

        private T Remember<T>(T node) where T : YamlSourceNode
        {
            if (node.Anchor is { } anchor) _anchors[anchor] = node;
            return node;
        }

        // The parser puts the end of a flow collection before its closing bracket.
        private SourcePosition End(ParsingEvent end, bool isFlow)
        {
            var position = Position(end.Start);
            return isFlow ? new(position.Index + 1, position.Line, position.Column + 1) : Position(end.End);
        }

        private static string? Anchor(NodeEvent node) => node.Anchor.IsEmpty ? null : node.Anchor.Value;

        private static string? Tag(NodeEvent node) => node.Tag.IsEmpty || node.Tag.IsNonSpecific ? null : node.Tag.Value;
    }
}
