using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Hashing;
using Mobula.RayOperator.Pods;
using Mobula.RayOperator.Services;

namespace Mobula.RayOperator.RayServices;

/// <summary>From a RayService to its RayCluster and Services. Pure.</summary>
internal static class ServiceObjects
{
    public static JsonObject Cluster(ServiceView service, string name)
    {
        var labels = service.Object.Object("metadata", "labels")?.Clone() ?? [];
        labels[RayLabels.OriginatedFromName] = service.Name;
        labels[RayLabels.OriginatedFromKind] = "RayService";
        var annotations = service.Object.Object("metadata", "annotations")?.Clone() ?? [];
        annotations.Remove("kubectl.kubernetes.io/last-applied-configuration");
        annotations[RayAnnotations.SpecHash] = Hash(service.ClusterSpec);
        annotations[RayAnnotations.WorkerGroupCount] = service.ClusterSpec.Objects("workerGroupSpecs").Count().ToString(CultureInfo.InvariantCulture);
        annotations[RayAnnotations.OperatorVersion] = RayOperatorOptions.KubeRayVersion;
        var spec = service.ClusterSpec.Clone();
        TypedForm.Complete(spec);
        return new JsonObject
        {
            ["apiVersion"] = RayResources.ApiVersion,
            ["kind"] = "RayCluster",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = service.Namespace,
                ["labels"] = labels,
                ["annotations"] = annotations,
                ["ownerReferences"] = new JsonArray(RayClusterView.ControllerReference(service.Object)),
            },
            ["spec"] = spec,
        };
    }

    /// <summary>How a cluster differs from what its service asks for.</summary>
    public static ClusterDifference Compare(ServiceView service, JsonObject cluster)
    {
        var known = cluster.Annotation(RayAnnotations.SpecHash);
        if (known == Hash(service.ClusterSpec)) return ClusterDifference.None;
        if (!int.TryParse(cluster.Annotation(RayAnnotations.WorkerGroupCount), NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return ClusterDifference.AddedGroups;
        var part = service.ClusterSpec.Clone();
        if (part.List("workerGroupSpecs") is not { } groups || groups.Count < count) return ClusterDifference.Other;
        while (groups.Count > count) groups.RemoveAt(groups.Count - 1);
        return known == Hash(part) ? ClusterDifference.AddedGroups : ClusterDifference.Other;
    }

    public static JsonObject HeadService(ServiceView service, RayClusterView cluster)
    {
        var o = ServiceBuilder.Head(cluster);
        o.Metadata.Remove("annotations");
        o.Metadata["name"] = service.HeadServiceName;
        o.Metadata["labels"] = new JsonObject
        {
            [RayLabels.OriginatedFromName] = service.Name,
            [RayLabels.OriginatedFromKind] = "RayService",
            [RayLabels.NodeType] = RayLabels.Head,
            [RayLabels.Identifier] = ObjectNames.CheckLabel($"{service.Name}-head"),
        };
        o.Metadata["ownerReferences"] = new JsonArray(RayClusterView.ControllerReference(service.Object));
        return o;
    }

    /// <exception cref="ReconcileException">The head has no port for Ray Serve, and the user gave none.</exception>
    public static JsonObject ServeService(ServiceView service, RayClusterView cluster)
    {
        var labels = new JsonObject
        {
            [RayLabels.OriginatedFromName] = service.Name,
            [RayLabels.OriginatedFromKind] = "RayService",
            [RayLabels.Serve] = ObjectNames.CheckLabel($"{service.Name}-serve"),
        };
        var selector = new JsonObject { [RayLabels.Cluster] = cluster.Name, [RayLabels.Serve] = "true" };
        var ports = ServiceBuilder.ServePorts(cluster);
        var given = service.Object.Object("spec", "serveService");
        if (ports.Count == 0 && given?.List("spec", "ports") is not { Count: > 0 }) throw new ReconcileException("Please specify the port named 'serve' in the Ray head container to create the serve service");
        var type = cluster.Head.Text("serviceType");
        var spec = given?.Object("spec")?.Clone() ?? [];
        spec["selector"] = selector;
        if (spec.Text("type") is not { Length: > 0 } && type is { Length: > 0 }) spec["type"] = type;
        if (ports.Count > 0)
        {
            var merged = new JsonArray();
            foreach (var port in ports.OfType<JsonObject>())
            {
                merged.AddNode((given?.Objects("spec", "ports").FirstOrDefault(p => p.Text("name") == port.Text("name")) ?? port).DeepClone());
            }
            spec["ports"] = merged;
        }
        var all = given?.Object("metadata", "labels")?.Clone() ?? [];
        foreach (var (key, value) in labels) all[key] = value!.DeepClone();
        return ServiceBuilder.Service(service.Object, service.ServeServiceName, service.Namespace, all, given?.Object("metadata", "annotations"), spec);
    }

    private static string Hash(JsonObject spec)
    {
        var hashed = spec.Clone();
        hashed.Remove("suspend");
        TypedForm.Complete(hashed);
        return SpecHash.Compute(hashed);
    }
}

/// <summary>How a cluster differs from what its service asks for.</summary>
internal enum ClusterDifference
{
    None,

    /// <summary>Only by worker groups added at the end, which go into the same cluster.</summary>
    AddedGroups,

    /// <summary>By more: another cluster is needed.</summary>
    Other,
}
