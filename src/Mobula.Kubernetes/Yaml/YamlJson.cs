using System.Globalization;
using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Yaml;

/// <summary>A key that a map has twice.</summary>
/// <param name="Key">The key.</param>
/// <param name="Position">Where it stands the second time.</param>
public readonly record struct DuplicateKey(string Key, SourcePosition Position);

/// <summary>Turns YAML into JSON as Kubernetes does: by the rules of YAML 1.1, keys as strings, aliases and merges resolved.</summary>
public static class YamlJson
{
    // Aliases of aliases can ask for more nodes than there are atoms.
    private const int MostNodes = 2_000_000;

    /// <summary>The node as JSON.</summary>
    /// <param name="node">The node.</param>
    /// <param name="duplicates">Takes the keys that occur twice in a map; the last one counts.</param>
    /// <exception cref="YamlSyntaxException">A key is no scalar, a merge is no map, or aliases multiply without bounds.</exception>
    public static JsonNode? Convert(YamlSourceNode node, ICollection<DuplicateKey>? duplicates = null)
    {
        var budget = MostNodes;
        return Convert(node, duplicates, ref budget);
    }

    private static JsonNode? Convert(YamlSourceNode node, ICollection<DuplicateKey>? duplicates, ref int budget)
    {
        if (--budget < 0) throw new YamlSyntaxException(node.Start, "document contains excessive aliasing");
        switch (node)
        {
            case YamlAlias alias:
                return Convert(alias.Target, null, ref budget);
            case YamlScalar scalar:
                return ScalarValue(scalar);
            case YamlSequence sequence:
                var list = new JsonArray();
                foreach (var item in sequence.Items) list.Add(Convert(item, duplicates, ref budget));
                return list;
            default:
                return ConvertMapping((YamlMapping)node, duplicates, ref budget);
        }
    }

    private static JsonObject ConvertMapping(YamlMapping mapping, ICollection<DuplicateKey>? duplicates, ref int budget)
    {
        var result = new JsonObject();
        HashSet<string> own = new(StringComparer.Ordinal);
        foreach (var (keyNode, valueNode) in mapping.Entries)
        {
            var key = KeyText(keyNode);
            if (key == "<<" && keyNode is YamlScalar { Style: YamlScalarStyle.Plain })
            {
                Merge(result, own, valueNode, ref budget);
                continue;
            }
            if (!own.Add(key)) duplicates?.Add(new(key, keyNode.Start));
            result.Remove(key);
            result.Add(key, Convert(valueNode, duplicates, ref budget));
        }
        return result;
    }

    private static void Merge(JsonObject result, HashSet<string> own, YamlSourceNode value, ref int budget)
    {
        var target = value is YamlAlias alias ? alias.Target : value;
        if (target is YamlSequence sequence)
        {
            foreach (var item in sequence.Items) Merge(result, own, item, ref budget);
            return;
        }
        if (target is not YamlMapping) throw new YamlSyntaxException(value.Start, "map merge requires map or sequence of maps as the value");
        var merged = (JsonObject)Convert(target, null, ref budget)!;
        foreach (var (key, node) in merged.ToList())
        {
            if (own.Contains(key) || result.ContainsKey(key)) continue;
            merged.Remove(key);
            result.Add(key, node);
        }
    }

    private static string KeyText(YamlSourceNode key)
    {
        var target = key is YamlAlias alias ? alias.Target : key;
        if (target is not YamlScalar scalar) throw new YamlSyntaxException(key.Start, "a key must be a scalar");
        if (scalar.Style != YamlScalarStyle.Plain || scalar.Value == "<<") return scalar.Value;
        // Kubernetes reads keys by the same rules as values and prints them again: yes becomes true.
        return ScalarValue(scalar) switch
        {
            null => "null",
            JsonValue v when v.GetValueKind() is System.Text.Json.JsonValueKind.True => "true",
            JsonValue v when v.GetValueKind() is System.Text.Json.JsonValueKind.False => "false",
            JsonValue v when v.GetValueKind() is System.Text.Json.JsonValueKind.Number => v.ToJsonString(),
            _ => scalar.Value,
        };
    }

    private static JsonNode? ScalarValue(YamlScalar scalar)
    {
        if (scalar.Tag is { } tag)
        {
            if (tag.EndsWith(":str", StringComparison.Ordinal) || tag.EndsWith(":binary", StringComparison.Ordinal)) return JsonValue.Create(scalar.Value);
        }
        else if (scalar.Style != YamlScalarStyle.Plain)
        {
            return JsonValue.Create(scalar.Value);
        }
        return PlainValue(scalar.Value);
    }

    /// <summary>What a scalar without quotes stands for.</summary>
    internal static JsonNode? PlainValue(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                return JsonValue.Create(true);
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                return JsonValue.Create(false);
        }
        if (text[0] is not (>= '0' and <= '9' or '+' or '-' or '.')) return JsonValue.Create(text);
        if (Integer(text) is { } integer) return integer;
        return Float(text) ?? JsonValue.Create(text);
    }

    private static JsonValue? Integer(string text)
    {
        var plain = text.Replace("_", "", StringComparison.Ordinal);
        var negative = plain.StartsWith('-');
        var digits = plain.TrimStart('+', '-');
        if (plain.Length - digits.Length > 1 || digits.Length == 0) return null;
        var (radix, body) = digits switch
        {
            ['0', 'x' or 'X', .. var hex] => (16, hex),
            ['0', 'b' or 'B', .. var binary] => (2, binary),
            ['0', 'o' or 'O', .. var octal] => (8, octal),
            ['0', .. var octal] when octal.Length > 0 => (8, octal),
            _ => (10, digits),
        };
        if (body.Length == 0) return null;
        ulong value = 0;
        foreach (var c in body)
        {
            var digit = char.IsAsciiHexDigit(c) ? System.Convert.ToInt32(c.ToString(), 16) : 99;
            if (digit >= radix) return null;
            var next = (UInt128)value * (uint)radix + (uint)digit;
            if (next > ulong.MaxValue) return null;
            value = (ulong)next;
        }
        if (!negative) return value <= long.MaxValue ? JsonValue.Create((long)value) : JsonValue.Create(value);
        return value <= 1UL << 63 ? JsonValue.Create(unchecked(-(long)value)) : null;
    }

    private static JsonValue? Float(string text)
    {
        var plain = text.Replace("_", "", StringComparison.Ordinal);
        var body = plain.AsSpan().TrimStart("+-");
        if (plain.Length - body.Length > 1 || body.IsEmpty || body.ContainsAnyExcept("0123456789.eE+-") || !body.ContainsAnyInRange('0', '9')) return null;
        if (body.IndexOfAny('e', 'E') == 0) return null;
        return double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? JsonValue.Create(value) : null;
    }
}
