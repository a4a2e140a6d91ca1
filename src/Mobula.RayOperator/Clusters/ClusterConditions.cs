namespace Mobula.RayOperator.Clusters;

/// <summary>The types of a RayCluster's conditions.</summary>
internal static class ClusterConditions
{
    public const string Provisioned = "RayClusterProvisioned";
    public const string HeadPodReady = "HeadPodReady";
    public const string ReplicaFailure = "ReplicaFailure";
    public const string Suspending = "RayClusterSuspending";
    public const string Suspended = "RayClusterSuspended";

    /// <summary>Mobula's own: False while Pod Security refuses a pod; absent otherwise.</summary>
    public const string PodsAdmitted = "PodsAdmitted";
}
