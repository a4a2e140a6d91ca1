using System.Globalization;
using System.Text;

namespace Mobula.Kubernetes.Cel;

/// <summary>What a token is.</summary>
internal enum CelTokenKind
{
    End,
    Name,
    QuotedName,
    Literal,
    Symbol,
}

/// <summary>A token of an expression.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Position">The index of its first character.</param>
/// <param name="Text">The name or symbol.</param>
/// <param name="Value">The value of a literal.</param>
internal readonly record struct CelToken(CelTokenKind Kind, int Position, string Text, object? Value = null)
{
    public bool Is(string symbol) => Kind == CelTokenKind.Symbol && Text == symbol;
}

/// <summary>Reads the tokens of a CEL expression.</summary>
internal sealed class CelLexer(string source)
{
    private static readonly string[] Symbols = ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[", "]", "{", "}"];

    private int _at;

    /// <exception cref="CelSyntaxException">A character belongs to no token.</exception>
    public static List<CelToken> Read(string source)
    {
        var lexer = new CelLexer(source);
        var tokens = new List<CelToken>();
        do tokens.Add(lexer.Next());
        while (tokens[^1].Kind != CelTokenKind.End);
        return tokens;
    }

    private CelToken Next()
    {
        SkipBlanks();
        var start = _at;
        if (_at >= source.Length) return new(CelTokenKind.End, start, "<EOF>");
        var c = source[_at];
        if (StringPrefix() is { } prefix)
        {
            _at += prefix.Length;
            return Text(start, prefix);
        }
        if (char.IsAsciiLetter(c) || c == '_') return Name(start);
        if (char.IsAsciiDigit(c) || (c == '.' && _at + 1 < source.Length && char.IsAsciiDigit(source[_at + 1]))) return Number(start);
        if (c == '`')
        {
            var end = source.IndexOf('`', _at + 1);
            if (end < 0) throw Wrong(start, "token recognition error at: '`'");
            _at = end + 1;
            return new(CelTokenKind.QuotedName, start, source[(start + 1)..end]);
        }
        foreach (var symbol in Symbols)
        {
            if (string.CompareOrdinal(source, _at, symbol, 0, symbol.Length) != 0) continue;
            _at += symbol.Length;
            return new(CelTokenKind.Symbol, start, symbol);
        }
        throw Wrong(start, $"token recognition error at: '{c}'");
    }

    private void SkipBlanks()
    {
        while (_at < source.Length)
        {
            if (source[_at] is ' ' or '\t' or '\n' or '\r' or '\f') _at++;
            else if (source[_at] == '/' && _at + 1 < source.Length && source[_at + 1] == '/')
            {
                while (_at < source.Length && source[_at] != '\n') _at++;
            }
            else
            {
                return;
            }
        }
    }

    private CelToken Name(int start)
    {
        while (_at < source.Length && (char.IsAsciiLetterOrDigit(source[_at]) || source[_at] == '_')) _at++;
        var text = source[start.._at];
        return text switch
        {
            "true" => new(CelTokenKind.Literal, start, text, true),
            "false" => new(CelTokenKind.Literal, start, text, false),
            "null" => new(CelTokenKind.Literal, start, text),
            "in" => new(CelTokenKind.Symbol, start, text),
            _ => new(CelTokenKind.Name, start, text),
        };
    }

    private CelToken Number(int start)
    {
        if (source[_at] == '0' && _at + 1 < source.Length && source[_at + 1] is 'x' or 'X')
        {
            _at += 2;
            var digits = _at;
            while (_at < source.Length && char.IsAsciiHexDigit(source[_at])) _at++;
            if (!ulong.TryParse(source.AsSpan(digits, _at - digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex)) throw Wrong(start, "invalid int literal");
            return Whole(start, hex);
        }
        while (_at < source.Length && char.IsAsciiDigit(source[_at])) _at++;
        var isFraction = _at + 1 < source.Length && source[_at] == '.' && char.IsAsciiDigit(source[_at + 1]);
        if (isFraction)
        {
            _at++;
            while (_at < source.Length && char.IsAsciiDigit(source[_at])) _at++;
        }
        if (_at < source.Length && source[_at] is 'e' or 'E')
        {
            var exponent = _at + 1;
            if (exponent < source.Length && source[exponent] is '+' or '-') exponent++;
            if (exponent < source.Length && char.IsAsciiDigit(source[exponent]))
            {
                _at = exponent;
                while (_at < source.Length && char.IsAsciiDigit(source[_at])) _at++;
                isFraction = true;
            }
        }
        var text = source.AsSpan(start, _at - start);
        if (isFraction) return new(CelTokenKind.Literal, start, "", double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
        if (!ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole)) throw Wrong(start, "invalid int literal");
        return Whole(start, whole);
    }

    /// <summary>An integer; 2^63 is left as it is, as a minus may stand before it.</summary>
    private CelToken Whole(int start, ulong value)
    {
        if (_at < source.Length && source[_at] is 'u' or 'U')
        {
            _at++;
            return new(CelTokenKind.Literal, start, "", value);
        }
        if (value <= long.MaxValue) return new(CelTokenKind.Literal, start, "", (long)value);
        return value == 1ul << 63 ? new(CelTokenKind.Literal, start, "min", decimal.Zero) : throw Wrong(start, "invalid int literal");
    }

    /// <summary>The letters and quotes with which a text or bytes begin; null where none do.</summary>
    private string? StringPrefix()
    {
        var at = _at;
        while (at < source.Length && at - _at < 2 && source[at] is 'r' or 'R' or 'b' or 'B') at++;
        if (at >= source.Length || source[at] is not ('"' or '\'')) return null;
        if (at - _at == 2 && char.ToLowerInvariant(source[_at]) == char.ToLowerInvariant(source[_at + 1])) return null;
        var quote = source[at];
        var isTriple = at + 2 < source.Length && source[at + 1] == quote && source[at + 2] == quote;
        return source[_at..(at + (isTriple ? 3 : 1))];
    }

    private CelToken Text(int start, string prefix)
    {
        var quote = prefix[^1];
        var isTriple = prefix.Length >= 3 && prefix[^2] == quote && prefix[^3] == quote;
        var letters = prefix.TrimEnd(quote).ToLowerInvariant();
        var (isRaw, isBytes) = (letters.Contains('r', StringComparison.Ordinal), letters.Contains('b', StringComparison.Ordinal));
        var end = new string(quote, isTriple ? 3 : 1);
        var text = new StringBuilder();
        var bytes = new List<byte>();
        while (true)
        {
            if (_at >= source.Length || (!isTriple && source[_at] is '\n' or '\r')) throw Wrong(start, $"token recognition error at: '{source[start..Math.Min(_at, source.Length)]}'");
            if (string.CompareOrdinal(source, _at, end, 0, end.Length) == 0) break;
            var c = source[_at++];
            if (c == '\\' && !isRaw) Escape(isBytes, text, bytes);
            else if (isBytes) Encode(c, bytes);
            else text.Append(c);
        }
        _at += end.Length;
        return new(CelTokenKind.Literal, start, "", isBytes ? bytes.ToArray() : text.ToString());
    }

    private void Encode(char c, List<byte> bytes)
    {
        if (char.IsHighSurrogate(c) && _at < source.Length) bytes.AddRange(Encoding.UTF8.GetBytes([c, source[_at++]]));
        else bytes.AddRange(Encoding.UTF8.GetBytes([c]));
    }

    private void Escape(bool isBytes, StringBuilder text, List<byte> bytes)
    {
        var start = _at - 1;
        if (_at >= source.Length) throw Wrong(start, "unable to unescape string");
        var c = source[_at++];
        var simple = c switch { 'a' => 7, 'b' => 8, 'f' => 12, 'n' => 10, 'r' => 13, 't' => 9, 'v' => 11, '\\' or '\'' or '"' or '`' or '?' => c, _ => -1 };
        if (simple >= 0)
        {
            if (isBytes) bytes.Add((byte)simple);
            else text.Append((char)simple);
            return;
        }
        var (length, numberBase, skip) = c switch { 'x' or 'X' => (2, 16, 0), 'u' when !isBytes => (4, 16, 0), 'U' when !isBytes => (8, 16, 0), >= '0' and <= '3' => (3, 8, -1), _ => throw Wrong(start, "unable to unescape string") };
        _at += skip;
        if (_at + length > source.Length) throw Wrong(start, "unable to unescape string");
        long value = 0;
        foreach (var digit in source.AsSpan(_at, length))
        {
            var d = char.IsAsciiHexDigit(digit) ? Convert.ToInt32(digit.ToString(), 16) : 99;
            if (d >= numberBase) throw Wrong(start, "unable to unescape string");
            value = (value * numberBase) + d;
        }
        _at += length;
        if (isBytes) bytes.Add((byte)value);
        else if (Rune.TryCreate((int)Math.Min(value, int.MaxValue), out var rune)) text.Append(rune.ToString());
        else throw Wrong(start, "unable to unescape string");
    }

    private static CelSyntaxException Wrong(int position, string message) => new(position, $"Syntax error: {message}");
}
