using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Mobula.RayRuntime.Head;
using Mobula.RayRuntime.Node;
using Mobula.RayRuntime.Serve;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Dashboard;

/// <summary>The head's HTTP face on 8265: the page, the Jobs API, nodes, state, Serve's REST paths.</summary>
internal sealed class DashboardServer(Cluster cluster, NodeOptions options)
{
    private const string SignIn = "/api/authenticate";
    private static readonly byte[] Page = ReadPage();
    private readonly JobsApi _jobs = new(cluster);
    private readonly NodesApi _nodes = new(cluster, options);
    private readonly StateApi _state = new(cluster);
    private readonly ServeApi _serve = new(new ServeController(cluster, options));
    private readonly BearerToken _token = new();

    public async Task RunAsync(CancellationToken cancel)
    {
        await using var app = HttpHost.Build(kestrel =>
        {
            if (options.DashboardHost == "localhost") kestrel.Listen(IPAddress.Loopback, options.DashboardPort);
            else kestrel.Listen(IPAddress.TryParse(options.DashboardHost, out var ip) ? ip : IPAddress.Any, options.DashboardPort);
        });
        app.UseWebSockets();
        app.Run(AnswerAsync);
        await app.StartAsync(cancel);
        try
        {
            await Task.Delay(Timeout.Infinite, cancel);
        }
        catch (OperationCanceledException) { }
    }

    private static byte[] ReadPage()
    {
        using var stream = typeof(DashboardServer).Assembly.GetManifestResourceStream("page.html")!;
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    /// <summary>A browser may only read: pages of other origins must not start jobs.</summary>
    private static bool IsBrowser(HttpRequest request) =>
        request.Headers.UserAgent.ToString().StartsWith("Mozilla", StringComparison.Ordinal)
        || request.Headers.ContainsKey("Origin") || request.Headers.ContainsKey("Referer")
        || request.Headers.Keys.Any(k => k.StartsWith("Sec-Fetch-", StringComparison.OrdinalIgnoreCase));

    private async Task AnswerAsync(HttpContext http)
    {
        var request = http.Request;
        var browser = IsBrowser(request);
        if (request.Path == SignIn && request.Method == "POST")
        {
            await _token.SignInAsync(http);
            return;
        }
        if (browser && request.Method is "POST" or "PUT" or "DELETE" or "PATCH" && browser)
        {
            await HttpAnswers.TextAsync(http, 405, $"'{request.Method}' method not allowed for browser traffic.");
            return;
        }
        if (!await _token.AllowsAsync(http)) return;
        var path = request.Path.Value ?? "/";
        if (Methods(path) is not { } allowed)
        {
            if (path.StartsWith("/static/", StringComparison.Ordinal)) await StaticAsync(http, path);
            else await HttpAnswers.NotFoundAsync(http);
            return;
        }
        if (!allowed.Split(',').Contains(request.Method))
        {
            http.Response.Headers.Allow = allowed;
            await HttpAnswers.TextAsync(http, 405, "405: Method Not Allowed");
            return;
        }
        await RouteAsync(http, path, browser);
    }

    /// <summary>The methods of a path, or null when it names nothing.</summary>
    private static string? Methods(string path)
    {
        const string Get = "GET,HEAD";
        if (path is "/" or "/index.html" or "/favicon.ico" or "/api/version" or "/api/ray/version" or "/api/gcs_healthz" or "/api/cluster_status" or "/nodes" or "/timezone" or "/api/authentication_mode" or "/api/actors" or "/logical/actors") return Get;
        if (path == SignIn) return "POST";
        if (path == "/api/jobs/") return "GET,HEAD,POST";
        var parts = path.Split('/');
        if (path.StartsWith("/api/jobs/", StringComparison.Ordinal))
            return parts.Length == 4 ? "DELETE,GET,HEAD" : parts is [_, _, _, _, "logs"] ? Get : parts is [_, _, _, _, "logs", "tail"] ? Get : parts is [_, _, _, _, "stop"] ? "POST" : null;
        if (path.StartsWith("/api/packages/", StringComparison.Ordinal) && parts.Length == 5) return "GET,HEAD,PUT";
        if (path.StartsWith("/nodes/", StringComparison.Ordinal) && parts.Length == 3) return Get;
        if (path.StartsWith("/api/v0/", StringComparison.Ordinal)) return StateApi.Knows(path["/api/v0/".Length..]) ? Get : null;
        if (path == ServeApi.Path) return ServeApi.Methods;
        return null;
    }

    private async Task RouteAsync(HttpContext http, string path, bool browser)
    {
        switch (path)
        {
            case "/" or "/index.html":
                http.Response.ContentType = "text/html";
                http.Response.ContentLength = Page.Length;
                http.Response.Headers.CacheControl = "no-store";
                if (!HttpMethods.IsHead(http.Request.Method)) await http.Response.Body.WriteAsync(Page);
                return;
            case "/favicon.ico": http.Response.StatusCode = 204; return;
            case "/api/version" or "/api/ray/version":
                await HttpAnswers.JsonAsync(http, 200, new JsonObject { ["version"] = Versions.JobsApi, ["ray_version"] = Versions.Ray, ["ray_commit"] = Versions.Commit, ["session_name"] = cluster.Session });
                return;
            case "/api/gcs_healthz": await HttpAnswers.TextAsync(http, 200, "success", "application/text; charset=utf-8"); return;
            case "/timezone": await HttpAnswers.JsonAsync(http, 200, new JsonObject { ["offset"] = TimeZoneInfo.Local.BaseUtcOffset.ToString("hh\\:mm"), ["value"] = TimeZoneInfo.Local.Id }); return;
            case "/api/authentication_mode": await HttpAnswers.JsonAsync(http, 200, new JsonObject { ["authentication_mode"] = AuthenticationToken.Mode }); return;
            case "/api/cluster_status": await _nodes.StatusAsync(http); return;
            case "/nodes": await _nodes.ListAsync(http); return;
            case ServeApi.Path: await _serve.RouteAsync(http); return;
        }
        if (path.StartsWith("/api/jobs/", StringComparison.Ordinal)) await _jobs.RouteAsync(http, path, browser);
        else if (path.StartsWith("/api/packages/", StringComparison.Ordinal)) await _jobs.PackageAsync(http, path);
        else if (path.StartsWith("/nodes/", StringComparison.Ordinal)) await _nodes.DetailAsync(http, path["/nodes/".Length..]);
        else if (path.StartsWith("/api/v0/", StringComparison.Ordinal)) await _state.RouteAsync(http, path["/api/v0/".Length..]);
        else await HttpAnswers.NotFoundAsync(http);
    }

    private static Task StaticAsync(HttpContext http, string path)
    {
        if (path.Contains("..", StringComparison.Ordinal)) return HttpAnswers.TextAsync(http, 403, "403: Forbidden");
        return HttpAnswers.TextAsync(http, 404, "", "application/octet-stream");
    }
}
