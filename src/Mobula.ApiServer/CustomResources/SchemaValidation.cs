using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.CustomResources;

/// <summary>
/// Checks values against a structural schema, in Kubernetes' words and order. In an update, what did not change is not
/// checked again, so that objects stay writable after their schema became stricter.
/// </summary>
internal sealed class SchemaValidation
{
    private readonly List<FieldError> _errors = [];
    private readonly FieldPath? _root;

    private SchemaValidation(FieldPath? root) => _root = root;

    /// <summary>What is wrong with a custom resource.</summary>
    /// <param name="schema">The schema of the whole object.</param>
    /// <param name="o">The object.</param>
    /// <param name="old">The object before; null for a new one.</param>
    public static IReadOnlyList<FieldError> Validate(TypeSchema schema, JsonObject o, JsonObject? old = null) => Check(schema, o, null, old is null ? default : new(old));

    /// <summary>What is wrong with a value that stands at a place, for example a default.</summary>
    /// <param name="schema">The schema of the value.</param>
    /// <param name="value">The value.</param>
    /// <param name="root">Where it stands.</param>
    public static IReadOnlyList<FieldError> Validate(TypeSchema schema, JsonNode? value, FieldPath root) => Check(schema, value, root, default);

    private static List<FieldError> Check(TypeSchema schema, JsonNode? value, FieldPath? root, Before before)
    {
        var validation = new SchemaValidation(root);
        validation.Check(schema, value, "", before);
        return validation._errors;
    }

    private void Check(TypeSchema schema, JsonNode? value, string path, Before before)
    {
        if (before.IsThere && JsonNode.DeepEquals(before.Value, value)) return;
        if (value is null)
        {
            if (!schema.Nullable && schema.Type != SchemaType.Any) TypeError(schema, path, "null");
            CheckEnum(schema, null, path);
            return;
        }
        CheckType(schema, value, path);
        if (schema.Validation is { } rules) CheckCombinations(rules, value, path, before);
        switch (value)
        {
            case JsonValue v when v.GetValueKind() == JsonValueKind.String:
                var text = v.GetValue<string>();
                if (schema.Validation is { } ofText) CheckText(ofText, text, path);
                if (schema.Format is { } format && schema.Type == SchemaType.String && !TextFormats.Holds(format, text))
                {
                    _errors.Add(FieldError.TypeInvalid(Place(path), text, $"{path} in body must be of type {format}: {GoText.Quote(text)}"));
                }
                break;
            case JsonValue v when v.GetValueKind() == JsonValueKind.Number: CheckNumber(schema, v, path); break;
            case JsonArray list: CheckList(schema, list, path, before); break;
        }
        CheckEnum(schema, value, path);
        if (value is JsonObject map) CheckObject(schema, map, path, before);
    }

    private void CheckType(TypeSchema schema, JsonNode value, string path)
    {
        var kind = value.GetValueKind();
        var fits = schema.Type switch
        {
            SchemaType.Object => kind == JsonValueKind.Object,
            SchemaType.Array => kind == JsonValueKind.Array,
            SchemaType.String => kind == JsonValueKind.String,
            SchemaType.Boolean => kind is JsonValueKind.True or JsonValueKind.False,
            SchemaType.Integer => kind == JsonValueKind.Number && IsInteger(value),
            SchemaType.Number => kind == JsonValueKind.Number,
            SchemaType.IntOrString => kind == JsonValueKind.String || (kind == JsonValueKind.Number && IsInteger(value)),
            _ => true,
        };
        if (!fits) TypeError(schema, path, TypeOf(value));
    }

    private void CheckCombinations(ValidationKeywords rules, JsonNode value, string path, Before before)
    {
        if (rules.AnyOf.Count > 0 && BestOf(rules.AnyOf, value, path, before, out _) is { } noneOfAny)
        {
            Refuse($"{GoText.Quote(path)} must validate at least one schema (anyOf)");
            _errors.AddRange(noneOfAny);
        }
        if (rules.OneOf.Count > 0)
        {
            if (BestOf(rules.OneOf, value, path, before, out var found) is { } noneOfOne)
            {
                Refuse($"{GoText.Quote(path)} must validate one and only one schema (oneOf). Found none valid");
                _errors.AddRange(noneOfOne);
            }
            else if (found > 1)
            {
                Refuse($"{GoText.Quote(path)} must validate one and only one schema (oneOf). Found {found} valid alternatives");
            }
        }
        if (rules.AllOf.Count > 0)
        {
            var valid = 0;
            foreach (var part in rules.AllOf)
            {
                var errors = Part(part, value, path, before);
                if (errors.Count == 0) valid++;
                _errors.AddRange(errors);
            }
            if (valid < rules.AllOf.Count) Refuse($"{GoText.Quote(path)} must validate all the schemas (allOf){(valid == 0 ? ". None validated" : "")}");
        }
        if (rules.Not is { } not && Part(not, value, path, default).Count == 0) Refuse($"{GoText.Quote(path)} must not validate the schema (not)");
    }

    /// <summary>The errors of the first part when none holds; else null.</summary>
    private List<FieldError>? BestOf(IReadOnlyList<TypeSchema> parts, JsonNode value, string path, Before before, out int valid)
    {
        valid = 0;
        List<FieldError>? first = null;
        foreach (var part in parts)
        {
            var errors = Part(part, value, path, before);
            if (errors.Count == 0) valid++;
            else first ??= errors;
        }
        return valid == 0 ? first : null;
    }

    private List<FieldError> Part(TypeSchema schema, JsonNode value, string path, Before before)
    {
        var part = new SchemaValidation(_root);
        part.Check(schema, value, path, before);
        return part._errors;
    }

    /// <summary>The first rule that a text breaks is told, no further one.</summary>
    private void CheckText(ValidationKeywords rules, string text, string path)
    {
        var length = text.EnumerateRunes().Count();
        if (rules.MaxLength is { } longest && length > longest) _errors.Add(FieldError.TooLong(Place(path), (int)longest));
        else if (rules.MinLength is { } shortest && length < shortest) Add(path, text, $"should be at least {shortest} chars long");
        else if (rules.Pattern is { } pattern && !Matches(pattern, text)) Add(path, text, $"should match '{pattern}'");
    }

    private void CheckNumber(TypeSchema schema, JsonValue value, string path)
    {
        var number = double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);
        if (schema.Type == SchemaType.Integer && (!double.IsInteger(number) || !IsWithin(schema.Format, number)))
        {
            Refuse($"Checked value must be of type integer {(schema.Format is { Length: > 0 } format ? $"with format {format}" : "(default format)")} in {path}");
        }
        if (schema.Validation is not { } rules) return;
        if (rules.MultipleOf is { } factor && Math.Abs(number / factor - Math.Round(number / factor)) > 1e-9) Add(path, value.DeepClone(), $"should be a multiple of {GoText.Float(factor)}");
        if (rules.Maximum is { } maximum && (rules.ExclusiveMaximum ? number >= maximum : number > maximum))
        {
            Add(path, value.DeepClone(), $"should be less than {(rules.ExclusiveMaximum ? "" : "or equal to ")}{GoText.Float(maximum)}");
        }
        if (rules.Minimum is { } minimum && (rules.ExclusiveMinimum ? number <= minimum : number < minimum))
        {
            Add(path, value.DeepClone(), $"should be greater than {(rules.ExclusiveMinimum ? "" : "or equal to ")}{GoText.Float(minimum)}");
        }
    }

    private static bool IsWithin(string? format, double number) => format switch
    {
        "int32" => number is >= int.MinValue and <= int.MaxValue,
        "uint32" => number is >= 0 and <= uint.MaxValue,
        "uint64" => number is >= 0 and < 18446744073709551616d,
        _ => number is >= -9223372036854775808d and < 9223372036854775808d,
    };

    private void CheckList(TypeSchema schema, JsonArray list, string path, Before before)
    {
        if (schema.Items is { } items)
        {
            var oldItems = new OldItems(schema, before);
            foreach (var (i, item) in list.Index()) Check(items, item, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), oldItems.Of(item));
        }
        if (schema.Validation is not { } rules) return;
        if (rules.MinItems is { } fewest && list.Count < fewest) Add(path, list.Count, $"should have at least {fewest} items");
        if (rules.MaxItems is { } most && list.Count > most) _errors.Add(FieldError.TooMany(Place(path), list.Count, (int)most));
        if (rules.UniqueItems && list.Index().Any(x => list.Take(x.Index).Any(y => JsonNode.DeepEquals(x.Item, y)))) Add(path, list.DeepClone(), "shouldn't contain duplicates");
    }

    private void CheckEnum(TypeSchema schema, JsonNode? value, string path)
    {
        if (schema.Enum is not { } allowed || allowed.Any(a => JsonNode.DeepEquals(a, value))) return;
        if (value is null && schema.Nullable) return;
        _errors.Add(FieldError.NotSupported(
            Place(path), value?.DeepClone(), allowed.Select(a => a is JsonValue v && v.GetValueKind() == JsonValueKind.String ? v.GetValue<string>() : a?.ToJsonString() ?? "null")));
    }

    private void CheckObject(TypeSchema schema, JsonObject map, string path, Before before)
    {
        if (schema.Validation is { } rules)
        {
            if (rules.MinProperties is { } few && map.Count < few)
            {
                Add(path, map.Count, $"should have at least {few} properties");
                return;
            }
            if (rules.MaxProperties is { } many && map.Count > many)
            {
                _errors.Add(FieldError.TooMany(Place(path), map.Count, (int)many));
                return;
            }
        }
        foreach (var (key, child) in map)
        {
            if (schema.Properties.TryGetValue(key, out var property))
            {
                var type = ReferenceEquals(property.Type, BuiltInSchemas.ObjectMeta) ? schema.MetadataRules : property.Type;
                if (type is not null) Check(type, child, Join(path, key), before.Below(key));
            }
            else if (schema.AdditionalProperties is { } items)
            {
                Check(items, child, Join(path, key), before.Below(key));
            }
        }
        foreach (var required in schema.Required.Where(r => !map.ContainsKey(r))) _errors.Add(FieldError.Required(Place(Join(path, required))));
    }

    private void TypeError(TypeSchema schema, string path, string found)
    {
        var type = schema.Type == SchemaType.IntOrString ? "integer,string" : schema.Type.ToString().ToLowerInvariant();
        _errors.Add(FieldError.TypeInvalid(Place(path), found, $"{path} in body must be of type {type}: {GoText.Quote(found)}"));
    }

    private void Add(string path, JsonNode? value, string detail) => _errors.Add(FieldError.Invalid(Place(path), value, $"{path} in body {detail}"));

    /// <summary>Adds an error that Kubernetes ties to no field.</summary>
    private void Refuse(string detail) => _errors.Add(FieldError.Invalid(_root, "", detail));

    private FieldPath? Place(string path) => path.Length == 0 ? _root : FieldPath.Child(_root, path);

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static bool Matches(string pattern, string text)
    {
        try
        {
            return Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
    }

    private static bool IsInteger(JsonNode value)
    {
        var text = value.ToJsonString();
        return text.AsSpan().IndexOfAny('.', 'e', 'E') < 0 || double.IsInteger(double.Parse(text, CultureInfo.InvariantCulture));
    }

    private static string TypeOf(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => IsInteger(value) ? "integer" : "number",
        _ => "boolean",
    };

    /// <summary>The value that stood at a place before an update; not there when the object is new or the place cannot be found again.</summary>
    private readonly record struct Before(JsonNode? Value, bool IsThere)
    {
        public Before(JsonNode? value) : this(value, true)
        {
        }

        public Before Below(string key) => IsThere && Value is JsonObject map && map.TryGetPropertyValue(key, out var value) ? new(value) : default;
    }

    /// <summary>The items of a list as it was; only those of lists with keys can be found again.</summary>
    private sealed class OldItems(TypeSchema schema, Before before)
    {
        private readonly JsonArray? _items = before.IsThere && schema.ListType == ListType.Map ? before.Value as JsonArray : null;

        public Before Of(JsonNode? item)
        {
            if (_items is null || item is not JsonObject map) return default;
            foreach (var old in _items.OfType<JsonObject>())
            {
                if (schema.ListMapKeys.All(k => JsonNode.DeepEquals(old[k], map[k]))) return new(old);
            }
            return default;
        }
    }
}
