using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Pods;

namespace Mobula.RayOperator.Services;

/// <summary>The Services of a RayCluster.</summary>
internal static class ServiceBuilder
{
    /// <summary>The labels by which the head Service of a cluster is found.</summary>
    public static string HeadSelector(RayClusterView cluster) =>
        $"{RayLabels.Cluster}={cluster.Name},{RayLabels.NodeType}={RayLabels.Head},{RayLabels.Identifier}={ObjectNames.CheckLabel($"{cluster.Name}-head")}";

    /// <summary>Whether a Service is the head Service of a cluster.</summary>
    public static bool IsHeadService(RayClusterView cluster, JsonObject service) =>
        service.Label(RayLabels.Cluster) == cluster.Name
        && service.Label(RayLabels.NodeType) == RayLabels.Head
        && service.Label(RayLabels.Identifier) == ObjectNames.CheckLabel($"{cluster.Name}-head");

    /// <summary>The head Service.</summary>
    public static JsonObject Head(RayClusterView cluster)
    {
        var labels = HeadLabels(cluster);
        var ports = new JsonArray();
        foreach (var (name, port) in HeadPorts(cluster))
        {
            ports.AddNode(new JsonObject { ["name"] = name, ["appProtocol"] = "tcp", ["port"] = port });
        }
        var annotations = cluster.Object.Object("spec", "headServiceAnnotations");
        var given = cluster.Head.Object("headService");
        if (given is not null) return FromUser(cluster, given, labels, ports, annotations);
        var type = cluster.Head.Text("serviceType") ?? "";
        var spec = new JsonObject { ["selector"] = labels.Clone(), ["ports"] = ports };
        if (type.Length > 0) spec["type"] = type;
        if (type is "" or "ClusterIP" && !cluster.Options.HeadClusterIpService)
        {
            spec["clusterIP"] = "None";
            spec["publishNotReadyAddresses"] = true;
        }
        return Service(cluster.Object, cluster.HeadServiceName, cluster.Namespace, labels, annotations, spec);
    }

    /// <summary>The Service that gives the hosts of a replica names, where a group has replicas of several hosts.</summary>
    public static JsonObject? HeadlessWorkers(RayClusterView cluster)
    {
        if (!cluster.WorkerGroups.Any(g => RayClusterView.Hosts(g) > 1)) return null;
        var spec = new JsonObject
        {
            ["clusterIP"] = "None",
            ["type"] = "ClusterIP",
            ["publishNotReadyAddresses"] = true,
            ["selector"] = new JsonObject { [RayLabels.Cluster] = cluster.Name, [RayLabels.NodeType] = RayLabels.Worker },
        };
        var labels = new JsonObject { [RayLabels.HeadlessWorkerService] = cluster.Name };
        return Service(cluster.Object, $"{cluster.Name}-headless", cluster.Namespace, labels, null, spec);
    }

    /// <summary>The Service of Ray Serve for a RayCluster that asks for it by annotation.</summary>
    /// <exception cref="InvalidOperationException">The head has no port for it.</exception>
    public static JsonObject Serve(RayClusterView cluster)
    {
        var ports = ServePorts(cluster);
        if (ports.Count == 0) throw new InvalidOperationException("serve service: the head container has no port named `serve` or `serve-…`");
        var name = cluster.Name;
        var labels = new JsonObject
        {
            [RayLabels.OriginatedFromName] = name,
            [RayLabels.OriginatedFromKind] = "RayCluster",
            [RayLabels.Serve] = ObjectNames.CheckLabel($"{name}-serve"),
        };
        var spec = new JsonObject { ["selector"] = new JsonObject { [RayLabels.Cluster] = name }, ["ports"] = ports };
        if (cluster.Head.Text("serviceType") is { Length: > 0 } type) spec["type"] = type;
        return Service(cluster.Object, $"{name}-serve-svc", cluster.Namespace, labels, null, spec);
    }

    /// <summary>The head's ports for Ray Serve.</summary>
    public static JsonArray ServePorts(RayClusterView cluster)
    {
        var ports = new JsonArray();
        foreach (var (name, port) in HeadPorts(cluster))
        {
            if (name == RayPorts.ServeName || name.StartsWith("serve-", StringComparison.Ordinal)) ports.AddNode(new JsonObject { ["name"] = name, ["port"] = port });
        }
        return ports;
    }

    /// <summary>The ports of the head container by name; Ray's own where it declares none.</summary>
    public static SortedDictionary<string, long> HeadPorts(RayClusterView cluster)
    {
        var ports = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var port in PodBuilder.RayContainer(cluster.Head)?.Objects("ports") ?? [])
        {
            var number = port.Integer("containerPort") ?? 0;
            ports[port.Text("name") is { Length: > 0 } name ? name : $"{number}-port"] = number;
        }
        if (ports.Count == 0)
        {
            ports[RayPorts.ClientName] = RayPorts.Client;
            ports[RayPorts.GcsName] = RayPorts.Gcs;
            ports[RayPorts.DashboardName] = RayPorts.Dashboard;
            ports[RayPorts.MetricsName] = RayPorts.Metrics;
            ports[RayPorts.ServeName] = RayPorts.Serve;
        }
        ports.TryAdd(RayPorts.MetricsName, RayPorts.Metrics);
        return ports;
    }

    private static JsonObject HeadLabels(RayClusterView cluster) => new()
    {
        [RayLabels.Cluster] = cluster.Name,
        [RayLabels.NodeType] = RayLabels.Head,
        [RayLabels.Identifier] = ObjectNames.CheckLabel($"{cluster.Name}-head"),
        [RayLabels.ApplicationName] = cluster.Head.Text("template", "metadata", "labels", RayLabels.ApplicationName) ?? RayLabels.Application,
        [RayLabels.CreatedBy] = RayLabels.Operator,
    };

    private static JsonObject FromUser(RayClusterView cluster, JsonObject given, JsonObject labels, JsonArray ports, JsonObject? annotations)
    {
        var spec = given.Object("spec")?.Clone() ?? [];
        spec["selector"] = labels.Clone();
        if (spec.Text("type") is not { Length: > 0 } && cluster.Head.Text("serviceType") is { Length: > 0 } type) spec["type"] = type;
        var list = spec.EnsureList("ports");
        foreach (var port in ports) list.Add(port!.DeepClone());
        return Service(
            cluster.Object, cluster.HeadServiceName, cluster.Namespace,
            Merge(given.Object("metadata", "labels"), labels), Merge(given.Object("metadata", "annotations"), annotations), spec);
    }

    private static JsonObject Merge(JsonObject? first, JsonObject? winner)
    {
        var merged = first?.Clone() ?? [];
        foreach (var (key, value) in winner ?? []) merged[key] = value?.DeepClone();
        return merged;
    }

    internal static JsonObject Service(JsonObject owner, string name, string ns, JsonObject labels, JsonObject? annotations, JsonObject spec)
    {
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = ns, ["labels"] = labels };
        if (annotations is { Count: > 0 }) metadata["annotations"] = annotations.Clone();
        metadata["ownerReferences"] = new JsonArray(RayClusterView.ControllerReference(owner));
        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Service", ["metadata"] = metadata, ["spec"] = spec };
    }
}
