using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Rest;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Subresources;

/// <summary><c>pods/proxy</c> and <c>services/proxy</c>: HTTP requests and WebSockets, led to a port of a pod.</summary>
internal sealed class ServiceProxy(ObjectStore store)
{
    private static readonly GroupVersionResource Services = new("", "v1", "services");

    private readonly HttpProxy _proxy = new();

    public IEnumerable<KeyValuePair<string, SubresourceHandler>> Handlers =>
    [
        new("pods/proxy", (request, definition, _) => Task.FromResult(_proxy.Forward(request, PodTarget(request, definition)))),
        new("services/proxy", (request, _, _) => Task.FromResult(_proxy.Forward(request, ServiceTarget(request)))),
    ];

    private string PodTarget(ApiRequest request, ResourceDefinition definition)
    {
        var (scheme, name, port) = Split(request.Info.Name) ?? throw StatusException.BadRequest($"invalid pod request {GoText.Quote(request.Info.Name)}");
        var pod = store.Get(new("pods", request.Info.Namespace, name))?.Parse() ?? throw StatusException.NotFound(definition.Resource, name);
        if (port.Length == 0 && pod.Objects("spec", "containers").Select(c => c.Objects("ports").FirstOrDefault()?.Integer("containerPort")).FirstOrDefault(p => p is not null) is { } first)
        {
            port = first.ToString(CultureInfo.InvariantCulture);
        }
        var address = pod.Text("status", "podIP") ?? "";
        if (!IPAddress.TryParse(address, out var ip) || IsLocal(ip)) throw StatusException.BadRequest("address not allowed");
        return Target(scheme, address, port);
    }

    private string ServiceTarget(ApiRequest request)
    {
        var (scheme, name, port) = Split(request.Info.Name) ?? throw StatusException.BadRequest($"invalid service request {GoText.Quote(request.Info.Name)}");
        if (int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            var service = store.Get(new("services", request.Info.Namespace, name))?.Parse() ?? throw StatusException.NotFound(Services, name);
            var found = service.Objects("spec", "ports").FirstOrDefault(p => p.Integer("port") == number)
                ?? throw Unavailable($"no service port {number} found for service {GoText.Quote(name)}");
            port = found.Text("name") ?? "";
        }
        var targets = new List<string>();
        foreach (var slice in store.List("endpointslices.discovery.k8s.io").Objects.Values.Where(s => s.Key.Namespace == request.Info.Namespace).Select(s => s.Parse()))
        {
            if (slice.Label("kubernetes.io/service-name") != name) continue;
            if (slice.Objects("ports").FirstOrDefault(p => (p.Text("name") ?? "") == port)?.Integer("port") is not { } reached) continue;
            // Only pods are reached: other addresses may be anything.
            targets.AddRange(slice.Objects("endpoints")
                .Where(e => e.Flag("conditions", "ready") != false && e.Text("targetRef", "kind") == "Pod")
                .SelectMany(e => e.Texts("addresses"))
                .Where(a => IPAddress.TryParse(a, out var ip) && !IsLocal(ip))
                .Select(a => Target(scheme, a, reached.ToString(CultureInfo.InvariantCulture))));
        }
        return targets.Count > 0 ? targets[Random.Shared.Next(targets.Count)] : throw Unavailable($"no endpoints available for service {GoText.Quote(request.Info.Name)}");
    }

    /// <summary><c>NAME</c>, <c>NAME:PORT</c> or <c>SCHEME:NAME:PORT</c>; null for anything else.</summary>
    private static (string Scheme, string Name, string Port)? Split(string id)
    {
        var parts = id.Split(':');
        return parts switch
        {
            [var name] when name.Length > 0 => ("http", name, ""),
            [var name, var port] when name.Length > 0 => ("http", name, port),
            ["" or "http" or "https", var name, var port] when name.Length > 0 => (parts[0].Length == 0 ? "http" : parts[0], name, port),
            _ => null,
        };
    }

    private static string Target(string scheme, string address, string port)
    {
        var host = address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;
        return port.Length == 0 ? $"{scheme}://{host}" : $"{scheme}://{host}:{port}";
    }

    /// <summary>Addresses that lead back to the server's own machine.</summary>
    private static bool IsLocal(IPAddress ip) => IPAddress.IsLoopback(ip) || ip.IsIPv6LinkLocal || ip.IsIPv6Multicast || ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any)
        || (ip.GetAddressBytes() is [169, 254, ..] or [>= 224 and < 240, ..] && ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork);

    private static StatusException Unavailable(string message) => new(503, "ServiceUnavailable", message);
}

/// <summary>Carries a request to another server and its answer back; upgraded connections both ways until one side ends.</summary>
internal sealed class HttpProxy
{
    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
    };

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        // As upstream: whoever may proxy chooses the scheme, and a pod's certificate is nobody's to know.
        SslOptions = new() { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    /// <param name="request">A request for <c>…/NAME/proxy/PATH</c>.</param>
    /// <param name="target">Scheme and host of the other server, without a trailing slash.</param>
    public Answer Forward(ApiRequest request, string target)
    {
        var raw = request.Http.Features.Get<IHttpRequestFeature>()?.RawTarget is { Length: > 0 } sent && sent[0] == '/' ? sent : request.Http.Request.Path + request.Http.Request.QueryString;
        var at = raw.IndexOf('?', StringComparison.Ordinal);
        var (path, query) = at < 0 ? (raw, "") : (raw[..at], raw[at..]);
        // /api/v1/namespaces/NS/RESOURCE/NAME/proxy
        var segments = path.Split('/');
        var root = string.Join('/', segments[..8]);
        if (segments.Length == 8 && request.Method is "GET" or "HEAD") return new BytesAnswer(301, "", default) { Headers = [new("Location", $"{root}/{query}")] };
        var uri = new Uri($"{target}/{string.Join('/', segments[Math.Min(8, segments.Length)..])}{query}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        return new StreamAnswer(200, http => ForwardAsync(request, http, uri, root));
    }

    private async Task ForwardAsync(ApiRequest request, HttpContext http, Uri target, string root)
    {
        var upgrade = http.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } feature ? feature : null;
        using var message = Outgoing(http, target, upgrade is not null);
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, http.RequestAborted).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new StatusException(503, "ServiceUnavailable", $"error trying to reach service: {e.InnerException?.Message ?? e.Message}");
        }
        using (response)
        {
            http.Response.StatusCode = (int)response.StatusCode;
            var switched = response.StatusCode == HttpStatusCode.SwitchingProtocols && upgrade is not null;
            foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
            {
                if (switched || !HopByHop.Contains(name)) http.Response.Headers[name] = values.Select(v => name == "Location" ? Relocated(v, target, root) : v).ToArray();
            }
            request.AnswerStarts?.Invoke(http.Response.StatusCode);
            var inside = await response.Content.ReadAsStreamAsync(http.RequestAborted).ConfigureAwait(false);
            await using var closing = inside.ConfigureAwait(false);
            if (!switched)
            {
                await http.Response.StartAsync(http.RequestAborted).ConfigureAwait(false);
                await CopyAsync(inside, http.Response.Body, http.RequestAborted).ConfigureAwait(false);
                return;
            }
            var outside = await upgrade!.UpgradeAsync().ConfigureAwait(false);
            await using var closingOutside = outside.ConfigureAwait(false);
            await Task.WhenAny(CopyAsync(inside, outside, http.RequestAborted), CopyAsync(outside, inside, http.RequestAborted)).ConfigureAwait(false);
        }
    }

    private static HttpRequestMessage Outgoing(HttpContext http, Uri target, bool upgrades)
    {
        var message = new HttpRequestMessage(new HttpMethod(http.Request.Method), target);
        if (!upgrades && (http.Request.ContentLength > 0 || http.Request.Headers.TransferEncoding.Count > 0)) message.Content = new StreamContent(http.Request.Body);
        foreach (var (name, values) in http.Request.Headers)
        {
            // The credential was for this server.
            if (name is "Host" or "Authorization" || name.StartsWith(':') || name.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase)) continue;
            if (HopByHop.Contains(name) && !(upgrades && name is "Connection" or "Upgrade")) continue;
            if (!message.Headers.TryAddWithoutValidation(name, values.ToArray())) message.Content?.Headers.TryAddWithoutValidation(name, values.ToArray());
        }
        message.Headers.TryAddWithoutValidation("X-Forwarded-For", (http.Connection.RemoteIpAddress ?? IPAddress.Loopback).ToString());
        return message;
    }

    /// <summary>A redirect within the other server stays behind the proxy.</summary>
    private static string Relocated(string location, Uri target, string root)
    {
        if (location.StartsWith('/') && !location.StartsWith("//", StringComparison.Ordinal)) return root + location;
        return Uri.TryCreate(location, UriKind.Absolute, out var uri) && uri.Authority == target.Authority ? root + uri.PathAndQuery : location;
    }

    private static async Task CopyAsync(Stream from, Stream to, CancellationToken cancellation)
    {
        var buffer = new byte[32 * 1024];
        try
        {
            int read;
            while ((read = await from.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
            {
                await to.WriteAsync(buffer.AsMemory(0, read), cancellation).ConfigureAwait(false);
                await to.FlushAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One side hung up.
        }
    }
}
