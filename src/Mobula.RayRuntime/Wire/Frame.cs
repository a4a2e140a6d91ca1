using System.Text;
using System.Text.Json.Nodes;

namespace Mobula.RayRuntime.Wire;

/// <summary>
/// One message of the cluster protocol: a JSON header and bytes. On the wire: two little-endian 32-bit lengths, header, payload.
/// A frame is forwarded as it came, so a task's arguments are never decoded on their way to the worker.
/// </summary>
internal readonly record struct Frame(byte[] Header, byte[] Payload)
{
    /// <summary>Longest header and payload accepted, in bytes; more is a broken or foreign peer.</summary>
    public const int MaxHeader = 64 << 20, MaxPayload = 1 << 30;

    public static Frame Of(JsonObject header, byte[]? payload = null) =>
        new(Encoding.UTF8.GetBytes(header.ToJsonString()), payload ?? []);

    public JsonObject Parse() => JsonNode.Parse(Header)!.AsObject();
}
