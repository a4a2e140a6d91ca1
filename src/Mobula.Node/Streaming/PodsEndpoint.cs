using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Mobula.Node.Containerd;

namespace Mobula.Node.Streaming;

/// <summary>Serves the node's pods as a PodList.</summary>
internal static class PodsEndpoint
{
    public static async Task WriteAsync(HttpContext context, IPodLookup pods)
    {
        context.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(context.Response.Body);
        writer.WriteStartObject();
        writer.WriteString("kind", "PodList");
        writer.WriteString("apiVersion", "v1");
        writer.WriteStartObject("metadata");
        writer.WriteEndObject();
        writer.WriteStartArray("items");
        foreach (var pod in pods.Pods) pod.WriteTo(writer);
        writer.WriteEndArray();
        writer.WriteEndObject();
        await writer.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }
}
