using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.CustomResources;

/// <summary>Checks custom resources against their structural schema, in Kubernetes' words.</summary>
internal static class SchemaValidation
{
    public static IEnumerable<FieldError> Validate(TypeSchema schema, JsonObject o)
    {
        var errors = new List<FieldError>();
        foreach (var property in schema.Properties.Values)
        {
            if (property.Name is "apiVersion" or "kind" or "metadata") continue;
            if (o.TryGetPropertyValue(property.Name, out var value)) Check(property.Type, value, FieldPath.Of(property.Name), property.Name, errors);
        }
        foreach (var name in schema.Required.Where(r => !o.ContainsKey(r))) errors.Add(FieldError.Required(FieldPath.Of(name)));
        if (schema.Validation is { } keywords) CheckKeywords(schema, keywords, o, null, "", errors);
        return errors;
    }

    private static void Check(TypeSchema schema, JsonNode? value, FieldPath path, string name, List<FieldError> errors)
    {
        if (value is null)
        {
            if (!schema.Nullable && schema.Type != SchemaType.Any) errors.Add(TypeError(path, name, schema, "null"));
            return;
        }
        if (!Fits(schema, value))
        {
            errors.Add(TypeError(path, name, schema, TypeOf(value)));
            return;
        }
        if (schema.Enum is { } allowed && !allowed.Any(a => JsonNode.DeepEquals(a, value)))
        {
            errors.Add(FieldError.NotSupported(path, value.DeepClone(), allowed.Select(a => a is JsonValue v && v.GetValueKind() == JsonValueKind.String ? v.GetValue<string>() : a?.ToJsonString() ?? "null")));
        }
        if (schema.Validation is { } keywords) CheckKeywords(schema, keywords, value, path, name, errors);
        switch (value)
        {
            case JsonObject map:
                foreach (var required in schema.Required.Where(r => !map.ContainsKey(r))) errors.Add(FieldError.Required(path.Child(required)));
                foreach (var (key, child) in map)
                {
                    if (schema.Properties.TryGetValue(key, out var property)) Check(property.Type, child, path.Child(key), key, errors);
                    else if (schema.AdditionalProperties is { } items) Check(items, child, path.Key(key), key, errors);
                }
                break;
            case JsonArray list:
                if (schema.Items is { } itemSchema)
                {
                    foreach (var (i, item) in list.Index()) Check(itemSchema, item, path.Index(i), string.Create(CultureInfo.InvariantCulture, $"{name}[{i}]"), errors);
                }
                CheckListType(schema, list, path, errors);
                break;
        }
    }

    private static void CheckListType(TypeSchema schema, JsonArray list, FieldPath path, List<FieldError> errors)
    {
        if (schema.ListType == ListType.Set)
        {
            foreach (var (i, item) in list.Index())
            {
                if (list.Take(i).Any(other => JsonNode.DeepEquals(other, item))) errors.Add(FieldError.Duplicate(path.Index(i), item?.DeepClone()));
            }
        }
        else if (schema.ListType == ListType.Map)
        {
            var seen = new List<JsonObject>();
            foreach (var (i, item) in list.Index())
            {
                if (item is not JsonObject map) continue;
                var key = new JsonObject(schema.ListMapKeys.Where(map.ContainsKey).Select(k => KeyValuePair.Create(k, map[k]?.DeepClone())));
                if (seen.Any(s => JsonNode.DeepEquals(s, key))) errors.Add(FieldError.Duplicate(path.Index(i), key));
                seen.Add(key);
            }
        }
    }

    private static void CheckKeywords(TypeSchema schema, ValidationKeywords rules, JsonNode value, FieldPath? path, string name, List<FieldError> errors)
    {
        void Add(string detail) => errors.Add(FieldError.Invalid(path, value.DeepClone(), detail));
        switch (value)
        {
            case JsonValue v when v.GetValueKind() == JsonValueKind.Number:
                var number = double.Parse(v.ToJsonString(), CultureInfo.InvariantCulture);
                if (rules.Minimum is { } minimum && (rules.ExclusiveMinimum ? number <= minimum : number < minimum))
                {
                    Add($"{name} in body should be greater than {(rules.ExclusiveMinimum ? "" : "or equal to ")}{GoText.Float(minimum)}");
                }
                if (rules.Maximum is { } maximum && (rules.ExclusiveMaximum ? number >= maximum : number > maximum))
                {
                    Add($"{name} in body should be less than {(rules.ExclusiveMaximum ? "" : "or equal to ")}{GoText.Float(maximum)}");
                }
                if (rules.MultipleOf is { } factor && Math.Abs(number / factor - Math.Round(number / factor)) > 1e-9) Add($"{name} in body should be a multiple of {GoText.Float(factor)}");
                break;
            case JsonValue v when v.GetValueKind() == JsonValueKind.String:
                var text = v.GetValue<string>();
                var length = text.EnumerateRunes().Count();
                if (rules.MaxLength is { } longest && length > longest) errors.Add(FieldError.TooLong(path, (int)longest));
                if (rules.MinLength is { } shortest && length < shortest) Add($"{name} in body should be at least {shortest} chars long");
                if (rules.Pattern is { } pattern && !Matches(pattern, text)) Add($"{name} in body should match '{pattern}'");
                break;
            case JsonArray list:
                if (rules.MaxItems is { } most && list.Count > most) errors.Add(FieldError.TooMany(path, list.Count, (int)most));
                if (rules.MinItems is { } fewest && list.Count < fewest) Add($"{name} in body should have at least {fewest} items");
                if (rules.UniqueItems && list.Select((x, i) => list.Take(i).Any(y => JsonNode.DeepEquals(x, y))).Any(d => d)) Add($"{name} in body shouldn't contain duplicates");
                break;
            case JsonObject map:
                if (rules.MaxProperties is { } many && map.Count > many) errors.Add(FieldError.TooMany(path, map.Count, (int)many));
                if (rules.MinProperties is { } few && map.Count < few) Add($"{name} in body should have at least {few} properties");
                break;
        }
        if (rules.AllOf.Count > 0)
        {
            foreach (var part in rules.AllOf) Check(part, value, path ?? FieldPath.Of(""), name, errors);
        }
        if (rules.AnyOf.Count > 0 && !rules.AnyOf.Any(p => Holds(p, value))) errors.Add(FieldError.Invalid(null, "", $"{Quoted(name)} must validate at least one schema (anyOf)"));
        if (rules.OneOf.Count > 0 && rules.OneOf.Count(p => Holds(p, value)) != 1)
        {
            var found = rules.OneOf.Count(p => Holds(p, value));
            errors.Add(FieldError.Invalid(null, "", found == 0
                ? $"{Quoted(name)} must validate one and only one schema (oneOf). Found none valid"
                : $"{Quoted(name)} must validate one and only one schema (oneOf). Found {found} valid alternatives"));
        }
        if (rules.Not is { } not && Holds(not, value)) errors.Add(FieldError.Invalid(null, "", $"{Quoted(name)} must not validate the schema (not)"));
        _ = schema;
    }

    private static string Quoted(string name) => GoText.Quote(name);

    private static bool Holds(TypeSchema schema, JsonNode? value)
    {
        var errors = new List<FieldError>();
        Check(schema, value, FieldPath.Of("x"), "x", errors);
        return errors.Count == 0;
    }

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

    private static bool Fits(TypeSchema schema, JsonNode value) => schema.Type switch
    {
        SchemaType.Object => value is JsonObject,
        SchemaType.Array => value is JsonArray,
        SchemaType.String => value.GetValueKind() == JsonValueKind.String,
        SchemaType.Boolean => value.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
        SchemaType.Integer => value.GetValueKind() == JsonValueKind.Number && IsInteger(value),
        SchemaType.Number => value.GetValueKind() == JsonValueKind.Number,
        SchemaType.IntOrString => value.GetValueKind() == JsonValueKind.String || (value.GetValueKind() == JsonValueKind.Number && IsInteger(value)),
        _ => true,
    };

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

    private static FieldError TypeError(FieldPath path, string name, TypeSchema schema, string found)
    {
        var type = schema.Type switch
        {
            SchemaType.IntOrString => "integer,string",
            var t => t.ToString().ToLowerInvariant(),
        };
        return FieldError.TypeInvalid(path, found, $"{name} in body must be of type {type}: {GoText.Quote(found)}");
    }
}
