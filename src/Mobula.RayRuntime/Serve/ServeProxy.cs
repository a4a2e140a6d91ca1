using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Mobula.RayRuntime.Dashboard;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Serve;

/// <summary>A node's way in for requests to applications: finds the route, chooses a replica, passes bytes both ways.</summary>
internal sealed class ServeProxy : IAsyncDisposable
{
    private static readonly HashSet<string> OfTheConnection = new(StringComparer.OrdinalIgnoreCase)
        { "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "TE", "Trailer", "Proxy-Authenticate", "Proxy-Authorization" };

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(5),
    });

    private readonly ConcurrentDictionary<string, ReplicaChoice> _choices = new(StringComparer.Ordinal);
    private readonly WebApplication _app;
    private readonly TimeSpan? _timeout;
    private volatile ServeRoutes _routes = new([]);

    private ServeProxy(JsonObject options)
    {
        var host = options.Text("host", "0.0.0.0");
        _timeout = options.Real("request_timeout_s") is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null;
        _app = HttpHost.Build(kestrel =>
        {
            kestrel.Listen(IPAddress.TryParse(host, out var ip) ? ip : IPAddress.Any, (int)options.Number("port", 8000));
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(options.Real("keep_alive_timeout_s", 90));
        });
        _app.Run(AnswerAsync);
    }

    /// <summary>Listens as the options of the configuration say.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<ServeProxy> StartAsync(JsonObject options)
    {
        var proxy = new ServeProxy(options);
        await proxy._app.StartAsync();
        return proxy;
    }

    public void Update(ServeRoutes routes)
    {
        foreach (var route in routes.Routes) _choices.GetOrAdd(route.App, _ => new(route)).Update(route);
        foreach (var gone in _choices.Keys.Except(routes.Routes.Select(r => r.App)).ToArray()) _choices.TryRemove(gone, out _);
        _routes = routes;
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value is { Length: > 0 } given ? given : "/";
        if (path == "/-/healthz") await HttpAnswers.TextAsync(http, 200, "success");
        else if (path == "/-/routes") await HttpAnswers.TextAsync(http, 200, _routes.ToJson().ToJsonString(), "application/json");
        else if (_routes.Match(path) is not { } route || !_choices.TryGetValue(route.App, out var choice))
            await HttpAnswers.TextAsync(http, 404, $"Path '{path}' not found. Ping http://.../-/routes for available routes.");
        else await PassAsync(http, choice);
    }

    private async Task PassAsync(HttpContext http, ReplicaChoice choice)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        if (_timeout is { } timeout) limit.CancelAfter(timeout);
        try
        {
            while (true)
            {
                if (await choice.TakeAsync(limit.Token) is not { } replica)
                {
                    await HttpAnswers.TextAsync(http, 503, "Request dropped: too many requests wait for this deployment (max_queued_requests).");
                    return;
                }
                try
                {
                    if (await TryReplicaAsync(http, replica, limit.Token)) return;
                    choice.Drop(replica);
                }
                finally
                {
                    choice.Release(replica);
                }
            }
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested && !http.Response.HasStarted)
        {
            await HttpAnswers.TextAsync(http, 408, $"Request timed out after {_timeout!.Value.TotalSeconds}s.");
        }
        catch (OperationCanceledException)
        {
            http.Abort();
        }
    }

    /// <summary>False when the replica cannot be reached and nothing of the request was sent: another may take it.</summary>
    private async Task<bool> TryReplicaAsync(HttpContext http, ServeReplica replica, CancellationToken cancel)
    {
        using var request = Request(http, replica);
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, cancel);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
        {
            return false;
        }
        catch (HttpRequestException)
        {
            await HttpAnswers.TextAsync(http, 500, "Internal Server Error");
            return true;
        }
        using (response)
        {
            http.Response.StatusCode = (int)response.StatusCode;
            foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
                if (!OfTheConnection.Contains(name)) http.Response.Headers[name] = new([.. values]);
            if (HttpMethods.IsHead(http.Request.Method)) return true;
            // Each piece goes on as it comes: applications stream.
            http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            try
            {
                await using var body = await response.Content.ReadAsStreamAsync(cancel);
                await body.CopyToAsync(http.Response.Body, cancel);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                http.Abort();
            }
            return true;
        }
    }

    private static HttpRequestMessage Request(HttpContext http, ServeReplica replica)
    {
        var from = http.Request;
        var raw = http.Features.Get<IHttpRequestFeature>()?.RawTarget is { Length: > 0 } target && target[0] == '/' ? target : from.Path.Value + from.QueryString;
        var request = new HttpRequestMessage(new HttpMethod(from.Method), new Uri($"http://{replica.Ip}:{replica.Port}{raw}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }))
        {
            Version = HttpVersion.Version11,
        };
        if (from.ContentLength is > 0 || from.Headers.TransferEncoding.Count > 0) request.Content = new StreamContent(from.Body);
        foreach (var (name, values) in from.Headers)
        {
            if (OfTheConnection.Contains(name)) continue;
            if (!request.Headers.TryAddWithoutValidation(name, values.AsEnumerable())) request.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }
        if (http.Connection.RemoteIpAddress is { } client) request.Headers.TryAddWithoutValidation("X-Forwarded-For", client.MapToIPv4().ToString());
        return request;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }
}
