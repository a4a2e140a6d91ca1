using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Decoding;

/// <summary>
/// Brings objects of built-in kinds into the form in which a Kubernetes server would print them: fields without a schema
/// are dropped, nulls and empty values are left out where the type says so, required parts are there, times and quantities
/// are canonical. What does not fit its type is refused in the words of Go's decoders.
/// </summary>
public sealed class TypedForm
{
    private readonly HashSet<(JsonObject, string)> _duplicates;
    private readonly List<string> _problems = [];
    private readonly bool _fromPatch;
    private string? _mismatch;

    private TypedForm(IEnumerable<(JsonObject, string)> duplicates, bool fromPatch)
    {
        _duplicates = [.. duplicates];
        _fromPatch = fromPatch;
    }

    /// <summary>Brings an object into its form, in place.</summary>
    /// <param name="schema">The schema of a built-in type.</param>
    /// <param name="obj">The object.</param>
    /// <returns>The same object.</returns>
    /// <exception cref="TypeMismatchException">A value does not fit its type.</exception>
    public static JsonObject Apply(TypeSchema schema, JsonObject obj) => Apply(schema, obj, out _);

    /// <summary>Brings an object into its form, in place.</summary>
    /// <param name="schema">The schema of a built-in type.</param>
    /// <param name="obj">The object.</param>
    /// <param name="problems">Unknown and duplicate fields: <c>unknown field "spec.x"</c>, in the order of the object.</param>
    /// <param name="duplicates">Members that stood there more than once.</param>
    /// <param name="fromPatch">Whether mismatches are worded as those of a strategic merge patch.</param>
    /// <returns>The same object.</returns>
    /// <exception cref="TypeMismatchException">A value does not fit its type.</exception>
    public static JsonObject Apply(
        TypeSchema schema, JsonObject obj, out IReadOnlyList<string> problems, IEnumerable<(JsonObject, string)>? duplicates = null, bool fromPatch = false)
    {
        var form = new TypedForm(duplicates ?? [], fromPatch);
        form.Struct(schema, obj, "", []);
        problems = form._problems;
        return form._mismatch is null ? obj : throw new TypeMismatchException(form._mismatch);
    }

    /// <summary>An object of the kind with nothing set: what a new object is compared with.</summary>
    public static JsonObject Empty(TypeSchema schema, GroupVersionKind kind) =>
        Apply(schema, new JsonObject { ["kind"] = kind.Kind, ["apiVersion"] = kind.ApiVersion });

    /// <summary>
    /// Brings an object into the form in which it comes back from storage, in place: there an empty list and an absent one are the same.
    /// </summary>
    public static void Settle(TypeSchema schema, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map when schema.Special == SpecialType.None:
                foreach (var (name, value) in map.ToArray())
                {
                    if (schema.Properties.TryGetValue(name, out var property))
                    {
                        if (property.Presence == Presence.Always && value is JsonArray { Count: 0 }) map[name] = null;
                        else Settle(property.Type, value);
                    }
                    else if (schema.AdditionalProperties is { } values)
                    {
                        Settle(values, value);
                    }
                }
                break;
            case JsonArray list when schema.Items is { } items:
                foreach (var item in list) Settle(items, item);
                break;
        }
    }

    private void Struct(TypeSchema schema, JsonObject obj, string path, List<string> fields)
    {
        List<string>? drop = null;
        foreach (var (name, value) in obj.ToArray())
        {
            if (!schema.Properties.TryGetValue(name, out var property))
            {
                Report($"unknown field {GoText.Quote(Join(path, name))}");
                (drop ??= []).Add(name);
                continue;
            }
            if (_duplicates.Contains((obj, name))) Report($"duplicate field {GoText.Quote(Join(path, name))}");
            fields.Add(property.Embedded is null ? name : $"{property.Embedded}.{name}");
            var typed = Value(property.Type, value, Join(path, name), fields, GoTypeNames.Struct(schema), name);
            fields.RemoveAt(fields.Count - 1);
            if (IsOmitted(property, typed)) (drop ??= []).Add(name);
            else if (!ReferenceEquals(typed, value)) obj[name] = typed;
        }
        foreach (var name in drop ?? []) obj.Remove(name);
        AddMissing(schema, obj);
        PutInOrder(schema, obj);
    }

    /// <summary>A server writes the fields of a type in the order of their declaration.</summary>
    private static void PutInOrder(TypeSchema schema, JsonObject obj)
    {
        if (obj.Count < 2) return;
        var ordered = new List<KeyValuePair<string, JsonNode?>>(obj.Count);
        foreach (var name in schema.Properties.Keys)
        {
            if (obj.TryGetPropertyValue(name, out var value)) ordered.Add(new(name, value));
        }
        if (obj.Select(m => m.Key).SequenceEqual(ordered.Select(m => m.Key))) return;
        obj.Clear();
        foreach (var (name, value) in ordered) obj.Add(name, value);
    }

    /// <summary>What a Go struct writes although it is not set: required text, numbers, embedded structs, and nulls.</summary>
    private static void AddMissing(TypeSchema schema, JsonObject obj)
    {
        foreach (var property in schema.Properties.Values)
        {
            if (property.Presence == Presence.OmitEmpty && property.Default is null) continue;
            if (obj.TryGetPropertyValue(property.Name, out var present) && (present is not null || property.Presence == Presence.Always)) continue;
            if (property.Presence == Presence.Always) obj[property.Name] = Unset(property.Type);
            else if (property.Default is JsonObject) obj[property.Name] = EmptyStruct(property.Type);
            else if (property.Presence == Presence.Zero) obj[property.Name] = property.Default!.DeepClone();
        }
    }

    private static JsonObject EmptyStruct(TypeSchema schema)
    {
        var empty = new JsonObject();
        AddMissing(schema, empty);
        return empty;
    }

    private static JsonNode? Unset(TypeSchema schema) => schema switch
    {
        { Type: SchemaType.IntOrString } => 0,
        { Special: SpecialType.Quantity } => "0",
        _ => null,
    };

    private static bool IsOmitted(PropertySchema property, JsonNode? value)
    {
        if (property.Presence == Presence.Always) return false;
        if (value is null) return true;
        if (property.Presence is Presence.Explicit or Presence.Zero) return false;
        return value switch
        {
            JsonArray list => list.Count == 0 && property.Type.Special != SpecialType.Json && !(property.Required && property.Name == "items"),
            JsonObject map => map.Count == 0 && (property.Type.IsMap || property.Type.Special == SpecialType.FieldsV1),
            _ => IsZero(value) && property.Type.Type != SchemaType.IntOrString
                && property.Type.Special == SpecialType.None,
        };
    }

    private static bool IsZero(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.String => value.GetValue<string>().Length == 0,
        JsonValueKind.False => true,
        JsonValueKind.Number => value.ToJsonString() is "0" or "-0" or "0.0",
        _ => false,
    };

    private JsonNode? Value(TypeSchema schema, JsonNode? value, string path, List<string> fields, string owner, string field)
    {
        if (value is null) return null;
        switch (schema.Special)
        {
            case SpecialType.Quantity:
                return ReadQuantity(value);
            case SpecialType.Time or SpecialType.MicroTime:
                return ReadTime(schema.Special, value, fields, owner);
            case SpecialType.Json or SpecialType.RawExtension or SpecialType.FieldsV1:
                return value;
        }
        if (schema.Type == SchemaType.IntOrString) return ReadIntOrString(value, fields, owner);
        return schema.Type switch
        {
            SchemaType.Array => List(schema, value, path, fields, owner, field),
            SchemaType.Object when schema.IsMap => Map(schema, value, path, fields, owner),
            SchemaType.Object => value is JsonObject obj ? Nested(schema, obj, path, fields) : Mismatch(schema, value, fields, owner, field),
            _ => Scalar(schema, value, fields, owner, field),
        };
    }

    private JsonObject Nested(TypeSchema schema, JsonObject obj, string path, List<string> fields)
    {
        if (schema.PreserveUnknownFields) return obj;
        Struct(schema, obj, path, fields);
        return obj;
    }

    private JsonNode? List(TypeSchema schema, JsonNode value, string path, List<string> fields, string owner, string field)
    {
        if (value is not JsonArray list) return Mismatch(schema, value, fields, owner, field);
        var items = schema.Items ?? TypeSchema.Any;
        for (var i = 0; i < list.Count; i++)
        {
            var item = list[i];
            var typed = item is null ? ZeroItem(items) : Value(items, item, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), fields, owner, field);
            if (!ReferenceEquals(typed, item)) list[i] = typed;
        }
        return list;
    }

    private JsonNode? Map(TypeSchema schema, JsonNode value, string path, List<string> fields, string owner)
    {
        if (value is not JsonObject map) return Mismatch(schema, value, fields, owner, "");
        var items = schema.AdditionalProperties!;
        foreach (var (key, item) in map.ToArray())
        {
            if (_duplicates.Contains((map, key))) Report($"duplicate field {GoText.Quote(Join(path, key))}");
            var typed = item is null ? ZeroItem(items) : Value(items, item, Join(path, key), fields, owner, "");
            if (!ReferenceEquals(typed, item)) map[key] = typed;
        }
        return map;
    }

    private static JsonNode? ZeroItem(TypeSchema schema) => schema switch
    {
        { Special: SpecialType.Quantity } => "0",
        { Type: SchemaType.String, Format: "byte" } => null,
        { Type: SchemaType.String } => "",
        { Type: SchemaType.Integer or SchemaType.Number } => 0,
        { Type: SchemaType.Boolean } => false,
        { Type: SchemaType.Object, IsMap: false, PreserveUnknownFields: false } => EmptyStruct(schema),
        _ => null,
    };

    private JsonNode? Scalar(TypeSchema schema, JsonNode value, List<string> fields, string owner, string field)
    {
        var kind = value.GetValueKind();
        switch (schema.Type)
        {
            case SchemaType.String when kind == JsonValueKind.String:
                if (schema.Format == "byte") CheckBase64(value.GetValue<string>());
                return value;
            case SchemaType.Boolean when kind is JsonValueKind.True or JsonValueKind.False:
            case SchemaType.Number when kind == JsonValueKind.Number:
            case SchemaType.Any:
                return value;
            case SchemaType.Integer when kind == JsonValueKind.Number:
                return Integer(schema, value, fields, owner, field);
            default:
                return Mismatch(schema, value, fields, owner, field);
        }
    }

    private JsonNode? Integer(TypeSchema schema, JsonNode value, List<string> fields, string owner, string field)
    {
        var text = value.ToJsonString();
        var whole = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
        if (!whole && _fromPatch && double.Parse(text, CultureInfo.InvariantCulture) is var real && Math.Truncate(real) == real && Math.Abs(real) < 1e18)
        {
            return (long)real;
        }
        if (whole && (schema.Format != "int32" || (number >= int.MinValue && number <= int.MaxValue))) return value;
        return _fromPatch
            ? Fail($"unrecognized type: {schema.Format ?? "int64"}")
            : Fail($"json: cannot unmarshal number {text} into {Target(fields, owner)} of type {GoTypeNames.Of(schema, owner, field)}");
    }

    private void CheckBase64(string text)
    {
        var offset = 0;
        var digits = 0;
        foreach (var c in text)
        {
            if (c is '\n' or '\r')
            {
                offset++;
                continue;
            }
            if (c == '=')
            {
                if (digits % 4 < 2) break;
                digits++;
                offset++;
                continue;
            }
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '/')) break;
            digits++;
            offset++;
        }
        if (offset < text.Length || digits % 4 != 0)
        {
            // The decoder reports the end of the text when digits are missing.
            Fail(string.Create(CultureInfo.InvariantCulture, $"illegal base64 data at input byte {(offset < text.Length ? offset : offset - (digits % 4))}"));
        }
    }

    private JsonNode? ReadQuantity(JsonNode value)
    {
        var kind = value.GetValueKind();
        var text = kind == JsonValueKind.String ? value.GetValue<string>().Trim() : value.ToJsonString();
        if (!Quantity.TryParse(text, out var quantity, out var error)) throw new TypeMismatchException(error!);
        var canonical = quantity.ToString();
        return kind == JsonValueKind.String && canonical == text ? value : canonical;
    }

    private JsonNode? ReadTime(SpecialType type, JsonNode value, List<string> fields, string owner)
    {
        if (value.GetValueKind() != JsonValueKind.String)
        {
            throw new TypeMismatchException($"json: cannot unmarshal {KindOf(value)} into {Target(fields, owner)} of type string");
        }
        var text = value.GetValue<string>();
        var form = type == SpecialType.Time ? "2006-01-02T15:04:05Z07:00" : "2006-01-02T15:04:05.000000Z07:00";
        if (!GoTime.TryParse(text, type == SpecialType.MicroTime, out var time, out var problem))
        {
            throw new TypeMismatchException($"parsing time {GoText.Quote(text)} as {GoText.Quote(form)}: {problem}");
        }
        return type == SpecialType.Time ? KubernetesTime.Format(time) : KubernetesTime.FormatMicro(time);
    }

    private static JsonNode? ReadIntOrString(JsonNode value, List<string> fields, string owner)
    {
        var kind = value.GetValueKind();
        if (kind == JsonValueKind.String) return value;
        if (kind == JsonValueKind.Number && int.TryParse(value.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)) return value;
        var what = kind == JsonValueKind.Number ? $"number {value.ToJsonString()}" : KindOf(value);
        throw new TypeMismatchException($"json: cannot unmarshal {what} into {Target(fields, owner)} of type int32");
    }

    private JsonNode? Mismatch(TypeSchema schema, JsonNode value, List<string> fields, string owner, string field)
    {
        if (!_fromPatch) return Fail($"json: cannot unmarshal {KindOf(value)} into {Target(fields, owner)} of type {GoTypeNames.Of(schema, owner, field)}");
        var found = value.GetValueKind() switch
        {
            JsonValueKind.Object => "map",
            JsonValueKind.Array => "slice",
            JsonValueKind.String => "string",
            JsonValueKind.Number => value.ToJsonString().AsSpan().IndexOfAny('.', 'e', 'E') < 0 ? "int64" : "float64",
            _ => "bool",
        };
        return Fail(schema switch
        {
            { Type: SchemaType.Array } => $"cannot restore slice from {found}",
            { IsMap: true } => $"cannot restore map from {found}",
            { Type: SchemaType.Object } => $"cannot restore struct from: {found}",
            { Type: SchemaType.Boolean } => "unrecognized type: bool",
            { Type: SchemaType.Integer } => $"unrecognized type: {schema.Format ?? "int64"}",
            { Type: SchemaType.Number } => "unrecognized type: float64",
            { Format: "byte" } => $"cannot restore slice from {found}",
            _ => "unrecognized type: string",
        });
    }

    /// <summary>Go's decoder goes on after a mismatch and reports the first one.</summary>
    private JsonNode? Fail(string message)
    {
        _mismatch ??= message;
        return null;
    }

    private static string Target(List<string> fields, string owner) => $"Go struct field {owner}.{string.Join('.', fields)}";

    private static string KindOf(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        _ => "bool",
    };

    private void Report(string problem)
    {
        if (!_problems.Contains(problem)) _problems.Add(problem);
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
