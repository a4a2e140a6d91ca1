namespace Mobula.Ray;

/// <summary>The labels that KubeRay puts on objects and reads from them.</summary>
public static class RayLabels
{
    /// <summary>The name of the RayCluster an object belongs to.</summary>
    public const string Cluster = "ray.io/cluster";

    /// <summary><c>head</c>, <c>worker</c> or <c>redis-cleanup</c>.</summary>
    public const string NodeType = "ray.io/node-type";

    /// <summary>The group of a pod: <c>headgroup</c> or the worker group's name.</summary>
    public const string Group = "ray.io/group";

    /// <summary><c>yes</c> on pods that are Ray nodes.</summary>
    public const string IsRayNode = "ray.io/is-ray-node";

    /// <summary><c>CLUSTER-head</c> or <c>CLUSTER-worker</c>.</summary>
    public const string Identifier = "ray.io/identifier";

    /// <summary>Whether a pod takes requests of Ray Serve.</summary>
    public const string Serve = "ray.io/serve";

    /// <summary>The cluster of the headless Service for groups of several hosts.</summary>
    public const string HeadlessWorkerService = "ray.io/headless-worker-svc";

    /// <summary>The RayJob or RayService that made an object.</summary>
    public const string OriginatedFromName = "ray.io/originated-from-cr-name";

    /// <summary>The kind of <see cref="OriginatedFromName"/>.</summary>
    public const string OriginatedFromKind = "ray.io/originated-from-crd";

    /// <summary>How the RayJob of a RayCluster submits.</summary>
    public const string JobSubmissionMode = "ray.io/job-submission-mode";

    /// <summary>The RayCronJob that made a RayJob.</summary>
    public const string CronJobName = "ray.io/cronjob-name";

    /// <summary>The place of a replica within its worker group.</summary>
    public const string ReplicaIndex = "ray.io/worker-group-replica-index";

    /// <summary>What the hosts of one replica share.</summary>
    public const string ReplicaName = "ray.io/worker-group-replica-name";

    /// <summary>The place of a host within its replica.</summary>
    public const string HostIndex = "ray.io/replica-host-index";

    /// <summary>Kubernetes' recommended label for the application.</summary>
    public const string ApplicationName = "app.kubernetes.io/name";

    /// <summary>Kubernetes' recommended label for the maker.</summary>
    public const string CreatedBy = "app.kubernetes.io/created-by";

    /// <summary>The value of <see cref="ApplicationName"/>.</summary>
    public const string Application = "kuberay";

    /// <summary>The value of <see cref="CreatedBy"/>.</summary>
    public const string Operator = "kuberay-operator";

    /// <summary>The value of <see cref="Group"/> on head pods.</summary>
    public const string HeadGroup = "headgroup";

    /// <summary>A value of <see cref="NodeType"/>.</summary>
    public const string Head = "head";

    /// <summary>A value of <see cref="NodeType"/>.</summary>
    public const string Worker = "worker";

    /// <summary>A value of <see cref="NodeType"/>.</summary>
    public const string RedisCleanup = "redis-cleanup";
}
