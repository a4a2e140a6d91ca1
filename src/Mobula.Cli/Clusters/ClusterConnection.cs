using Mobula.Client;

namespace Mobula.Cli.Clusters;

/// <summary>A connection to a cluster's API server as its administrator.</summary>
internal sealed class ClusterConnection : IDisposable
{
    private readonly HttpClient _http;

    private ClusterConnection(HttpClient http, KubernetesConnection connection)
    {
        _http = http;
        Api = new(http, "mobula");
        Connection = connection;
    }

    /// <summary>The API.</summary>
    public KubernetesApi Api { get; }

    /// <summary>Where it is.</summary>
    public KubernetesConnection Connection { get; }

    /// <summary>Connects with the kubeconfig that the cluster's server wrote.</summary>
    public static ClusterConnection Open(ClusterDirectory directory) => Open(KubernetesConnection.FromKubeconfig(directory.AdminKubeconfig));

    /// <summary>Connects with a kubeconfig (null for kubectl's own choice).</summary>
    public static ClusterConnection OpenKubeconfig(string? kubeconfig, string? context) => Open(KubernetesConnection.FromKubeconfig(kubeconfig, context));

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static ClusterConnection Open(KubernetesConnection connection) => new(connection.CreateHttpClient(), connection);
}
