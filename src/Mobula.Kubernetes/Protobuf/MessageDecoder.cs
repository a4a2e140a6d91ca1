using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Decoding;

namespace Mobula.Kubernetes.Protobuf;

/// <summary>Reads protobuf messages as JSON.</summary>
internal static class MessageDecoder
{
    /// <summary>The message as a JSON object; all that stands on the wire is in it, also empty texts and zeros.</summary>
    /// <exception cref="FormatException">The bytes are no such message.</exception>
    public static JsonObject Read(ReadOnlySpan<byte> bytes, MessageType type)
    {
        var obj = new JsonObject();
        ReadInto(obj, bytes, type);
        return obj;
    }

    private static void ReadInto(JsonObject obj, ReadOnlySpan<byte> bytes, MessageType type)
    {
        var reader = new WireReader(bytes);
        while (reader.Next())
        {
            if (!type.ByNumber.TryGetValue(reader.Field, out var field)) continue;
            if (field.Name.Length == 0)
            {
                ReadInto(obj, reader.Content, MessageType.Get(field.Message));
            }
            else if (field.IsMap)
            {
                var (key, value) = ReadEntry(reader.Content, field);
                obj.Ensure(field.Name)[key] = value;
            }
            else if (field.IsRepeated)
            {
                if (obj[field.Name] is not JsonArray list) obj[field.Name] = list = [];
                list.Add(ReadValue(ref reader, field));
            }
            else
            {
                obj[field.Name] = ReadValue(ref reader, field);
            }
        }
    }

    private static (string Key, JsonNode? Value) ReadEntry(ReadOnlySpan<byte> bytes, MessageField field)
    {
        var reader = new WireReader(bytes);
        var key = "";
        JsonNode? value = field.Kind == FieldKind.Text && !field.HasListValues ? "" : null;
        while (reader.Next())
        {
            if (reader.Field == 1) key = reader.Text();
            else if (reader.Field == 2) value = field.HasListValues ? ReadTexts(reader.Content) : ReadValue(ref reader, field);
        }
        return (key, value);
    }

    private static JsonArray ReadTexts(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var texts = new JsonArray();
        while (reader.Next()) texts.Add((JsonNode)reader.Text());
        return texts;
    }

    private static JsonNode? ReadValue(ref WireReader reader, MessageField field) => field.Kind switch
    {
        FieldKind.Text => reader.Text(),
        FieldKind.Bytes => Convert.ToBase64String(reader.Content),
        FieldKind.Integer => reader.Number,
        FieldKind.Boolean => reader.Number != 0,
        FieldKind.Double => reader.Double(),
        _ => ReadMessage(reader.Content, field.Message),
    };

    private static JsonNode? ReadMessage(ReadOnlySpan<byte> bytes, string name)
    {
        switch (name[(name.LastIndexOf('.') + 1)..])
        {
            case "Quantity":
                var quantity = First(bytes, 1);
                return quantity.Length == 0 ? "0" : Encoding.UTF8.GetString(quantity);
            case "Time" when name.StartsWith("k8s.io.apimachinery.", StringComparison.Ordinal):
                return bytes.IsEmpty ? null : KubernetesTime.Format(ReadTime(bytes));
            case "MicroTime":
                return bytes.IsEmpty ? null : KubernetesTime.FormatMicro(ReadTime(bytes));
            case "IntOrString":
                return ReadIntOrString(bytes);
            case "FieldsV1" or "JSON":
                return First(bytes, 1) is { IsEmpty: false } json ? JsonText.Parse(json) : null;
            case "RawExtension":
                return ReadRaw(First(bytes, 1));
            case "JSONSchemaPropsOrArray" or "JSONSchemaPropsOrStringArray" or "JSONSchemaPropsOrBool":
                return ReadChoice(Read(bytes, MessageType.Get(name)));
            default:
                var type = MessageType.Get(name);
                var obj = Read(bytes, type);
                if (name != MessageType.ObjectMetadata) return obj;
                // The items of such a list are objects of their own.
                obj.Insert(0, "apiVersion", "meta.k8s.io/v1");
                obj.Insert(0, "kind", "PartialObjectMetadata");
                return obj;
        }
    }

    private static JsonNode? ReadRaw(ReadOnlySpan<byte> raw) =>
        raw.IsEmpty ? null : ProtobufTranscoder.HasEnvelope(raw) ? ProtobufTranscoder.Decode(raw) : JsonText.Parse(raw);

    private static JsonNode? ReadChoice(JsonObject message)
    {
        if (message["schema"] is { } schema) return schema.DeepClone();
        return (message["jSONSchemas"] ?? message["property"] ?? message["allows"])?.DeepClone() ?? new JsonArray();
    }

    private static DateTimeOffset ReadTime(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        long seconds = 0, nanos = 0;
        while (reader.Next())
        {
            if (reader.Field == 1) seconds = reader.Number;
            else if (reader.Field == 2) nanos = reader.Number;
        }
        return DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanos / 100);
    }

    private static JsonNode ReadIntOrString(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var isText = false;
        var number = 0L;
        var text = "";
        while (reader.Next())
        {
            if (reader.Field == 1) isText = reader.Number == 1;
            else if (reader.Field == 2) number = reader.Number;
            else if (reader.Field == 3) text = reader.Text();
        }
        return isText ? text : number;
    }

    private static ReadOnlySpan<byte> First(ReadOnlySpan<byte> bytes, int field)
    {
        var reader = new WireReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == field) return reader.Content;
        }
        return [];
    }
}
