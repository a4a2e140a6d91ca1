using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Remediation;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;

namespace Mobula.RayOperator.Pods;

/// <summary>The place of a worker pod in its group.</summary>
/// <param name="Replica">The smallest index no other replica of the group has.</param>
/// <param name="ReplicaName">Shared by the hosts of a replica of several hosts; else null.</param>
/// <param name="Host">The index of the host within its replica.</param>
internal readonly record struct WorkerPlace(int Replica, string? ReplicaName = null, int Host = 0);

/// <summary>From a RayCluster to its pods, equal to KubeRay's to the letter where <see cref="RayOperatorOptions.PodSecurityDefaults"/> is off.</summary>
internal static class PodBuilder
{
    private const string SharedMemory = "/dev/shm";
    private const string LogDirectory = "/tmp/ray";
    private const string LogVolume = "ray-logs";

    /// <summary>The head pod.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="specHash">The hash of the spec, for the Recreate strategy; null leaves its annotations out.</param>
    public static JsonObject Head(RayClusterView cluster, string? specHash)
    {
        var pod = Start(cluster, cluster.Head, head: true);
        if (cluster.Options.DeterministicHeadPodName) pod.Metadata["name"] = ObjectNames.PodPrefix(cluster.Name, RayLabels.Head).TrimEnd('-');
        else pod.Metadata["generateName"] = ObjectNames.PodPrefix(cluster.Name, RayLabels.Head);
        var annotations = pod.Ensure("metadata", "annotations");
        annotations[RayAnnotations.FaultToleranceEnabled] = cluster.IsFaultTolerant ? "true" : "false";
        if (cluster.Autoscaling) pod.Ensure("spec")["serviceAccountName"] = ServiceAccountName(cluster);
        Fill(cluster, cluster.Head, pod, head: true);
        if (specHash is not null)
        {
            annotations[RayAnnotations.RecreateHash] = specHash;
            annotations[RayAnnotations.OperatorVersion] = RayOperatorOptions.KubeRayVersion;
        }
        return pod;
    }

    /// <summary>A worker pod of a group.</summary>
    public static JsonObject Worker(RayClusterView cluster, JsonObject group, WorkerPlace place)
    {
        var name = group.Text("groupName") ?? "";
        var pod = Start(cluster, group, head: false);
        pod.Metadata["generateName"] = ObjectNames.PodPrefix($"{cluster.Name}-{name}", RayLabels.Worker);
        if (cluster.Gate(FeatureGates.RayMultiHostIndexing))
        {
            var labels = pod.Ensure("metadata", "labels");
            labels[RayLabels.ReplicaIndex] = $"{place.Replica}";
            if (place.ReplicaName is not null)
            {
                labels[RayLabels.ReplicaName] = place.ReplicaName;
                labels[RayLabels.HostIndex] = $"{place.Host}";
            }
        }
        Fill(cluster, group, pod, head: false);
        return pod;
    }

    /// <summary>The ServiceAccount that the head uses while the autoscaler is on.</summary>
    public static string ServiceAccountName(RayClusterView cluster) =>
        ObjectNames.CheckName(cluster.Head.Text("template", "spec", "serviceAccountName") is { Length: > 0 } name ? name : cluster.Name);

    /// <summary>The image of the Ray container of a group.</summary>
    public static JsonObject? RayContainer(JsonObject group) => group.Objects("template", "spec", "containers").FirstOrDefault();

    private static JsonObject Start(RayClusterView cluster, JsonObject group, bool head)
    {
        var template = group.Object("template")?.Clone() ?? [];
        var metadata = new JsonObject { ["namespace"] = cluster.Namespace, ["labels"] = Labels(cluster, group, template, head) };
        if (template.Object("metadata", "annotations") is { } annotations) metadata["annotations"] = annotations.Clone();
        if (template.List("metadata", "finalizers") is { } finalizers) metadata["finalizers"] = finalizers.DeepClone();
        metadata["ownerReferences"] = new JsonArray(RayClusterView.ControllerReference(cluster.Object));
        var spec = template.Object("spec") ?? [];
        template.Remove("spec");
        var pod = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Pod", ["metadata"] = metadata, ["spec"] = spec };
        if (cluster.OverwritesCommand) pod.Ensure("metadata", "annotations")[RayAnnotations.OverwriteContainerCommand] = "true";
        return pod;
    }

    private static JsonObject Labels(RayClusterView cluster, JsonObject group, JsonObject template, bool head)
    {
        var type = head ? RayLabels.Head : RayLabels.Worker;
        var labels = new JsonObject
        {
            [RayLabels.IsRayNode] = "yes",
            [RayLabels.Cluster] = cluster.Name,
            [RayLabels.NodeType] = type,
            [RayLabels.Group] = head ? RayLabels.HeadGroup : group.Text("groupName"),
            [RayLabels.Identifier] = ObjectNames.CheckLabel($"{cluster.Name}-{type}"),
            [RayLabels.ApplicationName] = RayLabels.Application,
            [RayLabels.CreatedBy] = RayLabels.Operator,
        };
        if (cluster.Creator == "RayService") labels[RayLabels.Serve] = head ? "false" : "true";
        foreach (var (key, value) in template.TextMap("metadata", "labels").Concat(group.TextMap("labels")))
        {
            if (key is not (RayLabels.Cluster or RayLabels.NodeType or RayLabels.Group)) labels[key] = value;
        }
        return labels;
    }

    private static void Fill(RayClusterView cluster, JsonObject group, JsonObject pod, bool head)
    {
        var spec = pod.Ensure("spec");
        if (spec.Objects("containers").FirstOrDefault() is not { } container) return;
        var options = cluster.Options;
        if (!head && options.InjectInitContainer)
        {
            var wait = WaitForGcs.Build(cluster, container);
            RayAuthentication.AddEnvironment(cluster, wait);
            spec.EnsureList("initContainers").AddNode(wait);
        }
        if (head && cluster.Autoscaling) spec.EnsureList("containers").AddNode(Autoscaler.Build(cluster, container.Text("image")));
        if (cluster.Autoscaling && cluster.AutoscalerOptions?.Text("version") == "v2") spec["restartPolicy"] = "Never";

        if (!container.Objects("ports").Any(p => p.Text("name") == RayPorts.MetricsName))
        {
            container.EnsureList("ports").AddNode(new JsonObject { ["name"] = RayPorts.MetricsName, ["containerPort"] = RayPorts.Metrics });
        }
        RayEnvironment.AddFeatures(cluster, container, pod, head);
        RayAuthentication.AddEnvironment(cluster, container);
        RayAuthentication.AddVolume(cluster, spec);
        if (head && cluster.UsesRocksDb) AddGcsStorage(cluster, spec, container);

        var parameters = StartCommand.Parameters(cluster, group, head);
        AddSharedMemory(spec, container, parameters);
        if (head && cluster.Autoscaling) ShareLogs(spec, container);
        var command = StartCommand.Write(parameters, container, head);
        SetCommand(cluster, container, command);
        if (!head) RayEnvironment.AddHeadAddress(cluster, container);
        foreach (var init in spec.Objects("initContainers")) RayEnvironment.AddHeadAddress(cluster, init);
        RayEnvironment.AddIdentity(cluster, container, command, head);
        HealthProbes.Add(cluster, parameters, container, head);
        if (cluster.PodSecurityDefaults) PodSecurityDefaults.Apply(spec);
    }

    private static void SetCommand(RayClusterView cluster, JsonObject container, string startCommand)
    {
        var user = string.Concat(container.Texts("command").Concat(container.Texts("args")).Select(word => $" {word} "));
        if (cluster.OverwritesCommand || user.Contains("ray start", StringComparison.Ordinal)) return;
        var limit = "ulimit -n ${RAY_START_ULIMIT_OPEN_FILES:-65536}; " + startCommand;
        container["command"] = ContainerEditing.Texts("/bin/bash", cluster.Options.LoginShell ? "-cl" : "-c", "--");
        container["args"] = ContainerEditing.Texts(user.Length == 0 ? limit : $"{user} && {limit}");
    }

    private static void AddSharedMemory(JsonObject spec, JsonObject container, SortedDictionary<string, string> parameters)
    {
        if (parameters.ContainsKey("plasma-directory") || container.Mounts(SharedMemory)) return;
        const string volume = "shared-mem";
        if (!spec.Objects("volumes").Any(v => v.Text("name") == volume))
        {
            var source = new JsonObject { ["medium"] = "Memory" };
            var size = container.Amount("resources", "limits", "memory") ?? container.Amount("resources", "requests", "memory");
            if (size is { Sign: not 0 } limit) source["sizeLimit"] = limit.ToString();
            spec.EnsureList("volumes").AddNode(new JsonObject { ["name"] = volume, ["emptyDir"] = source });
        }
        container.AddMount(volume, SharedMemory);
    }

    /// <summary>The autoscaler reads Ray's logs and writes its own beside them.</summary>
    private static void ShareLogs(JsonObject spec, JsonObject container)
    {
        if (!spec.Objects("volumes").Any(v => v.Text("name") == LogVolume))
        {
            spec.EnsureList("volumes").AddNode(new JsonObject { ["name"] = LogVolume, ["emptyDir"] = new JsonObject() });
        }
        if (!container.Mounts(LogDirectory)) container.AddMount(LogVolume, LogDirectory);
        var autoscaler = spec.Objects("containers").Last(c => c.Text("name") == Autoscaler.Name);
        if (!autoscaler.Mounts(LogDirectory)) autoscaler.AddMount(LogVolume, LogDirectory);
    }

    private static void AddGcsStorage(RayClusterView cluster, JsonObject spec, JsonObject container)
    {
        const string volume = "gcs-storage";
        spec.EnsureList("volumes").AddNode(new JsonObject
        {
            ["name"] = volume,
            ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = GcsStorageClaim.Name(cluster) },
        });
        container.AddMount(volume, "/data/gcs");
        if (cluster.FaultTolerance?.Text("storage", "subPath") is { Length: > 0 } subPath)
        {
            container.Objects("volumeMounts").Last()["subPath"] = subPath;
        }
    }
}
