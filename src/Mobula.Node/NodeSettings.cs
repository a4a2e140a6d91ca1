namespace Mobula.Node;

/// <summary>What every part of the agent needs to know of its node.</summary>
internal sealed record NodeSettings
{
    public required string NodeName { get; init; }

    /// <summary>The node's internal address.</summary>
    public required string HostIp { get; init; }

    /// <summary>The cluster IP of the DNS service, or null when there is none.</summary>
    public string? DnsIp { get; init; }

    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary>Keeps a folder for each pod: volumes, <c>/etc/hosts</c>, termination messages.</summary>
    public required string PodsDirectory { get; init; }

    /// <summary>Keeps the logs: <c>pods/NS_NAME_UID/CONTAINER/N.log</c> and links in <c>containers</c>.</summary>
    public required string LogDirectory { get; init; }

    /// <summary>Where the files of static pods lie.</summary>
    public required string StaticPodDirectory { get; init; }

    /// <summary>Where profiles of <c>seccompProfile.type: Localhost</c> lie.</summary>
    public required string SeccompDirectory { get; init; }

    /// <summary>The cgroup above all pods, for example <c>/mobula0</c>.</summary>
    public required string CgroupRoot { get; init; }

    /// <summary>Labels of the Node besides those that a kubelet gives.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The taint with which the Node registers, <c>KEY:EFFECT</c>, or null.</summary>
    public string? Taint { get; init; }

    /// <summary>Paths of the host that hostPath volumes find elsewhere.</summary>
    public IReadOnlyList<NodeMount> Mounts { get; init; } = [];

    public required NodeCapacity Capacity { get; init; }

    public string PodDirectory(string uid) => Path.Combine(PodsDirectory, uid);

    public string PodLogDirectory(string ns, string name, string uid) => Path.Combine(LogDirectory, "pods", $"{ns}_{name}_{uid}");
}

/// <summary>What the machine has to give.</summary>
/// <param name="CpuMilli">Thousandths of a CPU.</param>
/// <param name="MemoryBytes">Memory, in bytes.</param>
/// <param name="StorageBytes">Local disk, in bytes.</param>
/// <param name="Pods">How many pods may run.</param>
internal sealed record NodeCapacity(long CpuMilli, long MemoryBytes, long StorageBytes, int Pods = 110)
{
    /// <summary>Allocatable memory: the capacity less what the kubelet would keep back before it evicts (none here).</summary>
    public long AllocatableMemory => MemoryBytes;

    public long AllocatableStorage => StorageBytes;
}
