using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Storage;

/// <summary>
/// The bytes of an object as they are committed: kind, apiVersion and metadata first, with a place for the
/// resourceVersion that the commit gives.
/// </summary>
internal static class StoredForm
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly string[] BeforeVersion = ["name", "generateName", "namespace", "selfLink", "uid"];
    private static readonly string[] AfterVersion =
        ["generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers", "managedFields"];

    /// <param name="o">The object; its resourceVersion is not looked at.</param>
    /// <param name="kind">The type to store it as.</param>
    /// <param name="resourceVersion">The text of the resourceVersion; null leaves the field out (dry runs).</param>
    public static byte[] Write(JsonObject o, GroupVersionKind kind, string? resourceVersion = PendingWrite.RevisionPlaceholder)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("kind", kind.Kind);
            writer.WriteString("apiVersion", kind.ApiVersion);
            writer.WritePropertyName("metadata");
            WriteMetadata(writer, o.Metadata, resourceVersion);
            foreach (var (name, value) in o)
            {
                if (name is "kind" or "apiVersion" or "metadata") continue;
                Write(writer, name, value);
            }
            writer.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteMetadata(Utf8JsonWriter writer, JsonObject metadata, string? resourceVersion)
    {
        writer.WriteStartObject();
        foreach (var name in BeforeVersion) WriteIfThere(writer, metadata, name);
        if (resourceVersion is not null) writer.WriteString("resourceVersion", resourceVersion);
        foreach (var name in AfterVersion) WriteIfThere(writer, metadata, name);
        foreach (var (name, value) in metadata)
        {
            if (name != "resourceVersion" && !BeforeVersion.Contains(name) && !AfterVersion.Contains(name)) Write(writer, name, value);
        }
        writer.WriteEndObject();
    }

    private static void WriteIfThere(Utf8JsonWriter writer, JsonObject o, string name)
    {
        if (o.TryGetPropertyValue(name, out var value) && value is not null) Write(writer, name, value);
    }

    private static void Write(Utf8JsonWriter writer, string name, JsonNode? value)
    {
        writer.WritePropertyName(name);
        if (value is null) writer.WriteNullValue();
        else value.WriteTo(writer);
    }
}
