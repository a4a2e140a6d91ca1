using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;

namespace Mobula.RayOperator.Pods;

/// <summary>The Job that removes a deleted cluster's data from Redis. It is a head pod with another command.</summary>
internal static class RedisCleanupJob
{
    public static string Name(RayClusterView cluster) => ObjectNames.CheckLabel($"{cluster.Name}-redis-cleanup");

    public static JsonObject Build(RayClusterView cluster)
    {
        var pod = PodBuilder.Head(cluster, specHash: null);
        pod.Ensure("metadata", "labels")[RayLabels.NodeType] = RayLabels.RedisCleanup;
        var spec = pod.Ensure("spec");
        var container = spec.Objects("containers").First().Clone();
        spec["containers"] = new JsonArray(container);
        container["command"] = ContainerEditing.Texts("/bin/bash", cluster.Options.LoginShell ? "-cl" : "-c", "--");
        container["args"] = ContainerEditing.Texts(Script(container.HasEnv("REDIS_USERNAME")));
        container.Remove("livenessProbe");
        container.Remove("readinessProbe");
        container.AddEnv("RAY_redis_db_connect_retries", "120");
        container.AddEnv("RAY_redis_db_connect_wait_milliseconds", "500");
        container["resources"] = ContainerEditing.Resources("200m", "256Mi");
        spec["restartPolicy"] = "Never";
        var metadata = new JsonObject
        {
            ["name"] = Name(cluster),
            ["namespace"] = cluster.Namespace,
            ["labels"] = pod.Ensure("metadata", "labels").Clone(),
            ["annotations"] = pod.Ensure("metadata", "annotations").Clone(),
            ["ownerReferences"] = new JsonArray(RayClusterView.ControllerReference(cluster.Object)),
        };
        var template = new JsonObject { ["metadata"] = pod.Metadata.Clone(), ["spec"] = spec.Clone() };
        return new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "Job",
            ["metadata"] = metadata,
            ["spec"] = new JsonObject { ["backoffLimit"] = 0, ["activeDeadlineSeconds"] = 300, ["template"] = template },
        };
    }

    private static string Script(bool hasUser) =>
        "echo \"To get more information about manually deleting the storage namespace in Redis and removing the RayCluster's finalizer, please check "
        + "https://docs.ray.io/en/master/cluster/kubernetes/user-guides/kuberay-gcs-ft.html for more details.\" && python -c \""
        + "from ray._private.gcs_utils import cleanup_redis_storage; from urllib.parse import urlparse; import os; import sys; "
        + "redis_address = os.getenv('RAY_REDIS_ADDRESS', '').split(',')[0]; "
        + "redis_address = redis_address if '://' in redis_address else 'redis://' + redis_address; parsed = urlparse(redis_address); "
        + "sys.exit(1) if not cleanup_redis_storage(host=parsed.hostname, port=parsed.port, "
        + (hasUser ? "username=os.getenv('REDIS_USERNAME', parsed.username), " : "")
        + "password=os.getenv('REDIS_PASSWORD', parsed.password or ''), use_ssl=parsed.scheme=='rediss', "
        + "storage_namespace=os.getenv('RAY_external_storage_namespace')) else None\"";
}
