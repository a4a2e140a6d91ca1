using System.Text.Json.Nodes;
using Mobula.ApiServer.Authentication;
using Mobula.ApiServer.Discovery;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Pipeline;

/// <summary>The paths outside of resources: discovery, version, health, metrics, keys.</summary>
internal sealed class RootEndpoints(
    DiscoveryEndpoint discovery, OpenApiEndpoint openApi, JsonObject version, MetricsEndpoint metrics, ServiceAccountTokens tokens, Func<bool> isReady)
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"];

    public async Task<Answer> AnswerAsync(ApiRequest request)
    {
        var path = request.Info.Path;
        var trimmed = path.Length > 1 ? path.TrimEnd('/') : path;
        if (trimmed.StartsWith("/openapi/", StringComparison.Ordinal)) return openApi.Answer(request, trimmed);
        if (trimmed is "/api" or "/apis" || trimmed.StartsWith("/api/", StringComparison.Ordinal) || trimmed.StartsWith("/apis/", StringComparison.Ordinal))
        {
            return discovery.Answer(request, trimmed);
        }
        switch (trimmed)
        {
            case "/":
                return new ObjectAnswer(200, discovery.Paths());
            case "/version":
                return new ObjectAnswer(200, version);
            case "/metrics":
                return metrics.Answer();
            case "/.well-known/openid-configuration":
                return new ObjectAnswer(200, OpenIdConfiguration(request));
            case "/openid/v1/jwks":
                Negotiation.Route(request.Http.Request.Headers.Accept.ToString(), "application/jwk-set+json");
                return new BytesAnswer(200, "application/jwk-set+json", KubernetesJson.Serialize(await tokens.PublicKeysAsync().ConfigureAwait(false)))
                {
                    Headers = [new("Cache-Control", "public, max-age=3600")],
                };
        }
        return Health(request, trimmed) ?? BytesAnswer.PageNotFound();
    }

    private BytesAnswer? Health(ApiRequest request, string path)
    {
        var parts = path[1..].Split('/');
        if (parts[0] is not ("healthz" or "livez" or "readyz") || parts.Length > 2 || !Methods.Contains(request.Method)) return null;
        var ok = parts[0] != "readyz" || isReady();
        if (parts.Length == 2 && parts[1] is not ("ping" or "log" or "etcd" or "informer-sync" or "shutdown")) return null;
        var verbose = request.Query.ContainsKey("verbose");
        if (ok && !verbose) return BytesAnswer.Text(200, "ok");
        var report = $"[+]ping ok\n[+]log ok\n[+]etcd ok\n[{(ok ? '+' : '-')}]informer-sync {(ok ? "ok" : "failed: reason withheld")}\n{parts[0]} check {(ok ? "passed" : "failed")}\n";
        return BytesAnswer.Text(ok ? 200 : 500, report);
    }

    private JsonObject OpenIdConfiguration(ApiRequest request) => new()
    {
        ["issuer"] = tokens.Issuer,
        ["jwks_uri"] = $"https://{request.Http.Request.Host}/openid/v1/jwks",
        ["response_types_supported"] = new JsonArray("id_token"),
        ["subject_types_supported"] = new JsonArray("public"),
        ["id_token_signing_alg_values_supported"] = new JsonArray("RS256"),
    };
}
