using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Storage;

/// <summary>An object as it was committed. Never changes.</summary>
internal sealed class StoredObject(ObjectKey key, long revision, byte[] utf8)
{
    private static readonly IReadOnlyDictionary<string, string> NoLabels = new Dictionary<string, string>();

    private IReadOnlyDictionary<string, string>? _labels;

    public ObjectKey Key { get; } = key;

    /// <summary>The revision that committed it: its <c>resourceVersion</c>.</summary>
    public long Revision { get; } = revision;

    /// <summary>The object as compact JSON, in the stored version, with its <c>resourceVersion</c>.</summary>
    public byte[] Utf8 { get; } = utf8;

    /// <summary>The object's labels; read from the bytes when first asked for.</summary>
    public IReadOnlyDictionary<string, string> Labels => _labels ??= ReadLabels(Utf8);

    /// <summary>A fresh tree that the caller may change.</summary>
    public JsonObject Parse() => KubernetesJson.ParseObject(Utf8);

    private static IReadOnlyDictionary<string, string> ReadLabels(byte[] utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        if (!Enter(ref reader, "metadata"u8) || !Enter(ref reader, "labels"u8)) return NoLabels;
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            labels[name] = reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
        }
        return labels;
    }

    /// <summary>Moves into the object that a member of the object around the reader holds.</summary>
    private static bool Enter(ref Utf8JsonReader reader, ReadOnlySpan<byte> member)
    {
        if (reader.TokenType == JsonTokenType.None) reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals(member);
            reader.Read();
            if (found) return reader.TokenType == JsonTokenType.StartObject;
            reader.Skip();
        }
        return false;
    }
}
