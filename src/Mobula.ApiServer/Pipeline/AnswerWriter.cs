using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Pipeline;

/// <summary>Writes answers in the encoding asked for.</summary>
internal static class AnswerWriter
{
    private const int CompressFrom = 128 * 1024;

    private static readonly JsonWriterOptions Indented = new() { Indented = true, IndentSize = 2, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Sends JSON text in an encoding, compressed when it is large and the client takes that.</summary>
    /// <param name="request">The request.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="utf8">The answer as JSON.</param>
    /// <param name="encoding">The media type to send.</param>
    /// <param name="contentType">The Content-Type, when it says more than the encoding.</param>
    public static async Task WriteAsync(ApiRequest request, int status, ReadOnlyMemory<byte> utf8, string encoding, string? contentType = null)
    {
        var bytes = encoding switch
        {
            MediaType.Yaml => Encoders.ToYaml(utf8),
            MediaType.Protobuf => Encoders.ToProtobuf(utf8),
            _ when IsPretty(request) => Indent(utf8),
            _ => utf8,
        };
        var response = Begin(request, status, contentType ?? encoding);
        if (bytes.Length > CompressFrom && request.Http.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.Ordinal))
        {
            response.Headers.ContentEncoding = "gzip";
            response.Headers.Append("Vary", "Accept-Encoding");
            var zipped = new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true);
            await using (zipped.ConfigureAwait(false))
            {
                await zipped.WriteAsync(bytes, request.Aborted).ConfigureAwait(false);
            }
            return;
        }
        response.ContentLength = bytes.Length;
        if (request.Method != "HEAD") await response.Body.WriteAsync(bytes, request.Aborted).ConfigureAwait(false);
    }

    public static Task WriteAsync(ApiRequest request, int status, JsonObject o, string encoding) =>
        WriteAsync(request, status, KubernetesJson.Serialize(o), encoding);

    /// <summary>Sets status and headers, warnings among them.</summary>
    public static HttpResponse Begin(ApiRequest request, int status, string contentType)
    {
        var response = request.Http.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        request.AnswerStarts?.Invoke(status);
        foreach (var warning in request.Warnings) response.Headers.Append("Warning", FormatWarning(warning));
        return response;
    }

    private static string FormatWarning(string text) =>
        $"299 - \"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static bool IsPretty(ApiRequest request)
    {
        if (request.Query.TryGetValue("pretty", out var pretty)) return pretty.ToString() is not ("false" or "0" or "");
        var agent = request.Http.Request.Headers.UserAgent.ToString();
        return agent.StartsWith("curl", StringComparison.Ordinal) || agent.StartsWith("Wget", StringComparison.Ordinal) || agent.StartsWith("Mozilla/5.0", StringComparison.Ordinal);
    }

    private static ReadOnlyMemory<byte> Indent(ReadOnlyMemory<byte> utf8)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Indented)) JsonNode.Parse(utf8.Span)!.WriteTo(writer);
        return stream.ToArray();
    }
}
