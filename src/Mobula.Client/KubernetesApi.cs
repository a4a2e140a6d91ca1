using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Client;

/// <summary>
/// A Kubernetes API server, spoken to over REST. It works against any server: over HTTPS, or in process over a handler
/// that calls the server's pipeline. Every method throws <see cref="StatusException"/> when the server refuses, and
/// <see cref="HttpRequestException"/> when it cannot be reached.
/// </summary>
/// <param name="http">Carries the requests: its base address is the server's, its handler adds the credentials. Its timeout must be infinite, for watches.</param>
/// <param name="fieldManager">Named in <c>managedFields</c> as the author of writes.</param>
public sealed class KubernetesApi(HttpClient http, string fieldManager)
{
    private static readonly MediaTypeHeaderValue JsonMediaType = new("application/json");

    /// <summary>Called with the text of each warning the server sends (header <c>Warning</c>, code 299).</summary>
    public Action<string>? WarningHandler { get; init; }

    /// <summary>The connection, for what this class does not cover (streams, proxies).</summary>
    public HttpClient Http => http;

    /// <summary>Reads one object.</summary>
    public Task<JsonObject> GetAsync(GroupVersionResource resource, string? ns, string name, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Get, resource.Path(ns, name), null, null, cancellation);

    /// <summary>Reads one object; null when it is not there.</summary>
    public async Task<JsonObject?> FindAsync(GroupVersionResource resource, string? ns, string name, CancellationToken cancellation = default)
    {
        try
        {
            return await GetAsync(resource, ns, name, cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>Reads a collection whole: the list object with its <c>items</c> and <c>metadata.resourceVersion</c>.</summary>
    /// <param name="resource">What to list.</param>
    /// <param name="ns">The namespace; null for all, and for cluster-scoped resources.</param>
    /// <param name="labelSelector">For example <c>app=x,tier!=y</c>.</param>
    /// <param name="fieldSelector">For example <c>spec.nodeName=n</c>.</param>
    /// <param name="cancellation">Ends the call.</param>
    public Task<JsonObject> ListAsync(
        GroupVersionResource resource, string? ns = null, string? labelSelector = null, string? fieldSelector = null, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Get, resource.Path(ns) + Query(("labelSelector", labelSelector), ("fieldSelector", fieldSelector)), null, null, cancellation);

    /// <summary>Reads one page of a collection; the next is had with the answer's <c>metadata.continue</c>.</summary>
    /// <param name="resource">What to list.</param>
    /// <param name="ns">The namespace; null for all, and for cluster-scoped resources.</param>
    /// <param name="labelSelector">Narrows by labels.</param>
    /// <param name="fieldSelector">Narrows by fields.</param>
    /// <param name="limit">Objects at most; null for all.</param>
    /// <param name="continueToken">From the page before; null for the first.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <exception cref="StatusException">Also with code 410, when the token is too old.</exception>
    public Task<JsonObject> ListPageAsync(
        GroupVersionResource resource, string? ns, string? labelSelector, string? fieldSelector, int? limit, string? continueToken, CancellationToken cancellation = default) =>
        SendAsync(
            HttpMethod.Get,
            resource.Path(ns) + Query(
                ("labelSelector", labelSelector), ("fieldSelector", fieldSelector),
                ("limit", limit?.ToString(CultureInfo.InvariantCulture)), ("continue", continueToken)),
            null, null, cancellation);

    /// <summary>Creates an object in the namespace it names and returns it as stored.</summary>
    public Task<JsonObject> CreateAsync(GroupVersionResource resource, JsonObject o, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Post, resource.Path(o.Namespace) + Query(("fieldManager", fieldManager)), o, null, cancellation);

    /// <summary>Sends an object to a subresource by POST, for example <c>binding</c> or <c>eviction</c>.</summary>
    public Task<JsonObject> CreateSubresourceAsync(
        GroupVersionResource resource, string? ns, string name, string subresource, JsonObject o, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Post, resource.Path(ns, name, subresource) + Query(("fieldManager", fieldManager)), o, null, cancellation);

    /// <summary>Replaces an object; a conflict is told when its <c>resourceVersion</c> is no longer the newest.</summary>
    /// <param name="resource">The object's resource.</param>
    /// <param name="o">The whole object.</param>
    /// <param name="subresource">For example <c>status</c>; null for the object itself.</param>
    /// <param name="cancellation">Ends the call.</param>
    public Task<JsonObject> UpdateAsync(GroupVersionResource resource, JsonObject o, string? subresource = null, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Put, resource.Path(o.Namespace, o.Name, subresource) + Query(("fieldManager", fieldManager)), o, null, cancellation);

    /// <summary>Patches an object.</summary>
    /// <param name="resource">The object's resource.</param>
    /// <param name="ns">Its namespace, if any.</param>
    /// <param name="name">Its name.</param>
    /// <param name="patchType">One of <see cref="PatchType"/>.</param>
    /// <param name="patch">The patch: an array for <see cref="PatchType.Json"/>, else an object.</param>
    /// <param name="subresource">For example <c>status</c>.</param>
    /// <param name="force">For <see cref="PatchType.Apply"/>: take fields over from other managers.</param>
    /// <param name="cancellation">Ends the call.</param>
    public Task<JsonObject> PatchAsync(
        GroupVersionResource resource, string? ns, string name, string patchType, JsonNode patch, string? subresource = null, bool force = false, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Patch, resource.Path(ns, name, subresource) + Query(("fieldManager", fieldManager), ("force", force ? "true" : null)), patch, patchType, cancellation);

    /// <summary>Deletes an object; what comes back is the object or a Status.</summary>
    /// <param name="resource">The object's resource.</param>
    /// <param name="ns">Its namespace, if any.</param>
    /// <param name="name">Its name.</param>
    /// <param name="options">The fields of <c>DeleteOptions</c>, for example <c>propagationPolicy</c> or <c>preconditions</c>.</param>
    /// <param name="cancellation">Ends the call.</param>
    public Task<JsonObject> DeleteAsync(GroupVersionResource resource, string? ns, string name, JsonObject? options = null, CancellationToken cancellation = default)
    {
        JsonObject? body = null;
        if (options is not null)
        {
            body = options.Clone();
            body["kind"] = "DeleteOptions";
            body["apiVersion"] = "v1";
        }
        return SendAsync(HttpMethod.Delete, resource.Path(ns, name), body, null, cancellation);
    }

    /// <summary>Watches a collection from a revision on. The sequence ends when the server closes the stream.</summary>
    /// <param name="resource">What to watch.</param>
    /// <param name="ns">The namespace; null for all.</param>
    /// <param name="resourceVersion">The revision after which events are wanted.</param>
    /// <param name="labelSelector">Narrows by labels.</param>
    /// <param name="fieldSelector">Narrows by fields.</param>
    /// <param name="timeoutSeconds">Seconds after which the server closes the stream; null leaves it to the server.</param>
    /// <param name="cancellation">Ends the watch.</param>
    public async IAsyncEnumerable<WatchEvent> WatchAsync(
        GroupVersionResource resource, string? ns, string resourceVersion, string? labelSelector = null, string? fieldSelector = null, int? timeoutSeconds = null,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var path = resource.Path(ns) + Query(
            ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", resourceVersion),
            ("timeoutSeconds", timeoutSeconds?.ToString(CultureInfo.InvariantCulture)),
            ("labelSelector", labelSelector), ("fieldSelector", fieldSelector));
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode) throw await ErrorAsync(response, cancellation).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var reader = new StreamReader(stream, Encoding.UTF8);
            while (await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
            {
                if (line.Length == 0) continue;
                var e = (JsonObject)JsonNode.Parse(line)!;
                var o = (JsonObject)e["object"]!;
                e.Remove("object");
                yield return new(e.Text("type") ?? "", o);
            }
        }
    }

    /// <summary>Sends any request with a JSON body and returns the JSON answer.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">Path and query, from the server's root.</param>
    /// <param name="body">The body, if any.</param>
    /// <param name="contentType">The body's media type; <c>application/json</c> by default.</param>
    /// <param name="cancellation">Ends the call.</param>
    public async Task<JsonObject> SendAsync(HttpMethod method, string path, JsonNode? body, string? contentType, CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Accept.ParseAdd("application/json");
        if (body is not null)
        {
            request.Content = new ByteArrayContent(KubernetesJson.Serialize(body));
            request.Content.Headers.ContentType = contentType is null ? JsonMediaType : new(contentType);
        }
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        Warn(response);
        if (!response.IsSuccessStatusCode) throw await ErrorAsync(response, cancellation).ConfigureAwait(false);
        return KubernetesJson.ParseObject(await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false));
    }

    /// <summary>Reads any path and returns the JSON answer as its bytes, for answers of which little is looked at.</summary>
    /// <param name="path">Path and query, from the server's root.</param>
    /// <param name="cancellation">Ends the call.</param>
    public async Task<byte[]> GetBytesAsync(string path, CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("application/json");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        Warn(response);
        if (!response.IsSuccessStatusCode) throw await ErrorAsync(response, cancellation).ConfigureAwait(false);
        return await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
    }

    private void Warn(HttpResponseMessage response)
    {
        if (WarningHandler is null || !response.Headers.TryGetValues("Warning", out var values)) return;
        foreach (var value in values)
        {
            var open = value.IndexOf('"', StringComparison.Ordinal);
            var close = value.LastIndexOf('"');
            if (close > open) WarningHandler(value[(open + 1)..close].Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal));
        }
    }

    private static async Task<StatusException> ErrorAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var bytes = await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
        try
        {
            var status = KubernetesJson.ParseObject(bytes);
            if (status.Kind == "Status") return new(status);
        }
        catch (JsonException)
        {
            // The router answers some errors as plain text.
        }
        return new((int)response.StatusCode, response.StatusCode == System.Net.HttpStatusCode.NotFound ? "NotFound" : null, Encoding.UTF8.GetString(bytes).Trim());
    }

    private static string Query(params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var query = new StringBuilder();
        foreach (var (name, value) in parameters)
        {
            if (value is null) continue;
            query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
        return query.ToString();
    }
}
