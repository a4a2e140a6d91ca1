using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Audit;

/// <summary>Writes bodies, on demand without the bookkeeping of server-side apply.</summary>
internal static class AuditBody
{
    public static void Write(Utf8JsonWriter writer, JsonNode body, bool omitManagedFields)
    {
        if (!omitManagedFields || body is not JsonObject o)
        {
            body.WriteTo(writer);
            return;
        }
        writer.WriteStartObject();
        foreach (var (name, value) in o)
        {
            writer.WritePropertyName(name);
            if (name == "metadata" && value is JsonObject metadata) WriteWithout(writer, metadata, "managedFields");
            else if (name == "items" && value is JsonArray items) WriteEach(writer, items, static (w, item) => Write(w, item, true));
            else if (name == "rows" && o.Kind == "Table" && value is JsonArray rows) WriteEach(writer, rows, WriteRow);
            else if (value is null) writer.WriteNullValue();
            else value.WriteTo(writer);
        }
        writer.WriteEndObject();
    }

    private static void WriteRow(Utf8JsonWriter writer, JsonNode row)
    {
        if (row is not JsonObject o)
        {
            row.WriteTo(writer);
            return;
        }
        writer.WriteStartObject();
        foreach (var (name, value) in o)
        {
            writer.WritePropertyName(name);
            if (value is null) writer.WriteNullValue();
            else Write(writer, value, name == "object");
        }
        writer.WriteEndObject();
    }

    private static void WriteWithout(Utf8JsonWriter writer, JsonObject o, string omitted)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in o)
        {
            if (name == omitted) continue;
            writer.WritePropertyName(name);
            if (value is null) writer.WriteNullValue();
            else value.WriteTo(writer);
        }
        writer.WriteEndObject();
    }

    private static void WriteEach(Utf8JsonWriter writer, JsonArray list, Action<Utf8JsonWriter, JsonNode> write)
    {
        writer.WriteStartArray();
        foreach (var item in list)
        {
            if (item is null) writer.WriteNullValue();
            else write(writer, item);
        }
        writer.WriteEndArray();
    }
}
