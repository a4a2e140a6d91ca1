using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tables;

/// <summary>The table of nodes.</summary>
internal static class NodeTable
{
    private const string RolePrefix = "node-role.kubernetes.io/";

    public static TableFormat Format { get; } = TableFormats.Make("Status Roles Age Version +Internal-IP +External-IP +OS-Image +Kernel-Version +Container-Runtime", (node, now) =>
    {
        var ready = node.Objects("status", "conditions").FirstOrDefault(c => c.Text("type") == "Ready");
        var status = ready is null ? "Unknown" : ready.Text("status") == "True" ? "Ready" : "NotReady";
        if (node.Flag("spec", "unschedulable") == true) status += ",SchedulingDisabled";
        var roles = node.TextMap("metadata", "labels").Where(l => l.Key.StartsWith(RolePrefix, StringComparison.Ordinal) && l.Key.Length > RolePrefix.Length)
            .Select(l => l.Key[RolePrefix.Length..]).Order(StringComparer.Ordinal).ToList();
        return
        [
            status, roles.Count == 0 ? "<none>" : string.Join(',', roles), Ages.Of(node, now), node.Text("status", "nodeInfo", "kubeletVersion") ?? "",
            Address(node, "InternalIP"), Address(node, "ExternalIP"), Known(node, "osImage"), Kernel(node), Known(node, "containerRuntimeVersion"),
        ];
    });

    private static string Address(JsonObject node, string type) => node.Objects("status", "addresses").FirstOrDefault(a => a.Text("type") == type)?.Text("address") ?? "<none>";

    private static string Kernel(JsonObject node) =>
        node.Text("status", "nodeInfo", "architecture") is { Length: > 0 } architecture ? $"{Known(node, "kernelVersion")} ({architecture})" : Known(node, "kernelVersion");

    private static string Known(JsonObject node, string field) => node.Text("status", "nodeInfo", field) is { Length: > 0 } text ? text : "<unknown>";
}

/// <summary>The table of Services.</summary>
internal static class ServiceTable
{
    public static TableFormat Format { get; } = TableFormats.Make("Type Cluster-IP External-IP Port(s) Age +Selector", (service, now) =>
    [
        service.Text("spec", "type"), service.Text("spec", "clusterIP") is { Length: > 0 } ip ? ip : "<none>", External(service),
        service.Objects("spec", "ports").Any() ? string.Join(',', service.Objects("spec", "ports").Select(Port)) : "<none>", Ages.Of(service, now),
        TableFormats.Labels(service.Object("spec", "selector")),
    ]);

    private static string Port(JsonObject port) =>
        port.Integer("nodePort") is > 0 and var node ? $"{port.Integer("port")}:{node}/{port.Text("protocol")}" : $"{port.Integer("port")}/{port.Text("protocol")}";

    private static string External(JsonObject service)
    {
        var given = service.Texts("spec", "externalIPs").ToList();
        switch (service.Text("spec", "type"))
        {
            case "ExternalName":
                return service.Text("spec", "externalName") ?? "";
            case "LoadBalancer":
                var addresses = service.Objects("status", "loadBalancer", "ingress").Select(i => i.Text("ip") ?? i.Text("hostname") ?? "").Concat(given).ToList();
                return addresses.Count == 0 ? "<pending>" : string.Join(',', addresses);
            default:
                return given.Count == 0 ? "<none>" : string.Join(',', given);
        }
    }
}

/// <summary>The table of events.</summary>
internal static class EventTable
{
    public static TableFormat Format { get; } = new(
        [
            new("Last Seen", "string", ""), new("Type", "string", ""), new("Reason", "string", ""), new("Object", "string", ""), new("Subobject", "string", "", 1),
            new("Source", "string", "", 1), new("Message", "string", ""), new("First Seen", "string", "", 1), new("Count", "string", "", 1), TableColumn.ObjectName with { Priority = 1 },
        ],
        (e, now) =>
        {
            var about = e.Object("involvedObject") ?? e.Object("regarding") ?? [];
            var first = e.Text("firstTimestamp") ?? e.Text("deprecatedFirstTimestamp") ?? e.Text("eventTime");
            var last = e.Text("series", "lastObservedTime") ?? e.Text("lastTimestamp") ?? e.Text("deprecatedLastTimestamp") ?? first;
            var kind = (about.Text("kind") ?? "").ToLowerInvariant();
            var source = e.Text("source", "component") is { Length: > 0 } component
                ? e.Text("source", "host") is { Length: > 0 } host ? $"{component}, {host}" : component
                : e.Text("reportingComponent") ?? e.Text("reportingController") ?? "";
            return new JsonArray(
                Ages.Since(last, now), e.Text("type"), e.Text("reason"), about.Text("name") is { Length: > 0 } name ? $"{kind}/{name}" : kind, about.Text("fieldPath") ?? "",
                source, (e.Text("message") ?? e.Text("note") ?? "").Trim(), Ages.Since(first, now),
                e.Integer("series", "count") ?? e.Integer("count") ?? e.Integer("deprecatedCount") ?? 1, e.Name);
        });
}
