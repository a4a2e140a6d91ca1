using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Protobuf;

/// <summary>Writes JSON objects as protobuf messages.</summary>
internal static class MessageEncoder
{
    private static readonly JsonObject Nothing = [];

    public static void Write(WireWriter output, MessageType type, JsonNode? value, TypeSchema? schema = null)
    {
        if (WriteSpecial(output, type.Name, value)) return;
        var obj = value as JsonObject ?? Nothing;
        foreach (var field in type.Fields)
        {
            if (field.Name.Length == 0)
            {
                output.Message(field.Number, w => Write(w, MessageType.Get(field.Message), obj, schema ?? type.Schema));
                continue;
            }
            PropertySchema? property = null;
            (schema ?? type.Schema)?.Properties.TryGetValue(field.Name, out property);
            obj.TryGetPropertyValue(field.Name, out var content);
            WriteField(output, field, property, content);
        }
    }

    private static void WriteField(WireWriter output, MessageField field, PropertySchema? property, JsonNode? content)
    {
        if (field.IsMap)
        {
            foreach (var (key, item) in (content as JsonObject ?? Nothing).OrderBy(m => m.Key, StringComparer.Ordinal))
            {
                output.Message(field.Number, w =>
                {
                    w.Text(1, key);
                    if (field.HasListValues) w.Message(2, list => WriteTexts(list, item as JsonArray));
                    else WriteValue(w, field, 2, item);
                });
            }
        }
        else if (field.IsRepeated)
        {
            foreach (var item in content as JsonArray ?? []) WriteValue(output, field, field.Number, item);
        }
        else if (content is not null || IsWrittenWhenUnset(field, property))
        {
            WriteValue(output, field, field.Number, content);
        }
    }

    /// <summary>Numbers, texts and parts that are not references are written even when they are empty.</summary>
    private static bool IsWrittenWhenUnset(MessageField field, PropertySchema? property)
    {
        if (field.Kind == FieldKind.Bytes) return false;
        if (field.Kind != FieldKind.Message) return property?.Presence != Presence.Explicit && !IsNullable(property);
        if (property is null) return field.Name == "metadata";
        if (property.Default is JsonObject || field.Name == "creationTimestamp") return true;
        return property.Presence == Presence.Always
            && (property.Type.Special is SpecialType.Time or SpecialType.MicroTime or SpecialType.Quantity or SpecialType.RawExtension
                || property.Type.Type == SchemaType.IntOrString);
    }

    /// <summary>References to texts that are written as null.</summary>
    private static bool IsNullable(PropertySchema? property) => property is { Presence: Presence.Always, Type.Type: SchemaType.String };

    private static void WriteValue(WireWriter output, MessageField field, int number, JsonNode? value)
    {
        switch (field.Kind)
        {
            case FieldKind.Text:
                output.Text(number, TextOf(value));
                break;
            case FieldKind.Bytes:
                output.Bytes(number, Convert.FromBase64String(TextOf(value)));
                break;
            case FieldKind.Integer:
                output.Integer(number, IntegerOf(value));
                break;
            case FieldKind.Boolean:
                output.Boolean(number, value?.GetValueKind() == JsonValueKind.True);
                break;
            case FieldKind.Double:
                output.Double(number, value is null ? 0 : double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture));
                break;
            default:
                output.Message(number, w => Write(w, MessageType.Get(field.Message), value));
                break;
        }
    }

    private static bool WriteSpecial(WireWriter output, string name, JsonNode? value)
    {
        switch (name[(name.LastIndexOf('.') + 1)..])
        {
            case "Quantity":
                output.Text(1, value is null ? "0" : value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString());
                return true;
            case "Time" or "MicroTime" when name.StartsWith("k8s.io.apimachinery.", StringComparison.Ordinal):
                if (KubernetesTime.Parse(TextOf(value)) is not { } time) return true;
                output.Integer(1, time.ToUnixTimeSeconds());
                output.Integer(2, time.Ticks % TimeSpan.TicksPerSecond * 100);
                return true;
            case "IntOrString":
                var isText = value?.GetValueKind() == JsonValueKind.String;
                output.Integer(1, isText ? 1 : 0);
                output.Integer(2, isText ? 0 : IntegerOf(value));
                output.Text(3, isText ? TextOf(value) : "");
                return true;
            case "FieldsV1" or "RawExtension" or "JSON":
                if (value is not null) output.Bytes(1, Encoding.UTF8.GetBytes(GoText.SortedJson(value)));
                return true;
            case "JSONSchemaPropsOrArray":
                WriteChoice(output, name, value, list => output.Message(2, w => WriteSchema(w, name, list)));
                return true;
            case "JSONSchemaPropsOrStringArray":
                WriteChoice(output, name, value, item => output.Text(2, TextOf(item)));
                return true;
            case "JSONSchemaPropsOrBool":
                output.Boolean(1, value is JsonObject || value?.GetValueKind() == JsonValueKind.True);
                if (value is JsonObject) output.Message(2, w => WriteSchema(w, name, value));
                return true;
            default:
                return false;
        }
    }

    private static void WriteChoice(WireWriter output, string name, JsonNode? value, Action<JsonNode?> writeItem)
    {
        if (value is JsonObject) output.Message(1, w => WriteSchema(w, name, value));
        foreach (var item in value as JsonArray ?? []) writeItem(item);
    }

    private static void WriteSchema(WireWriter output, string sibling, JsonNode? schema) =>
        Write(output, MessageType.Get(sibling[..(sibling.LastIndexOf('.') + 1)] + "JSONSchemaProps"), schema);

    private static void WriteTexts(WireWriter output, JsonArray? texts)
    {
        foreach (var text in texts ?? []) output.Text(1, TextOf(text));
    }

    private static string TextOf(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : "";

    private static long IntegerOf(JsonNode? value) =>
        value is null ? 0 : long.TryParse(value.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
