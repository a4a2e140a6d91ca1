using System.Text.Json;

namespace Mobula.PodSecurity.Evaluation;

/// <summary>Steps through JSON without making objects; a value of another type than the field's is an error, as it is to a decoder.</summary>
internal static class JsonReading
{
    public static readonly JsonReaderOptions Options = new() { MaxDepth = 512 };

    /// <summary>Moves to the value of the property at which the reader stands.</summary>
    public static void ReadValue(ref Utf8JsonReader reader)
    {
        if (!reader.Read()) throw new JsonException("the JSON ends too early");
    }

    /// <summary>Whether the value is an object to step into; null is none.</summary>
    public static bool IsObject(ref readonly Utf8JsonReader reader, string field) => reader.TokenType switch
    {
        JsonTokenType.StartObject => true,
        JsonTokenType.Null => false,
        _ => throw Unexpected(in reader, field, "an object"),
    };

    /// <summary>Whether the value is a list to step into; null is none.</summary>
    public static bool IsList(ref readonly Utf8JsonReader reader, string field) => reader.TokenType switch
    {
        JsonTokenType.StartArray => true,
        JsonTokenType.Null => false,
        _ => throw Unexpected(in reader, field, "a list"),
    };

    /// <summary>Whether the value is a string; null is none.</summary>
    public static bool IsText(ref readonly Utf8JsonReader reader, string field) => reader.TokenType switch
    {
        JsonTokenType.String => true,
        JsonTokenType.Null => false,
        _ => throw Unexpected(in reader, field, "a string"),
    };

    /// <summary>Moves to the next property of the object; false at its end.</summary>
    public static bool NextProperty(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    /// <summary>Moves to the next element of the list; false at its end.</summary>
    public static bool NextElement(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType != JsonTokenType.EndArray;

    /// <summary>A boolean; null where the value is null.</summary>
    public static bool? Flag(ref readonly Utf8JsonReader reader, string field) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.Null => null,
        _ => throw Unexpected(in reader, field, "true or false"),
    };

    /// <summary>An integer; null where the value is null.</summary>
    public static long? Integer(ref readonly Utf8JsonReader reader, string field)
    {
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number)) throw Unexpected(in reader, field, "an integer");
        return number;
    }

    public static bool TextStartsWith(ref readonly Utf8JsonReader reader, ReadOnlySpan<byte> prefix)
    {
        if (!reader.ValueIsEscaped) return reader.ValueSpan.StartsWith(prefix);
        var text = reader.GetString()!;
        return text.StartsWith(System.Text.Encoding.UTF8.GetString(prefix), StringComparison.Ordinal);
    }

    public static JsonException Unexpected(ref readonly Utf8JsonReader reader, string field, string expected) =>
        new($"{field}: {expected} is expected, not {reader.TokenType switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            JsonTokenType.String => "a string",
            JsonTokenType.Number => "a number",
            JsonTokenType.True or JsonTokenType.False => "true or false",
            _ => "null",
        }} (at byte {reader.TokenStartIndex})");
}
