using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;

namespace Mobula.RayOperator.Clusters;

/// <summary>What the operator reads from a RayCluster. It never changes the object.</summary>
internal sealed class RayClusterView(JsonObject cluster, RayOperatorOptions options)
{
    public JsonObject Object => cluster;

    public RayOperatorOptions Options => options;

    public string Name => cluster.Name;

    public string Namespace => cluster.Namespace ?? "default";

    public JsonObject Head { get; } = cluster.Object("spec", "headGroupSpec") ?? [];

    public JsonObject[] WorkerGroups { get; } = [.. cluster.Objects("spec", "workerGroupSpecs")];

    public string? RayVersion => cluster.Text("spec", "rayVersion");

    public bool Autoscaling => cluster.Flag("spec", "enableInTreeAutoscaling") == true;

    public JsonObject? AutoscalerOptions => cluster.Object("spec", "autoscalerOptions");

    public JsonObject? FaultTolerance => cluster.Object("spec", "gcsFaultToleranceOptions");

    public bool IsFaultTolerant =>
        FaultTolerance is not null || string.Equals(cluster.Annotation(RayAnnotations.FaultToleranceEnabled), "true", StringComparison.OrdinalIgnoreCase);

    public bool UsesRocksDb => FaultTolerance?.Text("backend") == "rocksdb";

    public bool UsesRedis => IsFaultTolerant && !UsesRocksDb;

    public bool UsesTokenAuth => cluster.Text("spec", "authOptions", "mode") == "token";

    public bool UsesKubernetesTokens => cluster.Flag("spec", "authOptions", "enableK8sTokenAuth") == true;

    public string AuthSecretName =>
        cluster.Text("spec", "authOptions", "secretName") is { Length: > 0 } name ? name : ObjectNames.CheckName(Name);

    /// <summary>The kind of the object that asked for this cluster; it decides some of its pods' environment.</summary>
    public string Creator => cluster.Label(RayLabels.OriginatedFromKind) is { } kind and ("RayCluster" or "RayJob" or "RayService") ? kind : "RayCluster";

    public string HeadServiceName => Head.Text("headService", "metadata", "name") is { Length: > 0 } name ? name : $"{Name}-head-svc";

    public string HeadAddress => $"{HeadServiceName}.{Namespace}.svc.{options.ClusterDomain}";

    public string HeadPort => Head.Text("rayStartParams", "port") is { Length: > 0 } port ? port : $"{RayPorts.Gcs}";

    public bool OverwritesCommand => string.Equals(cluster.Annotation(RayAnnotations.OverwriteContainerCommand), "true", StringComparison.OrdinalIgnoreCase);

    public bool Suspends => cluster.Flag("spec", "suspend") == true;

    /// <summary>Whether containers are made to comply with <em>restricted</em> where the user said nothing.</summary>
    public bool PodSecurityDefaults =>
        options.PodSecurityDefaults && Mobula.PodSecurity.Remediation.PodSecurityDefaults.AreOnFor(cluster);

    public bool Gate(string gate) => options.FeatureGates[gate];

    public string? Condition(string type) => Conditions.Status(cluster, type);

    /// <summary>The pods a group is to have: replicas within their bounds, times the hosts of a replica.</summary>
    public static long DesiredPods(JsonObject group)
    {
        if (group.Flag("suspend") == true) return 0;
        var (least, most) = (MinReplicas(group), MaxReplicas(group));
        var replicas = group.Integer("replicas") ?? least;
        return (replicas < least ? least : replicas > most ? most : replicas) * Hosts(group);
    }

    public static long MinReplicas(JsonObject group) => group.Integer("minReplicas") ?? 0;

    public static long MaxReplicas(JsonObject group) => group.Integer("maxReplicas") ?? int.MaxValue;

    public static long Hosts(JsonObject group) => group.Integer("numOfHosts") ?? 1;

    /// <summary>The reference by which what is made for an object is owned by it.</summary>
    public static JsonObject ControllerReference(JsonObject owner) => new()
    {
        ["apiVersion"] = RayResources.ApiVersion,
        ["kind"] = owner.Kind,
        ["name"] = owner.Name,
        ["uid"] = owner.Uid,
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    };
}
