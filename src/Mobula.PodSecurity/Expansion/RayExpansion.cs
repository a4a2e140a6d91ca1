using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Remediation;

namespace Mobula.PodSecurity.Expansion;

/// <summary>
/// The pods of Ray resources, with the containers the operator adds: <c>wait-gcs-ready</c>, <c>wait-for-tls-ip-san</c>,
/// <c>autoscaler</c>, <c>ray-history-collector</c>, <c>ray-job-submitter</c>, and the Redis cleanup.
/// </summary>
internal sealed class RayExpansion(RayOperatorKind rayOperator)
{
    public IReadOnlyList<ExpandedPod> Expand(JsonObject resource)
    {
        var pods = resource.Kind switch
        {
            "RayCluster" => Cluster(resource, FieldPath.Root.Then("spec"), sidecarSubmitter: false),
            "RayJob" => Job(resource, FieldPath.Root.Then("spec")),
            "RayService" => Cluster(resource, FieldPath.Root.Then("spec", "rayClusterConfig"), sidecarSubmitter: false),
            "RayCronJob" => Job(resource, FieldPath.Root.Then("spec", "jobTemplate")),
            _ => [],
        };
        foreach (var pod in pods)
        {
            PodExpansion.DefaultVolumes(pod.Pod);
            if (rayOperator == RayOperatorKind.Mobula && PodSecurityDefaults.AreOnFor(resource)) PodSecurityDefaults.Apply(pod.Pod.Ensure("spec"));
        }
        return pods;
    }

    private static List<ExpandedPod> Job(JsonObject resource, FieldPath at)
    {
        var mode = at.Then("submissionMode").In(resource)?.ToString() ?? "K8sJobMode";
        var cluster = at.Then("rayClusterSpec");
        var pods = cluster.In(resource) is JsonObject ? Cluster(resource, cluster, mode == "SidecarMode") : [];
        if (mode is not ("K8sJobMode" or "")) return pods;
        var template = at.Then("submitterPodTemplate");
        if (template.In(resource) is JsonObject own)
        {
            pods.Add(new("submitter pod", own.Clone(), template, []));
            return pods;
        }
        var submitter = new JsonObject
        {
            ["metadata"] = new JsonObject(),
            ["spec"] = new JsonObject { ["restartPolicy"] = "Never", ["containers"] = new JsonArray(new JsonObject { ["name"] = "ray-job-submitter" }) },
        };
        pods.Add(new("submitter pod", submitter, null,
            [new("ray-job-submitter", ContainerAt("containers", 0), null, $"no field sets its securityContext, but a whole {template} does")]));
        return pods;
    }

    private static List<ExpandedPod> Cluster(JsonObject resource, FieldPath at, bool sidecarSubmitter)
    {
        if (at.In(resource) is not JsonObject spec) return [];
        List<ExpandedPod> pods = [];
        var headAt = at.Then("headGroupSpec", "template");
        if (headAt.In(resource) is JsonObject head)
        {
            pods.Add(Head(head, headAt, spec, at, sidecarSubmitter));
            if (UsesRedis(resource, spec)) pods.Add(RedisCleanup(head, headAt));
        }
        var index = 0;
        foreach (var group in spec.Objects("workerGroupSpecs"))
        {
            var workerAt = at.Then("workerGroupSpecs").Then(index++).Then("template");
            if (group.Object("template") is { } worker) pods.Add(Worker(worker, workerAt, spec, group.Text("groupName") ?? ""));
        }
        return pods;
    }

    private static ExpandedPod Head(JsonObject template, FieldPath at, JsonObject cluster, FieldPath clusterAt, bool sidecarSubmitter)
    {
        var pod = template.Clone();
        List<InjectedContainer> injected = [];
        if (HasTls(cluster)) AddCopyOfRayContainer(pod, at, "wait-for-tls-ip-san", injected, first: true);
        if (sidecarSubmitter)
        {
            Add(pod, new JsonObject { ["name"] = "ray-job-submitter" }, injected, null, "no field sets its securityContext; use submissionMode K8sJobMode or HTTPMode");
        }
        if (cluster.Flag("enableInTreeAutoscaling") == true)
        {
            var autoscaler = new JsonObject { ["name"] = "autoscaler" };
            if (cluster.Object("autoscalerOptions", "securityContext") is { } context) autoscaler["securityContext"] = context.DeepClone();
            var field = clusterAt.Then("autoscalerOptions", "securityContext");
            Add(pod, autoscaler, injected, field, $"{field} sets its securityContext; it does not inherit the Ray container's");
        }
        AddCollector(pod, cluster, injected);
        return new("head pod", pod, at, injected);
    }

    private static ExpandedPod Worker(JsonObject template, FieldPath at, JsonObject cluster, string group)
    {
        var pod = template.Clone();
        List<InjectedContainer> injected = [];
        if (HasTls(cluster)) AddCopyOfRayContainer(pod, at, "wait-for-tls-ip-san", injected, first: true);
        AddCopyOfRayContainer(pod, at, "wait-gcs-ready", injected, first: false);
        AddCollector(pod, cluster, injected);
        return new($"worker pod of group {group}", pod, at, injected);
    }

    private static ExpandedPod RedisCleanup(JsonObject template, FieldPath at)
    {
        var pod = template.Clone();
        if (pod.List("spec", "containers") is { Count: > 0 } containers)
        {
            while (containers.Count > 1) containers.RemoveAt(containers.Count - 1);
        }
        return new("Redis cleanup pod", pod, at, []);
    }

    private static bool HasTls(JsonObject cluster) => cluster.Flag("tlsOptions", "enabled") == true;

    private static bool UsesRedis(JsonObject resource, JsonObject cluster) => cluster.Object("gcsFaultToleranceOptions") is { } options
        ? options.Text("backend") is null or "" or "redis"
        // A RayCronJob's RayJobs do not carry its annotations.
        : resource.Kind != "RayCronJob" && string.Equals(resource.Annotation("ray.io/ft-enabled"), "true", StringComparison.OrdinalIgnoreCase);

    private static void AddCollector(JsonObject pod, JsonObject cluster, List<InjectedContainer> injected)
    {
        if (cluster.Object("historyServerOptions", "collectorOptions") is null) return;
        Add(pod, new JsonObject { ["name"] = "ray-history-collector" }, injected, null, "no field sets its securityContext; leave historyServerOptions out");
    }

    private static void Add(JsonObject pod, JsonObject container, List<InjectedContainer> injected, FieldPath? context, string origin)
    {
        var spec = pod.Ensure("spec");
        if (spec["containers"] is not JsonArray containers) spec["containers"] = containers = [];
        injected.Add(new(container.Text("name")!, ContainerAt("containers", containers.Count), context, origin));
        containers.Add((JsonNode)container);
    }

    private static void AddCopyOfRayContainer(JsonObject pod, FieldPath at, string name, List<InjectedContainer> injected, bool first)
    {
        var spec = pod.Ensure("spec");
        var ray = spec.Objects("containers").FirstOrDefault();
        var copy = new JsonObject { ["name"] = name };
        if (ray?.Object("securityContext") is { } context) copy["securityContext"] = context.DeepClone();
        if (spec["initContainers"] is not JsonArray containers) spec["initContainers"] = containers = [];
        injected.Add(new(name, ContainerAt("initContainers", first ? 0 : containers.Count),
            at.Then(ContainerAt("containers", 0)).Then("securityContext"), $"it copies the securityContext of the container {ray?.Text("name")}"));
        containers.Insert(first ? 0 : containers.Count, copy);
    }

    private static FieldPath ContainerAt(string list, int index) => FieldPath.Root.Then("spec", list).Then(index);
}
