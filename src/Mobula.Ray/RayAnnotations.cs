namespace Mobula.Ray;

/// <summary>The annotations that KubeRay writes and reads, and Mobula's own.</summary>
public static class RayAnnotations
{
    /// <summary>On a RayCluster: GCS fault tolerance the older way. On a head pod: whether it is on.</summary>
    public const string FaultToleranceEnabled = "ray.io/ft-enabled";

    /// <summary>The namespace of the cluster's data within Redis.</summary>
    public const string ExternalStorageNamespace = "ray.io/external-storage-namespace";

    /// <summary>Seconds after which a RayCluster is let go although its data in Redis could not be removed.</summary>
    public const string FaultToleranceDeletionTimeout = "ray.io/gcs-ft-deletion-timeout";

    /// <summary><c>true</c>: the Ray container's command and args stay as the user wrote them.</summary>
    public const string OverwriteContainerCommand = "ray.io/overwrite-container-cmd";

    /// <summary><c>true</c> on a RayCluster: a Service for Ray Serve is made.</summary>
    public const string EnableServeService = "ray.io/enable-serve-service";

    /// <summary><c>true</c>: a head pod that vanishes after the cluster was ready is not replaced.</summary>
    public const string DisableProvisionedHeadRestart = "ray.io/disable-provisioned-head-restart";

    /// <summary>On a RayService: how long it may take to get ready.</summary>
    public const string InitializingTimeout = "ray.io/initializing-timeout";

    /// <summary>On the RayCluster of a RayService: the hash of its spec.</summary>
    public const string SpecHash = "ray.io/hash-without-replicas-and-workers-to-delete";

    /// <summary>On the RayCluster of a RayService: how many worker groups <see cref="SpecHash"/> covers.</summary>
    public const string WorkerGroupCount = "ray.io/num-worker-groups";

    /// <summary>The version of the operator that wrote the object.</summary>
    public const string OperatorVersion = "ray.io/kuberay-version";

    /// <summary>On a head pod: the hash of the spec it was made from.</summary>
    public const string RecreateHash = "ray.io/upgrade-strategy-recreate-hash";

    /// <summary>On a RayJob: the tick of the RayCronJob it was made for.</summary>
    public const string CronJobScheduledTimestamp = "ray.io/cronjob-scheduled-timestamp";

    /// <summary>The older way to name an ingress class.</summary>
    public const string IngressClass = "kubernetes.io/ingress.class";

    /// <summary>
    /// <c>false</c> on a RayCluster, RayJob or RayService: its pods are made as KubeRay makes them, without the
    /// <c>securityContext</c> that Mobula otherwise fills in where the user said nothing.
    /// </summary>
    public const string PodSecurityDefaults = "mobula.dev/pod-security-defaults";
}
