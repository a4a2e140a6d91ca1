using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Node.Pods;

/// <summary>The environment variables that tell a container of the Services of its namespace. Pure.</summary>
internal static class ServiceVariables
{
    /// <summary>The variables of the services that have a cluster IP.</summary>
    /// <param name="services">All services.</param>
    /// <param name="ns">The pod's namespace.</param>
    /// <param name="links"><c>spec.enableServiceLinks</c>; without it only the service <c>kubernetes</c> is told.</param>
    public static Dictionary<string, string> Of(IEnumerable<JsonObject> services, string ns, bool links)
    {
        var chosen = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var service in services)
        {
            if (service.Text("spec", "clusterIP") is null or "" or "None") continue;
            var isApiServer = service is { Namespace: "default", Name: "kubernetes" };
            // A service of the namespace hides the API server's of the same name.
            if (service.Namespace == ns && links) chosen[service.Name] = service;
            else if (isApiServer) chosen.TryAdd(service.Name, service);
        }
        var result = new Dictionary<string, string>();
        foreach (var service in chosen.Values) Add(result, service);
        return result;
    }

    private static void Add(Dictionary<string, string> result, JsonObject service)
    {
        var prefix = service.Name.ToUpperInvariant().Replace('-', '_');
        var ip = service.Text("spec", "clusterIP")!;
        var host = ip.Contains(':', StringComparison.Ordinal) ? $"[{ip}]" : ip;
        var first = true;
        result[$"{prefix}_SERVICE_HOST"] = ip;
        foreach (var port in service.Objects("spec", "ports"))
        {
            var number = (port.Integer("port") ?? 0).ToString(CultureInfo.InvariantCulture);
            var protocol = port.Text("protocol") ?? "TCP";
            var url = $"{protocol.ToLowerInvariant()}://{host}:{number}";
            if (first)
            {
                result[$"{prefix}_SERVICE_PORT"] = number;
                result[$"{prefix}_PORT"] = url;
                first = false;
            }
            if (port.Text("name") is { Length: > 0 } name) result[$"{prefix}_SERVICE_PORT_{name.ToUpperInvariant().Replace('-', '_')}"] = number;
            var linked = $"{prefix}_PORT_{number}_{protocol.ToUpperInvariant()}";
            result[linked] = url;
            result[$"{linked}_PROTO"] = protocol.ToLowerInvariant();
            result[$"{linked}_PORT"] = number;
            result[$"{linked}_ADDR"] = ip;
        }
    }
}
