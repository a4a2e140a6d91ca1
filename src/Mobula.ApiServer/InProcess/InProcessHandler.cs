using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Mobula.ApiServer.Authentication;

namespace Mobula.ApiServer.InProcess;

/// <summary>Carries the requests of clients in this process straight to the pipeline, as one user. Answers stream.</summary>
internal sealed class InProcessHandler(RequestDelegate pipeline, UserInfo user) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var uri = request.RequestUri ?? throw new InvalidOperationException("the request has no address");
        var target = uri.IsAbsoluteUri ? uri.PathAndQuery : uri.OriginalString;
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var lifetime = new CancellationTokenSource();
        var response = new InProcessResponse(request, lifetime);
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Method = request.Method.Method,
            Scheme = "https",
            Protocol = "HTTP/1.1",
            RawTarget = target,
            Path = Uri.UnescapeDataString(query < 0 ? target : target[..query]),
            QueryString = query < 0 ? "" : target[query..],
            Body = request.Content is null ? Stream.Null : await request.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false),
        });
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(response.Output));
        features.Set<IHttpRequestLifetimeFeature>(new Lifetime(lifetime));
        var http = new DefaultHttpContext(features);
        foreach (var (name, values) in request.Headers) http.Request.Headers[name] = name == "User-Agent" ? string.Join(' ', values) : values.ToArray();
        foreach (var (name, values) in request.Content?.Headers ?? Enumerable.Empty<KeyValuePair<string, IEnumerable<string>>>()) http.Request.Headers[name] = values.ToArray();
        http.Connection.RemoteIpAddress = IPAddress.Loopback;
        Authenticator.Attach(http, user);
        // Until the head of the answer is there the caller's cancellation ends the request; after that the stream's end does.
        var registration = cancellationToken.Register(lifetime.Cancel);
        _ = Task.Run(() => RunAsync(http, response, registration), CancellationToken.None);
        return await response.Started.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task RunAsync(HttpContext http, InProcessResponse response, CancellationTokenRegistration registration)
    {
        try
        {
            await pipeline(http).ConfigureAwait(false);
            await response.CompleteAsync(null).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await response.CompleteAsync(e).ConfigureAwait(false);
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
        }
    }

    private sealed class Lifetime(CancellationTokenSource source) : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get => source.Token; set => _ = value; }

        public void Abort() => source.Cancel();
    }
}
