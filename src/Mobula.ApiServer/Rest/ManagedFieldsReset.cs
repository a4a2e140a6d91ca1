using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Rest;

/// <summary>
/// A client forgets who manages an object by writing <c>managedFields</c> as an empty list, or a list with one empty entry.
/// Decoded objects keep no empty lists, so that it is seen in what was sent.
/// </summary>
internal static class ManagedFieldsReset
{
    /// <summary>Marks a decoded object as reset when the body asks for it: a whole object, a merge patch or a JSON patch.</summary>
    public static void Mark(ReadOnlySpan<byte> body, JsonObject decoded)
    {
        if (body.IndexOf("managedFields"u8) < 0) return;
        JsonNode? sent;
        try
        {
            sent = JsonNode.Parse(body);
        }
        catch (JsonException)
        {
            return;
        }
        var asked = sent switch
        {
            JsonObject o => IsEmpty(o.At("metadata", "managedFields")),
            JsonArray operations => operations.OfType<JsonObject>().Any(o => o.Text("path") == "/metadata/managedFields" && o.Text("op") is "add" or "replace" && IsEmpty(o["value"])),
            _ => false,
        };
        if (asked) decoded.Metadata["managedFields"] = new JsonArray();
    }

    private static bool IsEmpty(JsonNode? list) => list is JsonArray { Count: 0 } or JsonArray { Count: 1 } && (list.AsArray().Count == 0 || list[0] is JsonObject { Count: 0 });
}
