using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Pods;

namespace Mobula.RayOperator.Validation;

/// <summary>KubeRay's rules for fault tolerance of the control service.</summary>
internal static class FaultToleranceValidation
{
    public static string? Check(RayClusterView cluster)
    {
        var head = PodBuilder.RayContainer(cluster.Head)!;
        if (cluster.FaultTolerance is { } options)
        {
            if (cluster.Object.Annotation(RayAnnotations.FaultToleranceEnabled) is { Length: > 0 } annotation)
            {
                return $"{RayAnnotations.FaultToleranceEnabled} annotation is set to {annotation} and GcsFaultToleranceOptions is enabled. Please set {RayAnnotations.FaultToleranceEnabled} annotation to true or remove it";
            }
            if (Options(cluster, head, options) is { } error) return error;
        }
        else if (!cluster.IsFaultTolerant && head.HasEnv("RAY_REDIS_ADDRESS"))
        {
            return "RAY_REDIS_ADDRESS is set which implicitly enables GCS fault tolerance, but GcsFaultToleranceOptions is not set. Please set GcsFaultToleranceOptions to enable GCS fault tolerance";
        }
        return cluster.Head.Text("rayStartParams", "redis-username") is { Length: > 0 } || head.HasEnv("REDIS_USERNAME")
            ? "cannot set redis username in rayStartParams or environment variables - use GcsFaultToleranceOptions.RedisUsername instead"
            : null;
    }

    private static string? Options(RayClusterView cluster, JsonObject head, JsonObject options)
    {
        if (cluster.Head.Text("rayStartParams", "redis-password") is { Length: > 0 })
        {
            return "cannot set `redis-password` in rayStartParams when GcsFaultToleranceOptions is enabled - use GcsFaultToleranceOptions.RedisPassword instead";
        }
        if (head.HasEnv("REDIS_PASSWORD"))
        {
            return "cannot set `REDIS_PASSWORD` env var in head Pod when GcsFaultToleranceOptions is enabled - use GcsFaultToleranceOptions.RedisPassword instead";
        }
        if (head.HasEnv("RAY_REDIS_ADDRESS"))
        {
            return "cannot set `RAY_REDIS_ADDRESS` env var in head Pod when GcsFaultToleranceOptions is enabled - use GcsFaultToleranceOptions.RedisAddress instead";
        }
        if (cluster.Object.Annotation(RayAnnotations.ExternalStorageNamespace) is { Length: > 0 })
        {
            return "cannot set `ray.io/external-storage-namespace` annotation when GcsFaultToleranceOptions is enabled - use GcsFaultToleranceOptions.ExternalStorageNamespace instead";
        }
        if (cluster.UsesRocksDb) return RocksDb(cluster, head, options);
        return options.Object("storage") is not null
            ? "cannot set GcsFaultToleranceOptions.Storage when backend is 'redis' - it only applies to the 'rocksdb' backend"
            : null;
    }

    private static string? RocksDb(RayClusterView cluster, JsonObject head, JsonObject options)
    {
        if (!cluster.Gate(FeatureGates.GcsFaultToleranceEmbeddedStorage))
        {
            return "the embedded RocksDB GCS fault tolerance backend (GcsFaultToleranceOptions.Backend: 'rocksdb') requires the GCSFaultToleranceEmbeddedStorage feature gate to be enabled";
        }
        foreach (var (field, name) in (ReadOnlySpan<(string, string)>)[
            ("redisAddress", "RedisAddress"), ("redisUsername", "RedisUsername"), ("redisPassword", "RedisPassword"), ("externalStorageNamespace", "ExternalStorageNamespace")])
        {
            if (options[field] is JsonObject || options.Text(field) is { Length: > 0 }) return $"cannot set GcsFaultToleranceOptions.{name} when backend is 'rocksdb'";
        }
        var storage = options.Object("storage");
        if (storage?.Text("claimName") is { Length: > 0 }
            && (storage["size"] is not null || storage["storageClassName"] is not null || storage.List("accessModes") is { Count: > 0 }))
        {
            return "GcsFaultToleranceOptions.Storage.ClaimName cannot be set together with Size, StorageClassName or AccessModes";
        }
        foreach (var name in (ReadOnlySpan<string>)["RAY_gcs_storage", "RAY_gcs_storage_path"])
        {
            if (head.HasEnv(name)) return $"cannot set `{name}` env var in head Pod when GcsFaultToleranceOptions.Backend is 'rocksdb'";
        }
        if (head.Objects("volumeMounts").Any(m => m.Text("mountPath") == "/data/gcs" || m.Text("name") == "gcs-storage"))
        {
            return "the head container must not mount at /data/gcs or use a volume named gcs-storage when GcsFaultToleranceOptions.Backend is 'rocksdb'";
        }
        return cluster.Head.Objects("template", "spec", "volumes").Any(v => v.Text("name") == "gcs-storage")
            ? "the head Pod must not have a volume named gcs-storage when GcsFaultToleranceOptions.Backend is 'rocksdb'"
            : null;
    }
}
