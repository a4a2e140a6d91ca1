using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;

namespace Mobula.RayOperator.Services;

/// <summary>The Ingress of a RayCluster's dashboard.</summary>
internal static class IngressBuilder
{
    public static string Name(RayClusterView cluster) => ObjectNames.CheckName($"{cluster.Name}-head-ingress");

    public static JsonObject Build(RayClusterView cluster)
    {
        var options = cluster.Head.Object("ingressOptions");
        var port = ServiceBuilder.HeadPorts(cluster).TryGetValue(RayPorts.DashboardName, out var number) ? number : RayPorts.Dashboard;
        var rule = new JsonObject();
        if (options?.Text("host") is { } host) rule["host"] = host;
        rule["http"] = new JsonObject
        {
            ["paths"] = new JsonArray(new JsonObject
            {
                ["path"] = options?.Text("path") ?? "/",
                ["pathType"] = options?.Text("pathType") ?? "Prefix",
                ["backend"] = new JsonObject
                {
                    ["service"] = new JsonObject { ["name"] = cluster.HeadServiceName, ["port"] = new JsonObject { ["number"] = port } },
                },
            }),
        };
        var spec = new JsonObject { ["rules"] = new JsonArray(rule) };
        if (cluster.Object.Annotation(RayAnnotations.IngressClass) is { Length: > 0 } className) spec["ingressClassName"] = className;
        if (options?.List("tls") is { } tls) spec["tls"] = tls.DeepClone();
        var annotations = new JsonObject();
        foreach (var (key, value) in cluster.Object.TextMap("metadata", "annotations").Where(a => a.Key != RayAnnotations.IngressClass)) annotations[key] = value;
        var labels = new JsonObject
        {
            [RayLabels.Cluster] = cluster.Name,
            [RayLabels.Identifier] = ObjectNames.CheckLabel($"{cluster.Name}-head"),
            [RayLabels.ApplicationName] = RayLabels.Application,
            [RayLabels.CreatedBy] = RayLabels.Operator,
        };
        var ingress = ServiceBuilder.Service(cluster.Object, Name(cluster), cluster.Namespace, labels, annotations, spec);
        ingress["apiVersion"] = "networking.k8s.io/v1";
        ingress["kind"] = "Ingress";
        return ingress;
    }
}
