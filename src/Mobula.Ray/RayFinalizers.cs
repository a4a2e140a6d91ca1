namespace Mobula.Ray;

/// <summary>The finalizers that KubeRay sets.</summary>
public static class RayFinalizers
{
    /// <summary>Holds a RayCluster until its data is removed from Redis.</summary>
    public const string RedisCleanup = "ray.io/gcs-ft-redis-cleanup-finalizer";

    /// <summary>Holds a RayJob until its job is stopped.</summary>
    public const string RayJob = "ray.io/rayjob-finalizer";

    /// <summary>Holds a RayService until its clusters are gone.</summary>
    public const string RayService = "ray.io/rayservice-finalizer";
}
