using System.Globalization;
using System.Net;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Rest;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Subresources;

/// <summary><c>pods/proxy</c> and <c>services/proxy</c>: HTTP requests and WebSockets, led to a port of a pod.</summary>
internal sealed class ServiceProxy(ObjectStore store)
{
    private static readonly GroupVersionResource Services = new("", "v1", "services");

    private readonly HttpProxy _proxy = new();

    public IEnumerable<KeyValuePair<string, SubresourceHandler>> Handlers =>
    [
        new("pods/proxy", (request, definition, _) => Task.FromResult(_proxy.Forward(request, PodTarget(request, definition)))),
        new("services/proxy", (request, _, _) => Task.FromResult(_proxy.Forward(request, ServiceTarget(request)))),
    ];

    private string PodTarget(ApiRequest request, ResourceDefinition definition)
    {
        var (scheme, name, port) = Split(request.Info.Name) ?? throw StatusException.BadRequest($"invalid pod request {GoText.Quote(request.Info.Name)}");
        var pod = store.Get(new("pods", request.Info.Namespace, name))?.Parse() ?? throw StatusException.NotFound(definition.Resource, name);
        if (port.Length == 0 && pod.Objects("spec", "containers").Select(c => c.Objects("ports").FirstOrDefault()?.Integer("containerPort")).FirstOrDefault(p => p is not null) is { } first)
        {
            port = first.ToString(CultureInfo.InvariantCulture);
        }
        var address = pod.Text("status", "podIP") ?? "";
        if (!IPAddress.TryParse(address, out var ip) || IsLocal(ip)) throw StatusException.BadRequest("address not allowed");
        return Target(scheme, address, port);
    }

    private string ServiceTarget(ApiRequest request)
    {
        var (scheme, name, port) = Split(request.Info.Name) ?? throw StatusException.BadRequest($"invalid service request {GoText.Quote(request.Info.Name)}");
        if (int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            var service = store.Get(new("services", request.Info.Namespace, name))?.Parse() ?? throw StatusException.NotFound(Services, name);
            var found = service.Objects("spec", "ports").FirstOrDefault(p => p.Integer("port") == number)
                ?? throw Unavailable($"no service port {number} found for service {GoText.Quote(name)}");
            port = found.Text("name") ?? "";
        }
        var targets = new List<string>();
        foreach (var slice in store.List("endpointslices.discovery.k8s.io").Objects.Values.Where(s => s.Key.Namespace == request.Info.Namespace).Select(s => s.Parse()))
        {
            if (slice.Label("kubernetes.io/service-name") != name) continue;
            if (slice.Objects("ports").FirstOrDefault(p => (p.Text("name") ?? "") == port)?.Integer("port") is not { } reached) continue;
            // Only pods are reached: other addresses may be anything.
            targets.AddRange(slice.Objects("endpoints")
                .Where(e => e.Flag("conditions", "ready") != false && e.Text("targetRef", "kind") == "Pod")
                .SelectMany(e => e.Texts("addresses"))
                .Where(a => IPAddress.TryParse(a, out var ip) && !IsLocal(ip))
                .Select(a => Target(scheme, a, reached.ToString(CultureInfo.InvariantCulture))));
        }
        return targets.Count > 0 ? targets[Random.Shared.Next(targets.Count)] : throw Unavailable($"no endpoints available for service {GoText.Quote(request.Info.Name)}");
    }

    /// <summary><c>NAME</c>, <c>NAME:PORT</c> or <c>SCHEME:NAME:PORT</c>; null for anything else.</summary>
    private static (string Scheme, string Name, string Port)? Split(string id)
    {
        var parts = id.Split(':');
        return parts switch
        {
            [var name] when name.Length > 0 => ("http", name, ""),
            [var name, var port] when name.Length > 0 => ("http", name, port),
            ["" or "http" or "https", var name, var port] when name.Length > 0 => (parts[0].Length == 0 ? "http" : parts[0], name, port),
            _ => null,
        };
    }

    private static string Target(string scheme, string address, string port)
    {
        var host = address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;
        return port.Length == 0 ? $"{scheme}://{host}" : $"{scheme}://{host}:{port}";
    }

    /// <summary>Addresses that lead back to the server's own machine.</summary>
    private static bool IsLocal(IPAddress ip) => IPAddress.IsLoopback(ip) || ip.IsIPv6LinkLocal || ip.IsIPv6Multicast || ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any)
        || (ip.GetAddressBytes() is [169, 254, ..] or [>= 224 and < 240, ..] && ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork);

    private static StatusException Unavailable(string message) => new(503, "ServiceUnavailable", message);
}
