using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Node.Network;

/// <summary>Works out how services are routed, from Services, EndpointSlices and the node's pods.</summary>
internal static class ServicePlanner
{
    private const int DefaultAffinitySeconds = 10800;

    /// <param name="services">All services of the cluster.</param>
    /// <param name="slices">All EndpointSlices of the cluster.</param>
    /// <param name="pods">The pods of this node, for their host ports.</param>
    /// <param name="apiServer">Where the service <c>default/kubernetes</c> really is; null for what its slices say.</param>
    public static ServicePlan Plan(
        IEnumerable<JsonObject> services, IEnumerable<JsonObject> slices, IEnumerable<JsonObject> pods, ServiceEndpoint? apiServer)
    {
        var slicesOf = slices
            .Where(s => (s.Text("addressType") ?? "IPv4") == "IPv4")
            .ToLookup(s => (s.Namespace, s.Text("metadata", "labels", "kubernetes.io/service-name") ?? ""));
        var planned = new List<ServicePort>();
        foreach (var service in services)
        {
            if (service.Text("spec", "type") == "ExternalName" || service.Text("spec", "clusterIP") is not { Length: > 0 } clusterIp || clusterIp == "None" || clusterIp.Contains(':')) continue;
            var addresses = new List<string> { clusterIp };
            addresses.AddRange(Texts(service, "spec", "externalIPs"));
            addresses.AddRange(service.Objects("status", "loadBalancer", "ingress").Select(i => i.Text("ip")).OfType<string>());
            int? affinity = service.Text("spec", "sessionAffinity") == "ClientIP"
                ? (int?)service["spec"]?["sessionAffinityConfig"]?["clientIP"]?["timeoutSeconds"] ?? DefaultAffinitySeconds
                : null;
            foreach (var port in service.Objects("spec", "ports"))
            {
                var name = port.Text("name") ?? "";
                var endpoints = apiServer is { } real && service is { Namespace: "default", Name: "kubernetes" }
                    ? [real]
                    : Endpoints(slicesOf[(service.Namespace, service.Name)], name);
                planned.Add(new ServicePort(
                    $"{service.Namespace}/{service.Name}:{name}",
                    (port.Text("protocol") ?? "TCP").ToLowerInvariant(),
                    addresses,
                    (int?)port["port"] ?? 0,
                    (int?)port["nodePort"] is { } nodePort and > 0 ? nodePort : null,
                    affinity,
                    endpoints));
            }
        }

        return new ServicePlan([.. planned.OrderBy(p => p.Name, StringComparer.Ordinal).ThenBy(p => p.Protocol, StringComparer.Ordinal)], [.. HostPorts(pods)]);
    }

    /// <summary>Whether the node's ports have to do with the pod.</summary>
    public static bool HasHostPort(JsonObject? pod) =>
        pod is not null && pod.Objects("spec", "initContainers").Concat(pod.Objects("spec", "containers")).SelectMany(c => c.Objects("ports")).Any(p => (int?)p["hostPort"] > 0);

    /// <summary>The ready endpoints; those that end but still serve, when there are no others.</summary>
    private static List<ServiceEndpoint> Endpoints(IEnumerable<JsonObject> slices, string portName)
    {
        var ready = new SortedSet<(string, int)>();
        var ending = new SortedSet<(string, int)>();
        foreach (var slice in slices)
        {
            if (slice.Objects("ports").FirstOrDefault(p => (p.Text("name") ?? "") == portName) is not { } port || (int?)port["port"] is not { } number) continue;
            foreach (var endpoint in slice.Objects("endpoints"))
            {
                var isReady = (bool?)endpoint["conditions"]?["ready"] ?? true;
                var serves = (bool?)endpoint["conditions"]?["serving"] ?? isReady;
                foreach (var address in Texts(endpoint, "addresses"))
                {
                    if (isReady) ready.Add((address, number));
                    else if (serves) ending.Add((address, number));
                }
            }
        }

        return [.. (ready.Count > 0 ? ready : ending).Select(e => new ServiceEndpoint(e.Item1, e.Item2))];
    }

    private static IEnumerable<HostPort> HostPorts(IEnumerable<JsonObject> pods) =>
        from pod in pods
        where (bool?)pod["spec"]?["hostNetwork"] != true && pod.Text("status", "phase") is not ("Succeeded" or "Failed")
        let ip = pod.Text("status", "podIP")
        where !string.IsNullOrEmpty(ip)
        from container in pod.Objects("spec", "initContainers").Concat(pod.Objects("spec", "containers"))
        from port in container.Objects("ports")
        let hostPort = (int?)port["hostPort"] ?? 0
        where hostPort > 0
        let hostIp = port.Text("hostIP")
        orderby hostPort, ip
        select new HostPort(
            (port.Text("protocol") ?? "TCP").ToLowerInvariant(),
            hostIp is null or "" or "0.0.0.0" ? null : hostIp,
            hostPort,
            new ServiceEndpoint(ip, (int?)port["containerPort"] ?? hostPort));

    private static IEnumerable<string> Texts(JsonObject o, params string[] path)
    {
        JsonNode? node = o;
        foreach (var name in path) node = node is JsonObject inner ? inner[name] : null;
        return node is JsonArray array ? array.Select(a => (string?)a).OfType<string>() : [];
    }
}
