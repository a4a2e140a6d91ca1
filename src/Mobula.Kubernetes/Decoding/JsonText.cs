using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Decoding;

/// <summary>Reads JSON into trees as Kubernetes does: of members with one name the last counts, and they are remembered.</summary>
public static class JsonText
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 512 };

    /// <summary>Reads one JSON value.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="duplicates">Takes the objects that have members of one name, with the name; null when nobody asks.</param>
    /// <exception cref="FormatException">It is no JSON; the message is that of Go's decoder.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> utf8, ICollection<(JsonObject Owner, string Name)>? duplicates = null)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8, Options);
            reader.Read();
            var node = Read(ref reader, duplicates);
            reader.Read();
            return node;
        }
        catch (JsonException e)
        {
            throw new FormatException(Describe(utf8, e), e);
        }
    }

    private static JsonNode? Read(ref Utf8JsonReader reader, ICollection<(JsonObject, string)>? duplicates)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var map = new JsonObject();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var name = reader.GetString()!;
                    reader.Read();
                    var value = Read(ref reader, duplicates);
                    if (map.ContainsKey(name))
                    {
                        duplicates?.Add((map, name));
                        map[name] = value;
                    }
                    else
                    {
                        map.Add(name, value);
                    }
                }
                return map;
            case JsonTokenType.StartArray:
                var list = new JsonArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) list.Add(Read(ref reader, duplicates));
                return list;
            case JsonTokenType.String:
                return JsonValue.Create(reader.GetString());
            case JsonTokenType.True:
                return JsonValue.Create(true);
            case JsonTokenType.False:
                return JsonValue.Create(false);
            case JsonTokenType.Number:
                return ReadNumber(ref reader);
            default:
                return null;
        }
    }

    /// <summary>Whole numbers stay as they are; others become what a float64 prints, as <c>1.0</c> becomes <c>1</c>.</summary>
    private static JsonValue? ReadNumber(ref Utf8JsonReader reader) =>
        reader.ValueSpan.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0 || !reader.TryGetDouble(out var number) || double.IsInfinity(number)
            ? JsonValue.Create(JsonElement.ParseValue(ref reader))
            : JsonValue.Create(number);

    private static string Describe(ReadOnlySpan<byte> utf8, JsonException error)
    {
        var position = Position(utf8, error);
        if (position >= utf8.Length || utf8.Trim(" \t\r\n"u8).IsEmpty) return "unexpected end of JSON input";
        Rune.DecodeFromUtf8(utf8[position..], out var rune, out _);
        var found = rune.Value < 0x80 ? ((char)rune.Value).ToString() : rune.ToString();
        var before = utf8[..position].TrimEnd(" \t\r\n"u8);
        var (open, afterKey) = Opened(before);
        var where = before.IsEmpty ? "looking for beginning of value"
            : before[^1] switch
            {
                (byte)'{' => "looking for beginning of object key string",
                (byte)',' when open == '{' => "looking for beginning of object key string",
                (byte)':' or (byte)'[' or (byte)',' => "looking for beginning of value",
                _ => open switch
                {
                    '{' => afterKey ? "after object key" : "after object key:value pair",
                    '[' => "after array element",
                    _ => "after top-level value",
                },
            };
        return $"invalid character '{(found == "'" ? "\\'" : found == "\n" ? "\\n" : found)}' {where}";
    }

    private static int Position(ReadOnlySpan<byte> utf8, JsonException error)
    {
        var position = 0;
        for (var line = error.LineNumber ?? 0; line > 0; line--) position += utf8[position..].IndexOf((byte)'\n') + 1;
        return position + (int)(error.BytePositionInLine ?? 0);
    }

    /// <summary>The innermost bracket that is open at the end of a text, and whether the text ends with the key of an object.</summary>
    private static (char? Bracket, bool AfterKey) Opened(ReadOnlySpan<byte> before)
    {
        var open = new Stack<char>();
        var inString = false;
        var (last, beforeString) = (' ', ' ');
        for (var i = 0; i < before.Length; i++)
        {
            var c = (char)before[i];
            if (inString)
            {
                if (c == '\\') i++;
                else if (c == '"') inString = false;
                continue;
            }
            if (c is ' ' or '\t' or '\r' or '\n') continue;
            if (c == '"') (inString, beforeString) = (true, last);
            else if (c is '{' or '[') open.Push(c);
            else if (c is '}' or ']' && open.Count > 0) open.Pop();
            last = c;
        }
        var inObject = open.TryPeek(out var top) && top == '{';
        return (open.Count > 0 ? top : null, inObject && last == '"' && (beforeString is '{' or ','));
    }
}
