namespace Mobula.RayOperator;

/// <summary>How the operator runs. Names and defaults are those of KubeRay's flags and environment variables where it has them.</summary>
public sealed record RayOperatorOptions
{
    /// <summary>The version of KubeRay whose behaviour this is; it stands in annotations and in an environment variable of pods.</summary>
    public const string KubeRayVersion = "v1.7.0";

    /// <summary>The field manager that KubeRay's writes carry in <c>managedFields</c>; pass it to the API client.</summary>
    public const string FieldManager = "kuberay-operator";

    /// <summary><c>--watch-namespace</c>: the namespaces to work in; empty for all.</summary>
    public IReadOnlyList<string> WatchNamespaces { get; init; } = [];

    /// <summary><c>--reconcile-concurrency</c>: how many objects of a kind are reconciled at once.</summary>
    public int ReconcileConcurrency { get; init; } = 1;

    /// <summary><c>--enable-leader-election</c>.</summary>
    public bool EnableLeaderElection { get; init; } = true;

    /// <summary><c>--leader-election-namespace</c>: where the Lease lies; null for the operator's own namespace.</summary>
    public string? LeaderElectionNamespace { get; init; }

    /// <summary>Names this instance among candidates; null for the host name and a random part.</summary>
    public string? Identity { get; init; }

    /// <summary><c>--metrics-addr</c>: <c>HOST:PORT</c> of <c>/metrics</c>; <c>0</c> for none.</summary>
    public string MetricsAddress { get; init; } = ":8080";

    /// <summary><c>--health-probe-bind-address</c>: <c>HOST:PORT</c> of <c>/healthz</c> and <c>/readyz</c>; <c>0</c> for none.</summary>
    public string HealthProbeAddress { get; init; } = ":8082";

    /// <summary><c>--enable-metrics</c>: also KubeRay's own metrics.</summary>
    public bool EnableMetrics { get; init; }

    /// <summary><c>--use-kubernetes-proxy</c>: reach Ray's dashboard through the API server.</summary>
    public bool UseKubernetesProxy { get; init; }

    /// <summary><c>--feature-gates</c>.</summary>
    public FeatureGates FeatureGates { get; init; } = FeatureGates.Default;

    /// <summary>
    /// <c>--pod-security-defaults</c>: fill in what the <em>restricted</em> Pod Security Standard asks for wherever the user
    /// said nothing. Off, pods, conditions and events are as KubeRay makes them.
    /// </summary>
    public bool PodSecurityDefaults { get; init; } = true;

    /// <summary><c>CLUSTER_DOMAIN</c>.</summary>
    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary><c>ENABLE_INIT_CONTAINER_INJECTION</c>: workers wait for the head in an init container.</summary>
    public bool InjectInitContainer { get; init; } = true;

    /// <summary><c>ENABLE_PROBES_INJECTION</c>.</summary>
    public bool InjectProbes { get; init; } = true;

    /// <summary><c>ENABLE_GCS_FT_REDIS_CLEANUP</c>.</summary>
    public bool CleanUpRedis { get; init; } = true;

    /// <summary><c>ENABLE_RANDOM_POD_DELETE</c>: scale down also while the autoscaler is on.</summary>
    public bool RandomPodDelete { get; init; }

    /// <summary><c>ENABLE_LOGIN_SHELL</c>.</summary>
    public bool LoginShell { get; init; }

    /// <summary><c>ENABLE_DETERMINISTIC_HEAD_POD_NAME</c>.</summary>
    public bool DeterministicHeadPodName { get; init; }

    /// <summary><c>ENABLE_RAY_HEAD_CLUSTER_IP_SERVICE</c>: the head Service has a cluster IP.</summary>
    public bool HeadClusterIpService { get; init; }

    /// <summary><c>ENABLE_ZERO_DOWNTIME</c>.</summary>
    public bool ZeroDowntime { get; init; } = true;

    /// <summary><c>DELETE_RAYJOB_CR_AFTER_JOB_FINISHES</c>.</summary>
    public bool DeleteRayJobAfterJobFinishes { get; init; }

    /// <summary><c>RAYCLUSTER_DEFAULT_REQUEUE_SECONDS_ENV</c>.</summary>
    public TimeSpan ClusterRequeue { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary><c>RAYJOB_DEPLOYMENT_STATUS_TRANSITION_GRACE_PERIOD_SECONDS</c>.</summary>
    public TimeSpan JobTransitionGracePeriod { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary><c>RAYJOB_STATUS_CHECK_TIMEOUT_SECONDS</c>.</summary>
    public TimeSpan JobStatusCheckTimeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Speaks with Ray's dashboards in place of the network; null for the network.</summary>
    internal HttpMessageHandler? DashboardHandler { get; init; }

    /// <summary>Told what the operator does and what went wrong, a line each.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>These options with what KubeRay's environment variables say.</summary>
    /// <param name="variable">Gives the value of an environment variable, or null.</param>
    public RayOperatorOptions WithEnvironment(Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        bool Is(string name, string value) => string.Equals(variable(name), value, StringComparison.OrdinalIgnoreCase);
        TimeSpan Seconds(string name, TimeSpan otherwise, int least) =>
            int.TryParse(variable(name), out var seconds) && seconds >= least ? TimeSpan.FromSeconds(seconds) : otherwise;
        return this with
        {
            ClusterDomain = variable("CLUSTER_DOMAIN") is { Length: > 0 } domain ? domain : ClusterDomain,
            InjectInitContainer = !Is("ENABLE_INIT_CONTAINER_INJECTION", "false"),
            InjectProbes = !Is("ENABLE_PROBES_INJECTION", "false"),
            CleanUpRedis = !Is("ENABLE_GCS_FT_REDIS_CLEANUP", "false"),
            ZeroDowntime = !Is("ENABLE_ZERO_DOWNTIME", "false"),
            RandomPodDelete = Is("ENABLE_RANDOM_POD_DELETE", "true"),
            LoginShell = Is("ENABLE_LOGIN_SHELL", "true"),
            DeterministicHeadPodName = Is("ENABLE_DETERMINISTIC_HEAD_POD_NAME", "true"),
            HeadClusterIpService = Is("ENABLE_RAY_HEAD_CLUSTER_IP_SERVICE", "true"),
            DeleteRayJobAfterJobFinishes = Is("DELETE_RAYJOB_CR_AFTER_JOB_FINISHES", "true"),
            ClusterRequeue = Seconds("RAYCLUSTER_DEFAULT_REQUEUE_SECONDS_ENV", ClusterRequeue, 0),
            JobTransitionGracePeriod = Seconds("RAYJOB_DEPLOYMENT_STATUS_TRANSITION_GRACE_PERIOD_SECONDS", JobTransitionGracePeriod, int.MinValue),
            JobStatusCheckTimeout = Seconds("RAYJOB_STATUS_CHECK_TIMEOUT_SECONDS", JobStatusCheckTimeout, 1),
        };
    }
}
