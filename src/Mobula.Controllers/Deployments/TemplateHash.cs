using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mobula.Controllers.Deployments;

/// <summary>
/// The value of the label <c>pod-template-hash</c>: the same for the same template, whatever its fields' order, and
/// another one after a collision.
/// </summary>
internal static class TemplateHash
{
    // No vowels and no look-alikes, so that no word comes out.
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    public static string Compute(JsonObject template, long? collisionCount)
    {
        var canonical = new StringBuilder();
        Append(canonical, template);
        return Compute(Encoding.UTF8.GetBytes(canonical.ToString()), collisionCount);
    }

    /// <summary>FNV-1a of the bytes, then of the count in 8 bytes, spelled with letters that make no words.</summary>
    public static string Compute(ReadOnlySpan<byte> content, long? collisionCount)
    {
        var hash = Fnv(2166136261, content);
        if (collisionCount is { } count)
        {
            Span<byte> salt = stackalloc byte[8];
            salt.Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(salt, (uint)count);
            hash = Fnv(hash, salt);
        }
        return Encode(hash);
    }

    public static string Encode(uint hash) =>
        string.Concat(hash.ToString(CultureInfo.InvariantCulture).Select(digit => Alphabet[digit % Alphabet.Length]));

    private static uint Fnv(uint hash, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes) hash = unchecked((hash ^ b) * 16777619);
        return hash;
    }

    private static void Append(StringBuilder text, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o:
                text.Append('{');
                foreach (var (key, value) in o.OrderBy(m => m.Key, StringComparer.Ordinal))
                {
                    text.Append(key).Append(':');
                    Append(text, value);
                    text.Append(',');
                }
                text.Append('}');
                break;
            case JsonArray list:
                text.Append('[');
                foreach (var item in list)
                {
                    Append(text, item);
                    text.Append(',');
                }
                text.Append(']');
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                text.Append('"').Append(value.GetValue<string>()).Append('"');
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }
}
