using System.Text;
using System.Text.Json;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Validation;

/// <summary>What is wrong with a JSON text, in the words of Go's decoder as far as the beginning tells.</summary>
internal static class JsonProblem
{
    private static readonly string[] Literals = ["null", "true", "false"];

    public static string? Of(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8);
            while (reader.Read())
            {
            }
            return utf8.IsEmpty ? "unexpected end of JSON input" : null;
        }
        catch (JsonException e)
        {
            return Describe(utf8, (int)(e.BytePositionInLine ?? 0), (int)(e.LineNumber ?? 0));
        }
    }

    private static string Describe(ReadOnlySpan<byte> utf8, int column, int line)
    {
        var text = Encoding.UTF8.GetString(utf8);
        var at = line == 0 ? column : text.Split('\n').Take(line).Sum(l => l.Length + 1) + column;
        if (at >= text.Length) return "unexpected end of JSON input";
        var character = text[at];
        var quoted = character == '\'' ? @"'\''" : $"'{GoText.Quote(character.ToString())[1..^1]}'";
        var letters = at;
        while (letters > 0 && char.IsAsciiLetterLower(text[letters - 1])) letters--;
        foreach (var literal in Literals)
        {
            if (letters < at && at - letters < literal.Length && literal.StartsWith(text[letters..at], StringComparison.Ordinal)) return $"invalid character {quoted} in literal {literal} (expecting '{literal[at - letters]}')";
        }
        var before = text[..at].TrimEnd();
        var where = before.Length == 0 ? "looking for beginning of value"
            : before[^1] switch
            {
                '{' => "looking for beginning of object key string",
                ',' or ':' or '[' => "looking for beginning of value",
                _ => "after top-level value",
            };
        return $"invalid character {quoted} {where}";
    }
}
