using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Mobula.ApiServer.Pipeline;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Subresources;

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
            throw new StatusException(503, "ServiceUnavailable", $"error trying to reach service: {DialError.Describe(e, target)}");
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
                await StreamRelay.CopyAsync(inside, http.Response.Body, http.RequestAborted).ConfigureAwait(false);
                return;
            }
            var outside = await upgrade!.UpgradeAsync().ConfigureAwait(false);
            await using var closingOutside = outside.ConfigureAwait(false);
            await StreamRelay.JoinAsync(inside, outside, http.RequestAborted).ConfigureAwait(false);
        }
    }

    private static HttpRequestMessage Outgoing(HttpContext http, Uri target, bool upgrades)
    {
        var message = new HttpRequestMessage(new HttpMethod(http.Request.Method), target);
        var hasBody = http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? http.Request.Method is not ("GET" or "HEAD");
        if (!upgrades && hasBody) message.Content = new StreamContent(http.Request.Body);
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
}
