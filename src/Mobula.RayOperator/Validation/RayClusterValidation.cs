using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Names;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Pods;

namespace Mobula.RayOperator.Validation;

/// <summary>What KubeRay refuses though the CRD lets it pass; each check returns the first error, or null.</summary>
internal static class RayClusterValidation
{
    public static string? Metadata(JsonObject cluster, string kind = "RayCluster", int longest = 53)
    {
        if (cluster.Name.Length > longest) return $"{kind} name should be no more than {longest} characters";
        var errors = NameValidation.IsDns1035Label(cluster.Name);
        return errors.Count == 0 ? null : $"{kind} name should be a valid DNS1035 label: [{string.Join(' ', errors)}]";
    }

    /// <summary>The spec of a RayCluster.</summary>
    /// <param name="cluster">The cluster; a RayJob's or RayService's annotations stand on it when its template is checked.</param>
    public static string? Spec(RayClusterView cluster) =>
        Head(cluster)
        ?? cluster.WorkerGroups.Select(g => WorkerGroup(cluster, g)).FirstOrDefault(e => e is not null)
        ?? FaultToleranceValidation.Check(cluster)
        ?? SuspendedGroups(cluster)
        ?? Autoscaler(cluster)
        ?? FeatureValidation.Check(cluster);

    public static string? UpgradeOptions(RayClusterView cluster)
    {
        if (cluster.Object.Text("spec", "upgradeStrategy", "type") is not { } type) return null;
        if (type is not ("Recreate" or "None")) return $"Spec.UpgradeStrategy.Type value {type} is invalid, valid options are Recreate or None";
        return cluster.Creator is "RayJob" or "RayService"
            ? $"upgradeStrategy cannot be set when RayCluster is created by {cluster.Creator}"
            : null;
    }

    public static string? Status(JsonObject cluster) =>
        Conditions.IsTrue(cluster, ClusterConditions.Suspending) && Conditions.IsTrue(cluster, ClusterConditions.Suspended)
            ? "invalid RayCluster State: rayv1.RayClusterSuspending and rayv1.RayClusterSuspended conditions should not be both true"
            : null;

    /// <summary>Groups whose pods restart although autoscaler v1 wants to replace them; a warning only.</summary>
    public static string? RestartPolicies(RayClusterView cluster)
    {
        if (!cluster.Autoscaling || cluster.AutoscalerOptions?.Text("version") != "v1") return null;
        var groups = cluster.WorkerGroups.Where(g => RestartPolicy(g) is not ("" or "Never")).Select(g => g.Text("groupName")).ToArray();
        return groups.Length == 0 ? null : $"restartPolicy for worker groups [{string.Join(", ", groups)}] should be Never or unset when using autoscaler V1";
    }

    internal static string RestartPolicy(JsonObject group) => group.Text("template", "spec", "restartPolicy") ?? "";

    private static string? Head(RayClusterView cluster)
    {
        if (PodBuilder.RayContainer(cluster.Head) is null) return "headGroupSpec should have at least one container";
        return Parameters(cluster.Head, "Head") ?? Labels(cluster.Head, "headGroupSpec");
    }

    private static string? Parameters(JsonObject group, string noun)
    {
        if (group.Object("resources") is { Count: > 0 }
            && new[] { "num-cpus", "num-gpus", "memory", "resources" }.Any(k => group.Text("rayStartParams", k) is { Length: > 0 }))
        {
            return $"{noun} resources are defined in both rayStartParams and the resources field, please use only one";
        }
        return null;
    }

    private static string? Labels(JsonObject group, string place)
    {
        if (group.Object("rayStartParams")?.ContainsKey("labels") == true)
        {
            return $"rayStartParams['labels'] is not supported for {place}. Please use the top-level Labels field instead";
        }
        foreach (var (key, value) in group.TextMap("labels"))
        {
            var errors = NameValidation.IsQualifiedName(key).Concat(NameValidation.IsValidLabelValue(value)).ToArray();
            if (errors.Length > 0) return $"invalid label {key}={value} in {place}: [{string.Join(' ', errors)}]";
        }
        return null;
    }

    private static string? WorkerGroup(RayClusterView cluster, JsonObject group)
    {
        var name = group.Text("groupName");
        if (PodBuilder.RayContainer(group) is null) return "workerGroupSpec should have at least one container";
        var (least, most) = (group.Integer("minReplicas"), group.Integer("maxReplicas"));
        if (!cluster.Autoscaling && (least is null || most is null)) return $"worker group {name} must set both minReplicas and maxReplicas when autoscaling is disabled";
        if (least < 0) return $"worker group {name} has negative minReplicas {least}";
        if (most < 0) return $"worker group {name} has negative maxReplicas {most}";
        if (least > most) return $"worker group {name} has minReplicas {least} greater than maxReplicas {most}";
        return Parameters(group, $"Worker group {name}")
            ?? Labels(group, $"worker group {name}")
            ?? IdleTimeout(cluster, group)
            ?? Priority(cluster, group);
    }

    private static string? IdleTimeout(RayClusterView cluster, JsonObject group)
    {
        if (group.Integer("idleTimeoutSeconds") is not { } seconds) return null;
        var name = group.Text("groupName");
        if (seconds < 0) return $"idleTimeoutSeconds must be non-negative, got {seconds}";
        return UsesAutoscalerV2(cluster) ? null
            : $"worker group {name} has idleTimeoutSeconds set, but autoscaler version is not v2. Please set .spec.autoscalerOptions.version to v2 to use this feature";
    }

    private static string? Priority(RayClusterView cluster, JsonObject group)
    {
        if (group.Integer("priority") is null or 0) return null;
        var name = group.Text("groupName");
        if (!RayVersion.IsAtLeast(cluster.RayVersion, 2, 56)) return $"worker group {name} has priority set, but minimum Ray version is 2.56.0, got {cluster.RayVersion}";
        return UsesAutoscalerV2(cluster) ? null
            : $"worker group {name} has priority set, but autoscaler version is not v2. Please set .spec.autoscalerOptions.version to v2 to use this feature";
    }

    private static bool UsesAutoscalerV2(RayClusterView cluster) =>
        cluster.AutoscalerOptions?.Text("version") == "v2"
        || PodBuilder.RayContainer(cluster.Head)?.EnvValue("RAY_enable_autoscaler_v2") is "1" or "true";

    private static string? SuspendedGroups(RayClusterView cluster) =>
        !cluster.Gate(FeatureGates.RayJobDeletionPolicy) && cluster.WorkerGroups.FirstOrDefault(g => g.Flag("suspend") == true) is { } group
            ? $"worker group {group.Text("groupName")} can be suspended only when the RayJobDeletionPolicy feature gate is enabled"
            : null;

    private static string? Autoscaler(RayClusterView cluster)
    {
        const string variable = "RAY_enable_autoscaler_v2";
        var head = PodBuilder.RayContainer(cluster.Head)!;
        var options = cluster.AutoscalerOptions;
        if (!cluster.Autoscaling)
        {
            return head.EnvValue(variable) is "1" or "true"
                ? $"environment variable {variable} cannot be set to '{head.EnvValue(variable)}' when enableInTreeAutoscaling is false. Please set enableInTreeAutoscaling: true to use autoscaler v2"
                : IdleAndEnv(options);
        }
        if (cluster.WorkerGroups.FirstOrDefault(g => g.Flag("suspend") == true) is { } suspended)
        {
            return $"worker group {suspended.Text("groupName")} cannot be suspended with Autoscaler enabled";
        }
        if (options?.Text("version") is not null && head.HasEnv(variable))
        {
            return $"both .spec.autoscalerOptions.version and head Pod env var {variable} are set, please only use the former";
        }
        if (options?.Text("version") == "v2")
        {
            if (RestartPolicy(cluster.Head) is not ("" or "Never")) return "restartPolicy for head Pod should be Never or unset when using autoscaler V2";
            if (cluster.WorkerGroups.FirstOrDefault(g => RestartPolicy(g) is not ("" or "Never")) is { } group)
            {
                return $"restartPolicy for worker group {group.Text("groupName")} should be Never or unset when using autoscaler V2";
            }
        }
        return IdleAndEnv(options);
    }

    private static string? IdleAndEnv(JsonObject? options)
    {
        const string command = "KUBERAY_GEN_AUTOSCALER_START_CMD";
        if (options?.Integer("idleTimeoutSeconds") is < 0 and { } seconds) return $"autoscalerOptions.idleTimeoutSeconds must be non-negative, got {seconds}";
        return options?.HasEnv(command) == true
            ? $"autoscalerOptions.env must not contain {command}: it is managed by KubeRay and injected automatically into the autoscaler container"
            : null;
    }
}
