using System.Text.Json.Nodes;
using static Mobula.Ray.Definitions.SchemaParts;

namespace Mobula.Ray.Definitions;

/// <summary>The schema of a RayCluster.</summary>
internal static class RayClusterDefinition
{
    public static JsonObject Build() => RayDefinitions.Definition(
        "RayCluster", "rayclusters", RayDefinitions.Root(Spec(), Status()),
        RayDefinitions.Column("desired workers", "integer", ".status.desiredWorkerReplicas"),
        RayDefinitions.Column("available workers", "integer", ".status.availableWorkerReplicas"),
        RayDefinitions.Column("cpus", "string", ".status.desiredCPU"),
        RayDefinitions.Column("memory", "string", ".status.desiredMemory"),
        RayDefinitions.Column("gpus", "string", ".status.desiredGPU"),
        RayDefinitions.Column("tpus", "string", ".status.desiredTPU", priority: 1),
        RayDefinitions.Column("status", "string", ".status.state"),
        RayDefinitions.Column("age", "date", ".metadata.creationTimestamp"),
        RayDefinitions.Column("head pod IP", "string", ".status.head.podIP", priority: 1),
        RayDefinitions.Column("head service IP", "string", ".status.head.serviceIP", priority: 1));

    /// <summary>The spec; RayJobs and RayServices hold one too.</summary>
    public static JsonObject Spec() => Fields(
        ("authOptions", Fields(("enableK8sTokenAuth", Flag()), ("mode", Choice("disabled", "token")), ("secretName", Text()))),
        ("autoscalerOptions", Autoscaler()),
        ("enableInTreeAutoscaling", Flag()),
        ("gcsFaultToleranceOptions", FaultTolerance()),
        ("headGroupSpec!", Head()),
        ("headServiceAnnotations", TextMap()),
        ("historyServerOptions", Fields(("collectorOptions", Fields(
            ("env", ListOf(EmbeddedTypes.CoreType("EnvVar"))), ("image", Text()), ("imagePullPolicy", Text()),
            ("resources", EmbeddedTypes.CoreType("ResourceRequirements")))))),
        ("managedBy", ManagedBy()),
        ("networkPolicy", NetworkPolicy()),
        ("rayVersion", Text()),
        ("suspend", Flag()),
        ("tlsOptions", Fields(("enabled", Flag()))),
        ("upgradeStrategy", Fields(("type", Choice("Recreate", "None")))),
        ("workerGroupSpecs", ListOf(Worker())));

    public static JsonObject ManagedBy() => Text()
        .Rule("self == oldSelf", "the managedBy field is immutable")
        .Rule(
            "self in ['ray.io/kuberay-operator', 'kueue.x-k8s.io/multikueue']",
            "the managedBy field value must be either 'ray.io/kuberay-operator' or 'kueue.x-k8s.io/multikueue'");

    public static JsonObject Status() => Fields(
        ("availableWorkerReplicas", Int32()),
        ("conditions", ListByKey(EmbeddedTypes.Condition(), "type")),
        ("desiredCPU", Quantity()),
        ("desiredGPU", Quantity()),
        ("desiredMemory", Quantity()),
        ("desiredTPU", Quantity()),
        ("desiredWorkerReplicas", Int32()),
        ("endpoints", TextMap()),
        ("head", Fields(("podIP", Text()), ("podName", Text()), ("serviceIP", Text()), ("serviceName", Text()))),
        ("lastUpdateTime", Time().With("nullable", true)),
        ("maxWorkerReplicas", Int32()),
        ("minWorkerReplicas", Int32()),
        ("observedGeneration", Int64()),
        ("readyWorkerReplicas", Int32()),
        ("reason", Text()),
        ("state", Text()),
        ("stateTransitionTimes", MapOf(Time())));

    private static JsonObject Autoscaler() => Fields(
        ("args", ListOf(Text())),
        ("command", ListOf(Text())),
        ("env", ListOf(EmbeddedTypes.CoreType("EnvVar"))),
        ("envFrom", ListOf(EmbeddedTypes.CoreType("EnvFromSource"))),
        ("idleTimeoutSeconds", Int32()),
        ("image", Text()),
        ("imagePullPolicy", Text()),
        ("resources", EmbeddedTypes.CoreType("ResourceRequirements")),
        ("securityContext", EmbeddedTypes.CoreType("SecurityContext")),
        ("upscalingMode", Choice("Default", "Aggressive", "Conservative")),
        ("version", Choice("v1", "v2")),
        ("volumeMounts", ListOf(EmbeddedTypes.CoreType("VolumeMount"))));

    private static JsonObject FaultTolerance()
    {
        static JsonObject Credential() => Fields(("value", Text()), ("valueFrom", EmbeddedTypes.CoreType("EnvVarSource")));
        return Fields(
            ("backend", Choice("redis", "rocksdb").Rule("self == oldSelf", "gcsFaultToleranceOptions.backend is immutable")),
            ("externalStorageNamespace", Text()),
            ("redisAddress", Text()),
            ("redisPassword", Credential()),
            ("redisUsername", Credential()),
            ("storage", Fields(
                ("accessModes", ListOf(Text())),
                ("claimName", Text()),
                ("deletionPolicy", Choice("DeleteWithCluster", "Retain")),
                ("size", Quantity()),
                ("storageClassName", Text()),
                ("subPath", Text()))));
    }

    private static JsonObject NetworkPolicy()
    {
        static JsonObject Ingress() => ListOf(EmbeddedTypes.NetworkingType("NetworkPolicyIngressRule"));
        static JsonObject Egress() => ListOf(EmbeddedTypes.NetworkingType("NetworkPolicyEgressRule"));
        return Fields(
            ("head", Fields(("egressRules", Egress()), ("ingressRules", Ingress()))),
            ("mode", Choice("DenyAll", "DenyAllIngress", "DenyAllEgress").Default("DenyAll")),
            ("worker", Fields(("egressRules", Egress()), ("ingressRules", Ingress()))),
            ("workerGroups", ListByKey(Fields(("egressRules", Egress()), ("groupName!", Text()), ("ingressRules", Ingress())), "groupName")));
    }

    private static JsonObject Head() => Fields(
        ("enableIngress", Flag()),
        ("headService", EmbeddedTypes.CoreType("Service")),
        ("ingressOptions", Fields(
            ("host", Text()),
            ("path", Text()),
            ("pathType", Choice("Exact", "Prefix", "ImplementationSpecific")),
            ("tls", ListOf(EmbeddedTypes.NetworkingType("IngressTLS"))))),
        ("labels", TextMap()),
        ("rayStartParams", TextMap()),
        ("resources", TextMap()),
        ("serviceType", Text()),
        ("template!", EmbeddedTypes.CoreType("PodTemplateSpec")));

    private static JsonObject Worker() => Fields(
        ("groupName!", Text()),
        ("idleTimeoutSeconds", Int32()),
        ("labels", TextMap()),
        ("maxReplicas!", Int32().Default(int.MaxValue)),
        ("minReplicas!", Int32().Default(0)),
        ("numOfHosts", Int32().Default(1)),
        ("priority", Int32().Default(0)),
        ("rayStartParams", TextMap()),
        ("replicas", Int32().Default(0)),
        ("resources", TextMap()),
        ("scaleStrategy", Fields(("workersToDelete", ListOf(Text())))),
        ("suspend", Flag()),
        ("template!", EmbeddedTypes.CoreType("PodTemplateSpec")));
}
