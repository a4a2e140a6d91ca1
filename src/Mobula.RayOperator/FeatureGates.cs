namespace Mobula.RayOperator;

/// <summary>KubeRay's feature gates (<c>--feature-gates=A=true,B=false</c>).</summary>
public sealed class FeatureGates
{
    /// <summary>Conditions in the status of RayClusters, and suspension by them.</summary>
    public const string RayClusterStatusConditions = nameof(RayClusterStatusConditions);

    /// <summary><c>deletionStrategy</c> of RayJobs and <c>suspend</c> of worker groups.</summary>
    public const string RayJobDeletionPolicy = nameof(RayJobDeletionPolicy);

    /// <summary>Indices of replicas and hosts as labels.</summary>
    public const string RayMultiHostIndexing = nameof(RayMultiHostIndexing);

    /// <summary>Upgrades of RayServices that move traffic step by step.</summary>
    public const string RayServiceIncrementalUpgrade = nameof(RayServiceIncrementalUpgrade);

    /// <summary>The controller of RayCronJobs.</summary>
    public const string RayCronJob = nameof(RayCronJob);

    /// <summary>Restarts of the submitter in SidecarMode.</summary>
    public const string SidecarSubmitterRestart = nameof(SidecarSubmitterRestart);

    /// <summary>NetworkPolicies of RayClusters.</summary>
    public const string RayClusterNetworkPolicy = nameof(RayClusterNetworkPolicy);

    /// <summary>The RocksDB backend of GCS fault tolerance.</summary>
    public const string GcsFaultToleranceEmbeddedStorage = "GCSFaultToleranceEmbeddedStorage";

    /// <summary>TLS between Ray's processes.</summary>
    public const string RayClusterMtls = "RayClusterMTLS";

    /// <summary>The collector of the history server.</summary>
    public const string RayClusterHistoryServer = nameof(RayClusterHistoryServer);

    /// <summary>Kubernetes' own gang scheduling.</summary>
    public const string KubernetesWas = "KubernetesWAS";

    private static readonly Dictionary<string, bool> Defaults = new()
    {
        [RayClusterStatusConditions] = true,
        [RayJobDeletionPolicy] = true,
        [RayMultiHostIndexing] = true,
        [RayServiceIncrementalUpgrade] = true,
        [RayCronJob] = false,
        [SidecarSubmitterRestart] = false,
        [RayClusterNetworkPolicy] = false,
        [GcsFaultToleranceEmbeddedStorage] = false,
        [RayClusterMtls] = false,
        [RayClusterHistoryServer] = false,
        [KubernetesWas] = false,
    };

    private readonly Dictionary<string, bool> _set;

    private FeatureGates(Dictionary<string, bool> set) => _set = set;

    /// <summary>Every gate as KubeRay v1.7 has it by default.</summary>
    public static FeatureGates Default { get; } = new(Defaults);

    /// <summary>Whether a gate is on.</summary>
    public bool this[string gate] => _set.GetValueOrDefault(gate);

    /// <summary>Reads <c>A=true,B=false</c>; <c>AllAlpha</c> and <c>AllBeta</c> stand for the gates that are off, and on, by default.</summary>
    /// <exception cref="FormatException">An unknown gate or no boolean; the message names it.</exception>
    public static FeatureGates Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return Default;
        var set = new Dictionary<string, bool>(Defaults);
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0) throw new FormatException($"missing bool value for {part}");
            var (name, value) = (part[..equals].Trim(), part[(equals + 1)..].Trim());
            if (!bool.TryParse(value, out var on)) throw new FormatException($"invalid value of {name}: {value}, it must be true or false");
            if (name is "AllAlpha" or "AllBeta")
            {
                foreach (var (gate, enabled) in Defaults.Where(d => d.Value == (name == "AllBeta"))) set[gate] = on || (enabled && on);
            }
            else if (!set.ContainsKey(name))
            {
                throw new FormatException($"unrecognized feature gate: {name}. Known gates: {string.Join(", ", Defaults.Keys.Order(StringComparer.Ordinal))}");
            }
            else
            {
                set[name] = on;
            }
        }
        return new(set);
    }
}
