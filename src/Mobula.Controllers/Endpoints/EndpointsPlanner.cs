using System.Text.Json.Nodes;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Endpoints;

/// <summary>Plans the older Endpoints object of a Service.</summary>
internal static class EndpointsPlanner
{
    public const string ManagedBy = "endpoints.kubernetes.io/managed-by";
    public const string Manager = "endpoint-controller";

    /// <summary>The object as it should be; null when it is so already.</summary>
    public static JsonObject? Plan(JsonObject service, IReadOnlyCollection<JsonObject> pods, JsonObject? existing, string trigger)
    {
        var subsets = Subsets(service, pods);
        var labels = new JsonObject();
        foreach (var (key, value) in service.TextMap("metadata", "labels"))
        {
            if (key != ServiceEndpoints.Headless && key != ManagedBy) labels[key] = value;
        }
        if (ServiceEndpoints.IsHeadless(service)) labels[ServiceEndpoints.Headless] = "";
        labels[ManagedBy] = Manager;
        var same = existing is not null && JsonNode.DeepEquals(existing["subsets"] ?? new JsonArray(), subsets) && JsonNode.DeepEquals(existing.At("metadata", "labels"), labels);
        if (same) return null;
        var wanted = existing?.Clone() ?? new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Endpoints",
            ["metadata"] = new JsonObject { ["name"] = service.Name, ["namespace"] = service.Namespace },
        };
        wanted.Metadata["labels"] = labels;
        wanted.Ensure("metadata", "annotations")[EndpointSlicePlanner.TriggerTime] = trigger;
        if (subsets.Count > 0) wanted["subsets"] = subsets;
        else wanted.Remove("subsets");
        return wanted;
    }

    private static JsonArray Subsets(JsonObject service, IReadOnlyCollection<JsonObject> pods)
    {
        var family = service.Texts("spec", "ipFamilies").FirstOrDefault() ?? "IPv4";
        var subsets = new JsonArray();
        var groups = pods
            .Where(p => ServiceEndpoints.Address(p, family) is not null && (!p.IsTerminating || ServiceEndpoints.PublishesAll(service)))
            .GroupBy(p => string.Join(';', ServiceEndpoints.Ports(service, p)))
            .OrderBy(g => g.Key, StringComparer.Ordinal);
        foreach (var group in groups)
        {
            var ports = ServiceEndpoints.Ports(service, group.First()).ToArray();
            if (ports.Length == 0 && !ServiceEndpoints.IsHeadless(service)) continue;
            var subset = new JsonObject();
            foreach (var (field, ready) in (ReadOnlySpan<(string, bool)>)[("addresses", true), ("notReadyAddresses", false)])
            {
                var addresses = group.Where(p => (PodState.IsReady(p) || ServiceEndpoints.PublishesAll(service)) == ready)
                    .Select(p => Address(service, p, family)).OrderBy(a => a.Text("ip"), StringComparer.Ordinal).ToArray();
                if (addresses.Length > 0) subset[field] = new JsonArray([.. addresses]);
            }
            if (ports.Length > 0) subset["ports"] = new JsonArray([.. ports.Select(Port)]);
            subsets.Add((JsonNode)subset);
        }
        return subsets;
    }

    private static JsonObject Address(JsonObject service, JsonObject pod, string family)
    {
        var address = new JsonObject { ["ip"] = ServiceEndpoints.Address(pod, family) };
        if (ServiceEndpoints.Hostname(service, pod) is { } hostname) address["hostname"] = hostname;
        if (pod.Text("spec", "nodeName") is { Length: > 0 } node) address["nodeName"] = node;
        address["targetRef"] = ServiceEndpoints.TargetReference(pod);
        return address;
    }

    private static JsonObject Port(EndpointPort port)
    {
        var o = new JsonObject();
        if (port.Name.Length > 0) o["name"] = port.Name;
        o["port"] = port.Port;
        o["protocol"] = port.Protocol;
        if (port.AppProtocol is not null) o["appProtocol"] = port.AppProtocol;
        return o;
    }
}
