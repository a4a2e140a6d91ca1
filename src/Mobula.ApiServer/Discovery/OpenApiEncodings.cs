using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Protobuf.OpenApi;

namespace Mobula.ApiServer.Discovery;

/// <summary>An OpenAPI document in the encodings it is asked for in, each made when first wanted. Several threads may ask.</summary>
internal sealed class OpenApiEncodings
{
    private readonly Lazy<byte[]> _protobuf;
    private readonly Lazy<byte[]> _zippedJson;
    private readonly Lazy<byte[]> _zippedProtobuf;

    public OpenApiEncodings(JsonObject document)
    {
        Json = KubernetesJson.Serialize(document);
        Hash = Convert.ToHexString(SHA512.HashData(Json));
        var isVersion2 = document.ContainsKey("swagger");
        // The tree is not kept: it takes ten times the room of its text.
        _protobuf = new(() => KubernetesJson.ParseObject(Json) is var o && isVersion2 ? OpenApiV2Message.Encode(o) : OpenApiV3Message.Encode(o));
        _zippedJson = new(() => Zip(Json));
        _zippedProtobuf = new(() => Zip(Protobuf));
    }

    public byte[] Json { get; }

    /// <summary>128 hexadecimal digits that change with the content.</summary>
    public string Hash { get; }

    public byte[] Protobuf => _protobuf.Value;

    public byte[] ZippedJson => _zippedJson.Value;

    public byte[] ZippedProtobuf => _zippedProtobuf.Value;

    private static byte[] Zip(byte[] bytes)
    {
        using var buffer = new MemoryStream();
        using (var zip = new GZipStream(buffer, CompressionLevel.Fastest)) zip.Write(bytes);
        return buffer.ToArray();
    }
}
