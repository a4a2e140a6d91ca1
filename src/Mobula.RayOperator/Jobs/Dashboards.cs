using System.Text;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Ray.Dashboard;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Pods;

namespace Mobula.RayOperator.Jobs;

/// <summary>Ways to the dashboards of RayClusters.</summary>
internal sealed class Dashboards : IDisposable
{
    private readonly KubernetesApi _api;
    private readonly RayOperatorOptions _options;
    private readonly HttpClient _http;

    public Dashboards(KubernetesApi api, RayOperatorOptions options)
    {
        (_api, _options) = (api, options);
        _http = options.DashboardHandler is { } handler ? new(handler, disposeHandler: false) : new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(2) });
        _http.Timeout = TimeSpan.FromSeconds(2);
    }

    /// <summary>The dashboard of a cluster at an address; the token is read where the cluster asks for one.</summary>
    /// <exception cref="StatusException">The token's Secret is not there.</exception>
    public async Task<DashboardClient> OpenAsync(RayClusterView cluster, string address, CancellationToken cancellation)
    {
        string? token = null;
        if (cluster.UsesTokenAuth)
        {
            var secret = await _api.GetAsync(Resources.Secrets, cluster.Namespace, cluster.AuthSecretName, cancellation).ConfigureAwait(false);
            var bytes = Convert.FromBase64String(secret.Text("data", RayAuthentication.SecretKey) ?? "");
            if (bytes.Length == 0) throw new InvalidOperationException($"the Secret {cluster.Namespace}/{cluster.AuthSecretName} has no key {RayAuthentication.SecretKey}");
            token = Encoding.UTF8.GetString(bytes);
        }
        if (!_options.UseKubernetesProxy) return new(_http, new Uri($"http://{address}"), token);
        var service = cluster.Object.Text("status", "head", "serviceName") ?? cluster.HeadServiceName;
        var root = _api.Http.BaseAddress ?? throw new InvalidOperationException("the API server's address is not known");
        return new(_api.Http, new Uri(root, $"/api/v1/namespaces/{cluster.Namespace}/services/{service}:dashboard/proxy"), token);
    }

    /// <summary>Whether Ray Serve's proxy on a pod answers.</summary>
    public async Task<bool> IsHealthyAsync(JsonObject pod, string address, long port, CancellationToken cancellation)
    {
        var (http, uri) = _options.UseKubernetesProxy && _api.Http.BaseAddress is { } root
            ? (_api.Http, new Uri(root, $"/api/v1/namespaces/{pod.Namespace}/pods/{pod.Name}:{port}/proxy/-/healthz"))
            : (_http, new Uri($"http://{(address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address)}:{port}/-/healthz"));
        using var response = await http.GetAsync(uri, cancellation).ConfigureAwait(false);
        return response.StatusCode == System.Net.HttpStatusCode.OK;
    }

    /// <summary>Whether an error means that a dashboard did not answer, or not sensibly.</summary>
    public static bool IsFailure(Exception error, CancellationToken cancellation) =>
        error is HttpRequestException or DashboardException or IOException || (error is OperationCanceledException && !cancellation.IsCancellationRequested);

    public void Dispose() => _http.Dispose();
}
