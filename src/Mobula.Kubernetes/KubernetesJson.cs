using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mobula.Kubernetes;

/// <summary>How JSON is read and written throughout: compact, UTF-8, and with no needless escapes.</summary>
public static class KubernetesJson
{
    private static readonly JsonWriterOptions WriterOptions =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The node as compact UTF-8 JSON.</summary>
    public static byte[] Serialize(JsonNode node)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        Write(buffer, node);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Appends the node as compact UTF-8 JSON.</summary>
    public static void Write(IBufferWriter<byte> output, JsonNode node)
    {
        using var writer = new Utf8JsonWriter(output, WriterOptions);
        node.WriteTo(writer);
    }

    /// <summary>Reads one JSON object.</summary>
    /// <exception cref="JsonException">The text is not JSON, or not an object.</exception>
    public static JsonObject ParseObject(ReadOnlySpan<byte> utf8) =>
        JsonNode.Parse(utf8) as JsonObject ?? throw new JsonException("a JSON object is expected");
}
