using System.Runtime.CompilerServices;
using System.Text.Json;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Evaluation;

/// <summary>Values by their types; null is as good as absent.</summary>
internal ref partial struct PodReader
{
    private readonly ReadOnlySpan<byte> this[TextRange text]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => text.Start <= _json.Length - text.Length
            ? _json.Slice(text.Start, text.Length)
            : _unescaped.Items.Slice(text.Start - _json.Length, text.Length);
    }

    private readonly bool IsObject(int at, string field) => Is((byte)'{', at, field, "an object");

    private readonly bool IsList(int at, string field) => Is((byte)'[', at, field, "a list");

    private readonly bool IsText(int at, string field) => Is((byte)'"', at, field, "a string");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly bool Is(byte opening, int at, string field, string expected) =>
        _json[at] == opening || (_json[at] != 'n' ? throw Unexpected(at, field, expected) : false);

    private readonly int SkipNull(int at) => _json.Literal(at, "null"u8);

    private int ReadFlag(int at, string field, PodTraits ifTrue = None, PodTraits ifFalse = None)
    {
        switch (_json[at])
        {
            case (byte)'t':
                _traits |= ifTrue;
                return _json.Literal(at, "true"u8);
            case (byte)'f':
                _traits |= ifFalse;
                return _json.Literal(at, "false"u8);
            case (byte)'n':
                return SkipNull(at);
            default:
                throw Unexpected(at, field, "true or false");
        }
    }

    // An integer's digits; null, no digits.
    private readonly int ReadInteger(int at, string field, out TextRange digits, out long value)
    {
        (digits, value) = (default, 0);
        var first = _json[at];
        if (first == 'n') return SkipNull(at);
        if (first != '-' && (uint)(first - '0') > 9) throw Unexpected(at, field, "an integer");
        var end = _json.SkipNumber(at);
        digits = new(at, end - at);
        return long.TryParse(this[digits], System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out value)
            ? end
            : throw Unexpected(at, field, "an integer");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int ReadText(int at, out TextRange text)
    {
        var end = _json.EndOfString(at);
        if (end < 0)
        {
            end = ~end;
            text = Unescape(at, end);
        }
        else
        {
            text = new(at + 1, end - at - 1);
        }
        return end + 1;
    }

    private int ReadTextOrNull(int at, string field, out TextRange text)
    {
        if (IsText(at, field)) return ReadText(at, out text);
        text = default;
        return SkipNull(at);
    }

    private TextRange Unescape(int at, int end)
    {
        var reader = new Utf8JsonReader(_json.Slice(at, end + 1 - at), JsonReading.Options);
        try
        {
            reader.Read();
            var start = _unescaped.Count;
            _unescaped.Advance(reader.CopyString(_unescaped.Reserve(end - at)));
            return new(_json.Length + start, _unescaped.Count - start);
        }
        catch (InvalidOperationException e)
        {
            throw StrictUtf8.NoText(e);
        }
    }

    private readonly JsonException Unexpected(int at, string field, string expected)
    {
        var actual = _json[at] switch
        {
            (byte)'{' => "an object",
            (byte)'[' => "a list",
            (byte)'"' => "a string",
            (byte)'t' or (byte)'f' => "true or false",
            (byte)'n' => "null",
            (byte)'-' or (>= (byte)'0' and <= (byte)'9') => "a number",
            _ => null,
        };
        return actual is null ? _json.Malformed() : new($"{field}: {expected} is expected, not {actual} (at byte {at})");
    }
}
