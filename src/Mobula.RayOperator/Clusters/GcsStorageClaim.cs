using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;

namespace Mobula.RayOperator.Clusters;

/// <summary>The claim on which a head keeps the data of its control service (backend <c>rocksdb</c>).</summary>
internal static class GcsStorageClaim
{
    public static string? ClaimedName(RayClusterView cluster) =>
        cluster.FaultTolerance?.Text("storage", "claimName") is { Length: > 0 } name ? name : null;

    public static string Name(RayClusterView cluster) => ClaimedName(cluster) ?? $"{cluster.Name}-gcs-pvc";

    public static bool IsRetained(RayClusterView cluster) => cluster.FaultTolerance?.Text("storage", "deletionPolicy") == "Retain";

    public static JsonObject Build(RayClusterView cluster)
    {
        var storage = cluster.FaultTolerance?.Object("storage");
        var spec = new JsonObject
        {
            ["accessModes"] = storage?.List("accessModes") is { Count: > 0 } modes ? modes.DeepClone() : new JsonArray("ReadWriteOnce"),
            ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = storage?["size"]?.DeepClone() ?? "1Gi" } },
        };
        if (storage?.Text("storageClassName") is { } storageClass) spec["storageClassName"] = storageClass;
        var metadata = new JsonObject
        {
            ["name"] = Name(cluster),
            ["namespace"] = cluster.Namespace,
            ["labels"] = new JsonObject { [RayLabels.Cluster] = cluster.Name },
        };
        if (!IsRetained(cluster)) metadata["ownerReferences"] = new JsonArray(RayClusterView.ControllerReference(cluster.Object));
        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "PersistentVolumeClaim", ["metadata"] = metadata, ["spec"] = spec };
    }
}
