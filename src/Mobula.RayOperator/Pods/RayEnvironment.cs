using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;

namespace Mobula.RayOperator.Pods;

/// <summary>The environment of a Ray container, in KubeRay's order.</summary>
internal static class RayEnvironment
{
    /// <summary>What comes before the head's address: autoscaler, fault tolerance, authentication.</summary>
    public static void AddFeatures(RayClusterView cluster, JsonObject container, JsonObject pod, bool head)
    {
        if (head && cluster.Autoscaling && cluster.AutoscalerOptions?.Text("version") is { } version)
        {
            container.AddEnv("RAY_enable_autoscaler_v2", version == "v2" ? "true" : "false");
        }
        if (cluster.IsFaultTolerant) AddFaultTolerance(cluster, container, pod, head);
    }

    /// <summary>Where the head is; every container of a worker and every init container gets it.</summary>
    public static void AddHeadAddress(RayClusterView cluster, JsonObject container)
    {
        container.AddEnv("FQ_RAY_IP", cluster.HeadAddress);
        container.AddEnv("RAY_IP", cluster.HeadServiceName);
    }

    /// <summary>What every Ray container gets.</summary>
    public static void AddIdentity(RayClusterView cluster, JsonObject container, string startCommand, bool head)
    {
        container.AddFieldEnv("RAY_CLUSTER_NAME", "metadata.labels['ray.io/cluster']");
        container.AddFieldEnv("RAY_CLUSTER_NAMESPACE", "metadata.namespace");
        container.AddFieldEnv("RAY_CLOUD_INSTANCE_ID", "metadata.name");
        container.AddFieldEnv("RAY_NODE_TYPE_NAME", "metadata.labels['ray.io/group']");
        container.AddEnv("KUBERAY_GEN_RAY_START_CMD", startCommand);
        container.AddEnvIfAbsent("RAY_PORT", cluster.HeadPort);
        if (cluster.Creator == "RayService")
        {
            container.AddEnvIfAbsent("RAY_timeout_ms_task_wait_for_death_info", "0");
            container.AddEnvIfAbsent("RAY_gcs_server_request_timeout_seconds", "5");
            container.AddEnvIfAbsent("RAY_SERVE_KV_TIMEOUT_S", "5");
        }
        container.AddEnvIfAbsent("RAY_ADDRESS", head ? $"127.0.0.1:{cluster.HeadPort}" : $"{cluster.HeadAddress}:{cluster.HeadPort}");
        container.AddEnvIfAbsent("RAY_USAGE_STATS_KUBERAY_IN_USE", "1");
        if (head) container.AddEnv("RAY_USAGE_STATS_EXTRA_TAGS", $"kuberay_version={RayOperatorOptions.KubeRayVersion};kuberay_crd={cluster.Creator}");
        container.AddEnvIfAbsent("RAY_DASHBOARD_ENABLE_K8S_DISK_USAGE", "1");
    }

    private static void AddFaultTolerance(RayClusterView cluster, JsonObject container, JsonObject pod, bool head)
    {
        if (!head)
        {
            container.AddEnvIfAbsent("RAY_gcs_rpc_server_reconnect_timeout_s", "600");
            return;
        }
        var options = cluster.FaultTolerance;
        if (cluster.UsesRocksDb)
        {
            container.AddEnvIfAbsent("RAY_gcs_storage", "rocksdb");
            container.AddEnvIfAbsent("RAY_gcs_storage_path", "/data/gcs");
            return;
        }
        if (!container.HasEnv("RAY_external_storage_namespace"))
        {
            var ns = options?.Text("externalStorageNamespace") is { Length: > 0 } chosen ? chosen
                : cluster.Object.Annotation(RayAnnotations.ExternalStorageNamespace) is { Length: > 0 } annotated ? annotated
                : cluster.Object.Uid;
            container.AddEnv("RAY_external_storage_namespace", ns);
            pod.Ensure("metadata", "annotations")[RayAnnotations.ExternalStorageNamespace] = ns;
        }
        else if (container.EnvValue("RAY_external_storage_namespace") is { } written)
        {
            pod.Ensure("metadata", "annotations")[RayAnnotations.ExternalStorageNamespace] = written;
        }
        if (options is not null)
        {
            container.AddEnv("RAY_REDIS_ADDRESS", options.Text("redisAddress") ?? "");
            AddCredential(container, "REDIS_USERNAME", options.Object("redisUsername"));
            AddCredential(container, "REDIS_PASSWORD", options.Object("redisPassword"));
        }
        else if (!container.HasEnv("REDIS_PASSWORD") && cluster.Head.Text("rayStartParams", "redis-password") is { } password)
        {
            container.AddEnv("REDIS_PASSWORD", password);
        }
    }

    private static void AddCredential(JsonObject container, string name, JsonObject? credential)
    {
        if (credential is null) return;
        var variable = new JsonObject { ["name"] = name };
        if (credential.Text("value") is { Length: > 0 } value) variable["value"] = value;
        if (credential.Object("valueFrom") is { } source) variable["valueFrom"] = source.Clone();
        container.EnsureList("env").AddNode(variable);
    }
}
