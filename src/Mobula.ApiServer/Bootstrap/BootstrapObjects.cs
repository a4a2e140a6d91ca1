using System.Net;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Bootstrap;

/// <summary>Makes what every cluster has from its start. What is there already is left alone.</summary>
internal static class BootstrapObjects
{
    public static async Task CreateAsync(HttpClient http, ApiServerOptions options, Uri endpoint, CancellationToken cancellation)
    {
        http.DefaultRequestHeaders.UserAgent.ParseAdd("kube-apiserver/1.0");
        foreach (var ns in new[] { "default", "kube-system", "kube-public", "kube-node-lease" })
        {
            await CreateAsync(http, "/api/v1/namespaces", new JsonObject { ["metadata"] = new JsonObject { ["name"] = ns } }, cancellation).ConfigureAwait(false);
        }
        _ = (options, endpoint);
    }

    private static async Task CreateAsync(HttpClient http, string path, JsonObject o, CancellationToken cancellation)
    {
        using var content = new ByteArrayContent(KubernetesJson.Serialize(o));
        content.Headers.ContentType = new("application/json");
        using var response = await http.PostAsync(new Uri(path, UriKind.Relative), content, cancellation).ConfigureAwait(false);
        if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.Conflict) return;
        throw new InvalidOperationException($"{path} {o.Name}: {await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false)}");
    }
}
