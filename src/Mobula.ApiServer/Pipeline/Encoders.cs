using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Protobuf;
using Mobula.Kubernetes.Yaml;

namespace Mobula.ApiServer.Pipeline;

/// <summary>The other encodings of the JSON that answers are made as.</summary>
internal static class Encoders
{
    public static ReadOnlyMemory<byte> ToYaml(ReadOnlyMemory<byte> utf8) => Encoding.UTF8.GetBytes(YamlWriter.Write(JsonNode.Parse(utf8.Span)));

    public static ReadOnlyMemory<byte> ToProtobuf(ReadOnlyMemory<byte> utf8) => ProtobufTranscoder.Encode(KubernetesJson.ParseObject(utf8.Span));

    public static void WriteProtobufEvent(IBufferWriter<byte> output, string type, JsonObject o) => output.Write(ProtobufTranscoder.EncodeWatchEvent(type, o));
}
