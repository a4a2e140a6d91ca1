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
    public static ReadOnlyMemory<byte> ToYaml(ReadOnlyMemory<byte> utf8) => Encoding.UTF8.GetBytes(YamlWriter.WriteAsGo(Sorted(JsonNode.Parse(utf8.Span))));

    /// <summary>YAML is written with the members in the order of their names.</summary>
    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, Sorted(m.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };

    public static ReadOnlyMemory<byte> ToProtobuf(ReadOnlyMemory<byte> utf8) => ProtobufTranscoder.Encode(KubernetesJson.ParseObject(utf8.Span));

    public static void WriteProtobufEvent(IBufferWriter<byte> output, string type, JsonObject o) => output.Write(ProtobufTranscoder.EncodeWatchEvent(type, o));
}
