using System.Net;
using System.Text;

namespace Mobula.WebhookBenchmarks;

/// <summary>As much of an API server as the webhook asks for: one namespace that enforces the restricted standard, and a watch in which nothing happens.</summary>
internal sealed class NamespaceServer : HttpMessageHandler
{
    private const string List = """
        {"kind":"NamespaceList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[
         {"metadata":{"name":"load","resourceVersion":"1","uid":"u","labels":{"pod-security.kubernetes.io/enforce":"restricted"}}}]}
        """;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri!.Query.Contains("watch=true", StringComparison.Ordinal)) await Task.Delay(Timeout.Infinite, cancellationToken);
        return new(HttpStatusCode.OK) { Content = new StringContent(List, Encoding.UTF8, "application/json") };
    }
}
