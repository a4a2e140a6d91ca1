using Mobula.Kubernetes;

namespace Mobula.Ray;

/// <summary>The resources of the API group <c>ray.io</c>.</summary>
public static class RayResources
{
    /// <summary>The group and version that are stored.</summary>
    public const string ApiVersion = "ray.io/v1";

    /// <summary><c>rayclusters</c>.</summary>
    public static readonly GroupVersionResource RayClusters = new("ray.io", "v1", "rayclusters");

    /// <summary><c>rayjobs</c>.</summary>
    public static readonly GroupVersionResource RayJobs = new("ray.io", "v1", "rayjobs");

    /// <summary><c>rayservices</c>.</summary>
    public static readonly GroupVersionResource RayServices = new("ray.io", "v1", "rayservices");

    /// <summary><c>raycronjobs</c>.</summary>
    public static readonly GroupVersionResource RayCronJobs = new("ray.io", "v1", "raycronjobs");
}
