using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Selectors;

namespace Mobula.Controllers.Endpoints;

/// <summary>Which pods stand behind a Service, and how.</summary>
internal static class ServiceEndpoints
{
    public const string Headless = "service.kubernetes.io/headless";

    /// <summary>The pods of a Service that have an address; those that have ended are not among them.</summary>
    public static IEnumerable<JsonObject> Pods(JsonObject service, IEnumerable<JsonObject> pods, Func<string, JsonObject?> nodes)
    {
        var selector = LabelSelector.FromLabels(service.TextMap("spec", "selector"));
        return pods.Where(p => selector.Matches(p) && !PodState.HasEnded(p) && Addresses(p).Any()
            // A node that does not exist cannot be reached; who publishes all wants even that.
            && (nodes(p.Text("spec", "nodeName") ?? "") is not null || PublishesAll(service)));
    }

    public static bool HasSelector(JsonObject service) => service.Object("spec", "selector") is { Count: > 0 } && service.Text("spec", "type") != "ExternalName";

    public static bool IsHeadless(JsonObject service) => service.Text("spec", "clusterIP") == "None";

    public static bool PublishesAll(JsonObject service) => service.Flag("spec", "publishNotReadyAddresses") == true;

    /// <summary>The pod's addresses.</summary>
    public static IEnumerable<string> Addresses(JsonObject pod)
    {
        var all = pod.Objects("status", "podIPs").Select(i => i.Text("ip")).OfType<string>().Where(i => i.Length > 0).ToArray();
        return all.Length > 0 ? all : pod.Text("status", "podIP") is { Length: > 0 } one ? [one] : [];
    }

    /// <summary>The address of a family, <c>IPv4</c> or <c>IPv6</c>.</summary>
    public static string? Address(JsonObject pod, string family) =>
        Addresses(pod).FirstOrDefault(a => a.Contains(':', StringComparison.Ordinal) == (family == "IPv6"));

    /// <summary>The ports as they are on a pod: named target ports are looked up. Ports that the pod lacks are left out.</summary>
    public static IEnumerable<EndpointPort> Ports(JsonObject service, JsonObject pod)
    {
        foreach (var port in service.Objects("spec", "ports"))
        {
            var protocol = port.Text("protocol") ?? "TCP";
            if (Target(port, pod, protocol) is not { } number) continue;
            yield return new(port.Text("name") ?? "", protocol, number, port.Text("appProtocol"));
        }
    }

    /// <summary>The name of the host, when it is one within the Service's subdomain.</summary>
    public static string? Hostname(JsonObject service, JsonObject pod) =>
        pod.Text("spec", "hostname") is { Length: > 0 } hostname && pod.Text("spec", "subdomain") == service.Name ? hostname : null;

    public static JsonObject TargetReference(JsonObject pod) => new()
    {
        ["kind"] = "Pod",
        ["namespace"] = pod.Namespace,
        ["name"] = pod.Name,
        ["uid"] = pod.Uid,
    };

    private static long? Target(JsonObject port, JsonObject pod, string protocol)
    {
        if (port.At("targetPort") is not JsonValue target) return port.Integer("port");
        if (target.GetValueKind() == JsonValueKind.Number) return port.Integer("targetPort") is > 0 and var number ? number : port.Integer("port");
        var name = port.Text("targetPort");
        if (long.TryParse(name, CultureInfo.InvariantCulture, out var parsed)) return parsed;
        return pod.Objects("spec", "containers").Concat(pod.Objects("spec", "initContainers").Where(c => c.Text("restartPolicy") == "Always"))
            .SelectMany(c => c.Objects("ports"))
            .FirstOrDefault(p => p.Text("name") == name && (p.Text("protocol") ?? "TCP") == protocol)?.Integer("containerPort");
    }
}
