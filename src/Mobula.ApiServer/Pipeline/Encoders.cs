using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Pipeline;

/// <summary>The other encodings of the JSON that answers are made as.</summary>
internal static class Encoders
{
    public static ReadOnlyMemory<byte> ToYaml(ReadOnlyMemory<byte> utf8) => throw StatusException.NotAcceptable([MediaType.Json]);

    public static ReadOnlyMemory<byte> ToProtobuf(ReadOnlyMemory<byte> utf8) => throw StatusException.NotAcceptable([MediaType.Json]);

    public static void WriteProtobufEvent(System.Buffers.IBufferWriter<byte> output, string type, System.Text.Json.Nodes.JsonObject o) =>
        throw StatusException.NotAcceptable([MediaType.Json]);
}
