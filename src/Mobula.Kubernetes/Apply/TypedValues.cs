using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Apply;

/// <summary>Which fields of an object are set, and whether it fits its schema so that its fields can be owned.</summary>
internal static class TypedValues
{
    /// <summary>The fields that an object sets.</summary>
    public static FieldSet FieldsOf(SchemaNode schema, JsonNode? value)
    {
        var set = new FieldSet();
        Collect(schema, value, [], set);
        return set;
    }

    /// <summary>What does not fit: <c>.spec.x: field not declared in schema</c>; empty when all fits.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="value">The object.</param>
    /// <param name="allowDuplicates">Whether list items may share their key.</param>
    public static IReadOnlyList<string> Validate(SchemaNode schema, JsonNode? value, bool allowDuplicates)
    {
        var errors = new List<string>();
        Validate(schema, value, "", errors, allowDuplicates);
        return errors;
    }

    public static bool AreEqual(JsonNode? a, JsonNode? b)
    {
        switch (a, b)
        {
            case (null, null):
                return true;
            case (JsonObject left, JsonObject right):
                return left.Count == right.Count && left.All(m => right.TryGetPropertyValue(m.Key, out var other) && AreEqual(m.Value, other));
            case (JsonArray left, JsonArray right):
                return left.Count == right.Count && left.Zip(right).All(p => AreEqual(p.First, p.Second));
            case (JsonValue left, JsonValue right):
                var kind = left.GetValueKind();
                if (kind != right.GetValueKind()) return false;
                return kind switch
                {
                    JsonValueKind.String => left.GetValue<string>() == right.GetValue<string>(),
                    JsonValueKind.Number => left.ToJsonString() is var x && right.ToJsonString() is var y
                        && (x == y || double.Parse(x, CultureInfo.InvariantCulture) == double.Parse(y, CultureInfo.InvariantCulture)),
                    _ => true,
                };
            default:
                return false;
        }
    }

    private static void Collect(SchemaNode schema, JsonNode? value, List<string> path, FieldSet set)
    {
        switch (schema.ShapeOf(value))
        {
            case MergeShape.Leaf:
                set.Insert(path);
                break;
            case MergeShape.List when value is JsonArray list:
                var seen = new HashSet<string>();
                foreach (var item in list)
                {
                    var step = schema.StepOf(item);
                    path.Add(step);
                    if (seen.Add(step)) Collect(schema.Items, item, path, set);
                    set.Insert(path);
                    path.RemoveAt(path.Count - 1);
                }
                break;
            case MergeShape.Map when value is JsonObject map:
                foreach (var (name, field) in map)
                {
                    path.Add("f:" + name);
                    Collect(schema.Field(name) ?? new(TypeSchema.Any), field, path, set);
                    if (field is null or JsonObject { Count: 0 } || !schema.NamesField(name)) set.Insert(path);
                    path.RemoveAt(path.Count - 1);
                }
                break;
        }
    }

    private static void Validate(SchemaNode schema, JsonNode? value, string path, List<string> errors, bool allowDuplicates)
    {
        if (value is null) return;
        var type = schema.Schema;
        switch (type.Type)
        {
            case SchemaType.Object when value is not JsonObject:
                errors.Add($"{Place(path)}expected map, got {Describe(value)}");
                return;
            case SchemaType.Array when value is not JsonArray:
                errors.Add($"{Place(path)}expected list, got {Describe(value)}");
                return;
            case SchemaType.String or SchemaType.Integer or SchemaType.Number or SchemaType.Boolean or SchemaType.IntOrString:
                ValidateScalar(type, value, path, errors);
                return;
        }
        switch (value)
        {
            case JsonObject map:
                foreach (var (name, field) in map.OrderBy(m => m.Key, StringComparer.Ordinal))
                {
                    if (schema.Field(name) is { } child) Validate(child, field, $"{path}.{name}", errors, allowDuplicates);
                    else errors.Add($"{path}.{name}: field not declared in schema");
                }
                break;
            case JsonArray list when type.Type == SchemaType.Array && type.ListType != ListType.Atomic:
                ValidateItems(schema, list, path, errors, allowDuplicates);
                break;
            case JsonArray list:
                foreach (var (i, item) in list.Index()) Validate(schema.Items, item, string.Create(null, $"{path}[{i}]"), errors, allowDuplicates);
                break;
        }
    }

    private static void ValidateItems(SchemaNode schema, JsonArray list, string path, List<string> errors, bool allowDuplicates)
    {
        var seen = new HashSet<string>();
        foreach (var (i, item) in list.Index())
        {
            string step;
            try
            {
                step = schema.StepOf(item);
            }
            catch (FormatException e)
            {
                errors.Add($"{path}: element {i}: {e.Message}");
                return;
            }
            var one = new FieldSet();
            one.Insert([step]);
            var printed = one.Print().Single();
            if (!seen.Add(step) && !allowDuplicates) errors.Add($"{path}: duplicate entries for key {printed}");
            Validate(schema.Items, item, path + printed, errors, allowDuplicates);
        }
    }

    private static void ValidateScalar(TypeSchema type, JsonNode value, string path, List<string> errors)
    {
        var kind = value.GetValueKind();
        var expected = type switch
        {
            { Special: SpecialType.Quantity } or { Type: SchemaType.IntOrString } => kind is JsonValueKind.Object or JsonValueKind.Array ? "scalar" : null,
            { Type: SchemaType.String } => kind == JsonValueKind.String ? null : "string",
            { Type: SchemaType.Boolean } => kind is JsonValueKind.True or JsonValueKind.False ? null : "boolean",
            _ => kind == JsonValueKind.Number ? null : "numeric (int or float)",
        };
        if (expected is not null) errors.Add($"{Place(path)}expected {expected}, got {Describe(value)}");
    }

    private static string Place(string path) => path.Length == 0 ? "" : $"{path}: ";

    private static string Describe(JsonNode value) => value switch
    {
        JsonObject or JsonArray => $"&{{{GoText.Value(value)}}}",
        _ => $"&value.valueUnstructured{{Value:{FieldError.Print(value)}}}",
    };
}
