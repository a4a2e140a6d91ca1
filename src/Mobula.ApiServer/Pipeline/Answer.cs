using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Mobula.ApiServer.Pipeline;

/// <summary>What a request is answered with; the writer gives it the form asked for.</summary>
internal abstract record Answer(int Status);

/// <summary>An object that is no stored resource: a Status, a review, discovery.</summary>
internal sealed record ObjectAnswer(int Status, JsonObject Object) : Answer(Status);

/// <summary>Bytes as they are.</summary>
internal sealed record BytesAnswer(int Status, string ContentType, ReadOnlyMemory<byte> Bytes) : Answer(Status)
{
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    public static BytesAnswer Text(int status, string text, string contentType = "text/plain; charset=utf-8") =>
        new(status, contentType, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>What the router says of a path outside all API groups.</summary>
    public static BytesAnswer PageNotFound() => Text(404, "404 page not found\n");
}

/// <summary>An answer that writes itself: a list, a watch, a tunnel.</summary>
internal sealed record StreamAnswer(int Status, Func<HttpContext, Task> WriteAsync) : Answer(Status);
