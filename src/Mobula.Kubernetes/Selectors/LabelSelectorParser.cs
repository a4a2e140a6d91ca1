using System.Globalization;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.Kubernetes.Selectors;

/// <summary>The grammar of label selectors, with Kubernetes' messages.</summary>
internal ref struct LabelSelectorParser
{
    private enum Token
    {
        End,
        Identifier,
        Comma,
        ClosedParenthesis,
        OpenParenthesis,
        Equals,
        DoubleEquals,
        NotEquals,
        GreaterThan,
        LessThan,
        Not,
        In,
        NotIn,
        Error,
    }

    private readonly ReadOnlySpan<char> _text;
    private int _position;
    private (Token Token, string Text)? _next;

    private LabelSelectorParser(ReadOnlySpan<char> text) => _text = text;

    public static List<LabelRequirement> Parse(string text)
    {
        var parser = new LabelSelectorParser(text);
        return parser.ReadAll();
    }

    private List<LabelRequirement> ReadAll()
    {
        var requirements = new List<LabelRequirement>();
        while (true)
        {
            var (token, text) = Peek(values: false);
            switch (token)
            {
                case Token.Identifier or Token.In or Token.NotIn or Token.Not:
                    LabelRequirement requirement;
                    try
                    {
                        requirement = ReadRequirement();
                    }
                    catch (FormatException e)
                    {
                        throw Error($"unable to parse requirement: {e.Message}");
                    }
                    requirements.Add(requirement);
                    (token, text) = Take(values: false);
                    if (token == Token.End) return requirements;
                    if (token != Token.Comma) throw Error($"found '{text}', expected: ',' or 'end of string'");
                    (token, text) = Peek(values: false);
                    if (token is not (Token.Identifier or Token.In or Token.NotIn or Token.Not)) throw Error($"found '{text}', expected: identifier after ','");
                    break;
                case Token.End:
                    return requirements;
                default:
                    throw Error($"found '{text}', expected: !, identifier, or 'end of string'");
            }
        }
    }

    private LabelRequirement ReadRequirement()
    {
        var (token, text) = Take(values: true);
        var absent = token == Token.Not;
        if (absent) (token, text) = Take(values: true);
        if (token != Token.Identifier) throw new FormatException($"found '{text}', expected: identifier");
        var key = text;
        var keyErrors = NameValidation.IsQualifiedName(key);
        if (keyErrors.Count > 0) throw new FormatException(FieldError.Invalid(null, key, string.Join("; ", keyErrors)).ToString());
        if (absent) return Checked(key, LabelOperator.DoesNotExist, []);
        if (Peek(values: false).Token is Token.End or Token.Comma) return Checked(key, LabelOperator.Exists, []);
        (token, text) = Take(values: false);
        var op = token switch
        {
            Token.In => LabelOperator.In,
            Token.NotIn => LabelOperator.NotIn,
            Token.Equals => LabelOperator.Equals,
            Token.DoubleEquals => LabelOperator.DoubleEquals,
            Token.NotEquals => LabelOperator.NotEquals,
            Token.GreaterThan => LabelOperator.GreaterThan,
            Token.LessThan => LabelOperator.LessThan,
            _ => throw new FormatException($"found '{text}', expected: in, notin, =, ==, !=, gt, lt"),
        };
        return Checked(key, op, op is LabelOperator.In or LabelOperator.NotIn ? ReadValues() : [ReadExactValue()]);
    }

    private List<string> ReadValues()
    {
        var (token, text) = Take(values: true);
        if (token != Token.OpenParenthesis) throw new FormatException($"found '{text}', expected: '('");
        (token, text) = Peek(values: true);
        switch (token)
        {
            case Token.Identifier or Token.Comma:
                var values = ReadIdentifiers();
                (token, text) = Take(values: true);
                return token == Token.ClosedParenthesis ? values : throw new FormatException($"found '{text}', expected: ')'");
            case Token.ClosedParenthesis:
                Take(values: true);
                return [""];
            default:
                throw new FormatException($"found '{text}', expected: ',', ')' or identifier");
        }
    }

    private List<string> ReadIdentifiers()
    {
        var values = new SortedSet<string>(StringComparer.Ordinal);
        while (true)
        {
            var (token, text) = Take(values: true);
            switch (token)
            {
                case Token.Identifier:
                    values.Add(text);
                    (token, text) = Peek(values: true);
                    if (token == Token.Comma) continue;
                    if (token == Token.ClosedParenthesis) return [.. values];
                    throw new FormatException($"found '{text}', expected: ',' or ')'");
                case Token.Comma:
                    if (values.Count == 0) values.Add("");
                    (token, _) = Peek(values: true);
                    if (token == Token.ClosedParenthesis)
                    {
                        values.Add("");
                        return [.. values];
                    }
                    if (token == Token.Comma)
                    {
                        Take(values: true);
                        values.Add("");
                    }
                    break;
                default:
                    throw new FormatException($"found '{text}', expected: ',', or identifier");
            }
        }
    }

    private string ReadExactValue()
    {
        if (Peek(values: true).Token is Token.End or Token.Comma) return "";
        var (token, text) = Take(values: true);
        return token == Token.Identifier ? text : throw new FormatException($"found '{text}', expected: identifier");
    }

    private static LabelRequirement Checked(string key, LabelOperator op, IReadOnlyList<string> values)
    {
        if (op is LabelOperator.GreaterThan or LabelOperator.LessThan
            && !long.TryParse(values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
        {
            throw new FormatException(FieldError.Invalid(
                FieldPath.Of("values").Index(0), values[0], "for 'Gt', 'Lt' operators, the value must be an integer").ToString());
        }
        foreach (var (i, value) in values.Index())
        {
            var errors = NameValidation.IsValidLabelValue(value);
            if (errors.Count > 0)
            {
                throw new FormatException(FieldError.Invalid(FieldPath.Of("values").Index(i).Key(key), value, string.Join("; ", errors)).ToString());
            }
        }
        return new(key, op, values);
    }

    private (Token Token, string Text) Peek(bool values)
    {
        _next ??= Scan();
        return AsWritten(_next.Value, values);
    }

    private (Token Token, string Text) Take(bool values)
    {
        var token = Peek(values);
        _next = null;
        return token;
    }

    /// <summary>Where a value or key may stand, <c>in</c> and <c>notin</c> are names.</summary>
    private static (Token Token, string Text) AsWritten((Token Token, string Text) token, bool values) =>
        values && token.Token is Token.In or Token.NotIn && values ? (Token.Identifier, token.Text) : token;

    private (Token Token, string Text) Scan()
    {
        while (_position < _text.Length && _text[_position] is ' ' or '\t' or '\r' or '\n') _position++;
        if (_position == _text.Length) return (Token.End, "");
        var start = _position;
        if (IsSymbol(_text[_position]))
        {
            (Token Token, string Text)? last = null;
            var lastEnd = start;
            for (var end = start + 1; end <= _text.Length && IsSymbol(_text[end - 1]); end++)
            {
                var symbol = _text[start..end].ToString();
                if (SymbolOf(symbol) is { } token) (last, lastEnd) = ((token, symbol), end);
                else if (last is not null) break;
            }
            if (last is { } found)
            {
                _position = lastEnd;
                return found;
            }
            _position = _text.Length;
            return (Token.Error, $"error expected: keyword found '{_text[start..]}'");
        }
        while (_position < _text.Length && !IsSymbol(_text[_position]) && _text[_position] is not (' ' or '\t' or '\r' or '\n')) _position++;
        var word = _text[start.._position].ToString();
        return (word switch { "in" => Token.In, "notin" => Token.NotIn, _ => Token.Identifier }, word);
    }

    private static bool IsSymbol(char c) => c is '=' or '!' or '(' or ')' or ',' or '>' or '<';

    private static Token? SymbolOf(string text) => text switch
    {
        ")" => Token.ClosedParenthesis,
        "," => Token.Comma,
        "!" => Token.Not,
        "==" => Token.DoubleEquals,
        "=" => Token.Equals,
        ">" => Token.GreaterThan,
        "<" => Token.LessThan,
        "!=" => Token.NotEquals,
        "(" => Token.OpenParenthesis,
        _ => null,
    };

    private static StatusException Error(string message) => StatusException.BadRequest(message);
}
