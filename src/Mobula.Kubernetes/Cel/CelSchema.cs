using System.Collections.Frozen;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Cel;

/// <summary>Shows JSON to expressions in the types that a schema gives it.</summary>
internal static class CelSchema
{
    private static readonly FrozenSet<string> Keywords = new[]
    {
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while",
    }.ToFrozenSet();

    private static readonly ConditionalWeakTable<TypeSchema, FrozenDictionary<string, (string Name, TypeSchema Type)>> FieldTables = [];

    private static readonly TypeSchema Text = new() { Type = SchemaType.String };

    /// <summary>Of an object's metadata expressions see the names alone.</summary>
    private static readonly TypeSchema Metadata = new(() => new[] { "name", "generateName" }.ToFrozenDictionary(n => n, n => new PropertySchema(n) { Resolve = () => Text }))
    {
        Type = SchemaType.Object,
    };

    /// <summary>The fields of an object by the names that expressions use.</summary>
    public static FrozenDictionary<string, (string Name, TypeSchema Type)> Fields(TypeSchema schema) => FieldTables.GetValue(schema, s =>
    {
        var fields = new Dictionary<string, (string, TypeSchema)>(StringComparer.Ordinal);
        foreach (var property in s.Properties.Values)
        {
            if (Escape(property.Name) is { } name) fields[name] = (property.Name, ReferenceEquals(property.Type, BuiltInSchemas.ObjectMeta) ? Metadata : property.Type);
        }
        return fields.ToFrozenDictionary(StringComparer.Ordinal);
    });

    /// <summary>Whether an object has fields of its own, rather than any keys.</summary>
    public static bool IsObject(TypeSchema schema) => schema.Type == SchemaType.Object && schema.AdditionalProperties is null && (schema.Properties.Count > 0 || !schema.PreserveUnknownFields);

    /// <summary>The name by which expressions call a property; null when it has none.</summary>
    public static string? Escape(string name)
    {
        if (Keywords.Contains(name)) return $"__{name}__";
        if (name.Length == 0 || char.IsAsciiDigit(name[0])) return null;
        var text = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            switch (name[i])
            {
                case '_' when i + 1 < name.Length && name[i + 1] == '_':
                    text.Append("__underscores__");
                    i++;
                    break;
                case '.': text.Append("__dot__"); break;
                case '-': text.Append("__dash__"); break;
                case '/': text.Append("__slash__"); break;
                case var c when char.IsAsciiLetterOrDigit(c) || c == '_': text.Append(c); break;
                default: return null;
            }
        }
        return text.ToString();
    }

    /// <summary>A value of a schema.</summary>
    public static object? Convert(JsonNode? node, TypeSchema schema) => node switch
    {
        null => null,
        JsonObject map => new JsonMap(map, schema),
        JsonArray list => new JsonList(list, schema),
        JsonValue value => Scalar(value, schema),
        _ => new CelError("unknown value"),
    };

    private static object? Scalar(JsonValue value, TypeSchema schema)
    {
        switch (value.GetValueKind())
        {
            case JsonValueKind.True: return true;
            case JsonValueKind.False: return false;
            case JsonValueKind.String: return FormattedText(value.GetValue<string>(), schema);
            case JsonValueKind.Number:
                var text = value.ToJsonString();
                if (schema.Type != SchemaType.Number && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
                var number = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
                return schema.Type is SchemaType.Integer or SchemaType.IntOrString && double.IsInteger(number) && Math.Abs(number) < 9e18 ? (object)(long)number : number;
            default: return null;
        }
    }

    private static object FormattedText(string text, TypeSchema schema)
    {
        if (schema.Type != SchemaType.String) return text;
        switch (schema.Format)
        {
            case "date-time": return CelValues.TryParseTimestamp(text, out var time) ? time : new CelError($"timestamp \"{text}\" is invalid");
            case "date":
                return DateTimeOffset.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day) ? day : new CelError($"date \"{text}\" is invalid");
            case "duration": return CelValues.TryParseDuration(text, out var duration) ? duration : new CelError($"duration \"{text}\" is invalid");
            case "byte":
                var bytes = new byte[text.Length];
                return System.Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : new CelError("bytes are no base64");
            default: return text;
        }
    }

    /// <summary>An object or map of JSON.</summary>
    private sealed class JsonMap(JsonObject map, TypeSchema schema) : CelMap
    {
        private readonly FrozenDictionary<string, (string Name, TypeSchema Type)>? _fields = IsObject(schema) ? Fields(schema) : null;

        public override int Count => _fields is null ? map.Count : Keys.Count();

        public override IEnumerable<object> Keys => _fields is null
            ? map.Select(m => (object)m.Key)
            : _fields.Where(f => map.ContainsKey(f.Value.Name)).Select(f => (object)f.Key);

        public override bool TryGet(object? key, out object? value)
        {
            value = null;
            if (key is not string name) return false;
            var type = schema.AdditionalProperties ?? TypeSchema.Any;
            if (_fields is not null)
            {
                if (!_fields.TryGetValue(name, out var field)) return false;
                (name, type) = field;
            }
            if (!map.TryGetPropertyValue(name, out var node)) return false;
            value = Convert(node, type);
            return true;
        }
    }

    /// <summary>A list of JSON.</summary>
    private sealed class JsonList(JsonArray list, TypeSchema schema) : CelList
    {
        public override int Count => list.Count;

        public override object? this[int index] => Convert(list[index], schema.Items ?? TypeSchema.Any);

        public override ListType ListType => schema.ListType;

        public override IReadOnlyList<string> Keys => schema.ListMapKeys;
    }
}
