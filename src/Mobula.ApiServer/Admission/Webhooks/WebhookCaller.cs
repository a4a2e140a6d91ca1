using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Admission.Webhooks;

/// <summary>Asks webhooks over HTTPS; connections are kept for the next question.</summary>
internal sealed class WebhookCaller(ObjectStore store, TimeProvider time) : IDisposable
{
    private const int MaxAnswerBytes = 16 << 20;

    private readonly ServiceEndpoints _services = new(store);
    private readonly ConcurrentDictionary<ClientKey, HttpClient> _clients = new();

    /// <summary>Sends a review and reads the answer.</summary>
    /// <exception cref="WebhookCallException">It could not be asked, or did not answer.</exception>
    public async Task<ReviewResponse> CallAsync(RegisteredWebhook hook, JsonObject review, CancellationToken cancellation)
    {
        var uid = review.Text("request", "uid")!;
        var url = $"{hook.Url}{(hook.Url.Contains('?', StringComparison.Ordinal) ? '&' : '?')}timeout={hook.Timeout.TotalSeconds:0}s";
        WebhookCallException Failed(string cause) => WebhookCallException.Failed($"Post {GoText.Quote(url)}: {cause}");
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address)) throw Failed("invalid URL");
        // Without an endpoint there is nothing to connect to, nor to wait for.
        if (hook.Service is { } service) _services.Find(service, Failed);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(hook.Timeout);
        var (body, status) = (Array.Empty<byte>(), HttpStatusCode.OK);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(KubernetesJson.Serialize(review)) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.TryAddWithoutValidation("Accept", "application/json, */*");
            request.Headers.TryAddWithoutValidation("User-Agent", "kube-apiserver-admission");
            using var answer = await Client(hook).SendAsync(request, limit.Token).ConfigureAwait(false);
            body = await answer.Content.ReadAsByteArrayAsync(limit.Token).ConfigureAwait(false);
            status = answer.StatusCode;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Failed("context deadline exceeded");
        }
        catch (HttpRequestException e)
        {
            throw e.InnerException as WebhookCallException ?? Failed(Cause(e, address));
        }
        if ((int)status is < 200 or > 206) throw WebhookCallException.Failed(Refusal((int)status, body));
        return ReviewResponse.Read(body, uid);
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values) client.Dispose();
    }

    private HttpClient Client(RegisteredWebhook hook)
    {
        var key = new ClientKey(new Uri(hook.Url).GetLeftPart(UriPartial.Authority), string.Join(',', hook.Authorities.Select(a => a.Thumbprint)));
        return _clients.GetOrAdd(key, _ => Create(hook));
    }

    private HttpClient Create(RegisteredWebhook hook)
    {
        var (host, authorities, service) = (new Uri(hook.Url).Host.Trim('[', ']'), hook.Authorities, hook.Service);
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = service is null,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                {
                    if (certificate is not X509Certificate2 shown) return false;
                    var sent = chain is null ? null : chain.ChainPolicy.ExtraStore;
                    // The text goes where the handshake's own exception would: that one only says that the callback refused.
                    return WebhookTrust.Problem(shown, sent, authorities, host, time.GetUtcNow()) is not { } problem ? true : throw new UntrustedException(problem);
                },
            },
        };
        if (service is not null)
        {
            handler.ConnectCallback = async (context, cancellation) =>
            {
                var (address, port) = _services.Find(service, cause => new IOException(cause));
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(address, port, cancellation).ConfigureAwait(false);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxAnswerBytes };
    }

    private static string Cause(HttpRequestException e, Uri address)
    {
        for (Exception? cause = e; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case UntrustedException:
                    return $"tls: failed to verify certificate: {cause.Message}";
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return $"dial tcp {address.Host}:{address.Port}: connect: connection refused";
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData }:
                    return $"dial tcp: lookup {address.Host}: no such host";
                case SocketException { SocketErrorCode: SocketError.HostUnreachable }:
                    return $"dial tcp {address.Host}:{address.Port}: connect: no route to host";
                case SocketException { SocketErrorCode: SocketError.ConnectionReset }:
                    return "read: connection reset by peer";
                case AuthenticationException:
                    return cause.InnerException is null ? "remote error: tls: handshake failure" : cause.InnerException.Message;
            }
        }
        return e.HttpRequestError == HttpRequestError.ResponseEnded ? "EOF" : e.InnerException?.Message ?? e.Message;
    }

    /// <summary>What client-go says of an answer that is no success.</summary>
    private static string Refusal(int status, byte[] body)
    {
        var text = Encoding.UTF8.GetString(body).Trim();
        return status switch
        {
            401 => "the server has asked for the client to provide credentials",
            403 => text.Length > 0 ? text : "forbidden",
            404 => "the server could not find the requested resource",
            405 => "the server does not allow this method on the requested resource",
            409 => "the server reported a conflict",
            413 => $"Request entity too large: {text}",
            429 => "the server has received too many requests and has asked us to try again later",
            503 => "the server is currently unable to handle the request",
            504 => "the server was unable to return a response in the time allotted, but may still be processing the request",
            >= 500 => $"an error on the server ({GoText.Quote(text.Length > 0 ? text : "unknown")}) has prevented the request from succeeding",
            _ => "the server rejected our request for an unknown reason",
        };
    }

    private readonly record struct ClientKey(string Authority, string Trusted);

    private sealed class UntrustedException(string message) : Exception(message);
}
