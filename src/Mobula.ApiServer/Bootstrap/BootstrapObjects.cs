using System.Net;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Bootstrap;

/// <summary>Makes what every cluster has from its start. What is there already is left alone.</summary>
internal static class BootstrapObjects
{
    private const string Rbac = "/apis/rbac.authorization.k8s.io/v1";

    public static async Task CreateAsync(HttpClient http, ApiServerOptions options, Uri endpoint, CancellationToken cancellation)
    {
        http.DefaultRequestHeaders.UserAgent.ParseAdd("kube-apiserver/1.0");
        await Task.WhenAll(new[] { "default", "kube-system", "kube-public", "kube-node-lease" }.Select(ns =>
            CreateAsync(http, "/api/v1/namespaces", new JsonObject { ["metadata"] = new JsonObject { ["name"] = ns } }, cancellation))).ConfigureAwait(false);
        List<Task> tasks =
        [
            .. RbacPolicy.ClusterRoles().Select(r => CreateAsync(http, $"{Rbac}/clusterroles", r, cancellation)),
            .. RbacPolicy.ClusterRoleBindings().Select(b => CreateAsync(http, $"{Rbac}/clusterrolebindings", b, cancellation)),
            CreateAsync(http, "/apis/scheduling.k8s.io/v1/priorityclasses", PriorityClass("system-cluster-critical", 2000000000, "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."), cancellation),
            CreateAsync(http, "/apis/scheduling.k8s.io/v1/priorityclasses", PriorityClass("system-node-critical", 2000001000, "Used for system critical pods that must not be moved from their current node."), cancellation),
            CreateAsync(http, "/api/v1/namespaces/default/services", KubernetesService(options), cancellation),
        ];
        var address = (options.AdvertiseAddress ?? options.Address).ToString();
        tasks.Add(PutAsync(http, "/api/v1/namespaces/default/endpoints", "kubernetes", Endpoints(address, endpoint.Port), cancellation));
        tasks.Add(PutAsync(http, "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", "kubernetes", EndpointSlice(address, endpoint.Port), cancellation));
        await Task.WhenAll(tasks).ConfigureAwait(false);
    }

    private static JsonObject PriorityClass(string name, long value, string description) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name },
        ["value"] = value,
        ["description"] = description,
    };

    private static JsonObject KubernetesService(ApiServerOptions options)
    {
        var first = options.ServiceClusterIpRange.BaseAddress.GetAddressBytes();
        first[^1]++;
        var address = new IPAddress(first).ToString();
        return new()
        {
            ["metadata"] = new JsonObject { ["name"] = "kubernetes", ["labels"] = Labels() },
            ["spec"] = new JsonObject
            {
                ["type"] = "ClusterIP",
                ["clusterIP"] = address,
                ["clusterIPs"] = new JsonArray(address),
                ["ipFamilies"] = new JsonArray("IPv4"),
                ["ipFamilyPolicy"] = "SingleStack",
                ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["protocol"] = "TCP", ["port"] = 443, ["targetPort"] = 6443 }),
                ["sessionAffinity"] = "None",
                ["internalTrafficPolicy"] = "Cluster",
            },
        };
    }

    private static JsonObject Endpoints(string address, int port) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = "kubernetes", ["labels"] = new JsonObject { ["endpointslice.kubernetes.io/skip-mirror"] = "true" } },
        ["subsets"] = new JsonArray(new JsonObject
        {
            ["addresses"] = new JsonArray(new JsonObject { ["ip"] = address }),
            ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["port"] = port, ["protocol"] = "TCP" }),
        }),
    };

    private static JsonObject EndpointSlice(string address, int port) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = "kubernetes", ["labels"] = new JsonObject { ["kubernetes.io/service-name"] = "kubernetes" } },
        ["addressType"] = "IPv4",
        ["endpoints"] = new JsonArray(new JsonObject { ["addresses"] = new JsonArray(address), ["conditions"] = new JsonObject { ["ready"] = true } }),
        ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["port"] = port, ["protocol"] = "TCP" }),
    };

    private static JsonObject Labels() => new() { ["component"] = "apiserver", ["provider"] = "kubernetes" };

    /// <summary>Makes the object, or brings it up to date: the port may be another than before the restart.</summary>
    private static async Task PutAsync(HttpClient http, string path, string name, JsonObject o, CancellationToken cancellation)
    {
        if (await CreateAsync(http, path, o, cancellation).ConfigureAwait(false)) return;
        using var content = Json(o);
        using var response = await http.PutAsync(new Uri($"{path}/{name}", UriKind.Relative), content, cancellation).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode) throw new InvalidOperationException($"{path}/{name}: {await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false)}");
    }

    private static async Task<bool> CreateAsync(HttpClient http, string path, JsonObject o, CancellationToken cancellation)
    {
        using var content = Json(o);
        using var response = await http.PostAsync(new Uri(path, UriKind.Relative), content, cancellation).ConfigureAwait(false);
        if (response.IsSuccessStatusCode) return true;
        var text = await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
        // The address of the Service kubernetes is its own already when it is there.
        if (response.StatusCode is HttpStatusCode.Conflict || text.Contains("already allocated", StringComparison.Ordinal)) return false;
        throw new InvalidOperationException($"{path}/{o.Name}: {text}");
    }

    private static ByteArrayContent Json(JsonObject o)
    {
        var content = new ByteArrayContent(KubernetesJson.Serialize(o));
        content.Headers.ContentType = new("application/json");
        return content;
    }
}
