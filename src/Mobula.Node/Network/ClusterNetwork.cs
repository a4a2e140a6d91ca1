using System.Net;

namespace Mobula.Node.Network;

/// <summary>
/// The names and address ranges of one cluster on this host. Everything the node puts on the host carries them, so that several
/// clusters live side by side and each can be removed without touching the others.
/// </summary>
/// <param name="Index">0 to 15; unique among the clusters of this host.</param>
public sealed record ClusterNetwork(int Index)
{
    /// <summary>How many clusters can live side by side.</summary>
    public const int MaximumClusters = 16;

    /// <summary>The bridge that connects the pods, and the name of the CNI network.</summary>
    public string Bridge => $"mobula{Index}";

    /// <summary>Prefix of the iptables chains of this cluster.</summary>
    public string ChainPrefix => $"MOBULA{Index}";

    /// <summary>Pods get their addresses from here. The first cluster has the range that kind uses.</summary>
    public IPNetwork PodSubnet => new(new IPAddress([10, (byte)(244 - Index), 0, 0]), 16);

    /// <summary>Services get their cluster IPs from here. The first cluster has the range that kind uses.</summary>
    public IPNetwork ServiceSubnet => new(new IPAddress([10, (byte)(96 + Index), 0, 0]), 16);

    /// <summary>The host's address on the bridge: the pods' gateway and the node's internal IP.</summary>
    public IPAddress Gateway => new([10, (byte)(244 - Index), 0, 1]);

    /// <summary>How many nodes of one cluster can live on this host.</summary>
    public const int MaximumNodes = 100;

    /// <summary>The address of a node. That of the first is the pods' gateway; the others have one beside it on the bridge.</summary>
    /// <param name="node">The node's number in the cluster, from 0.</param>
    public IPAddress NodeAddress(int node) => PodAddress(node, 1);

    /// <summary>The first and the last address that a node gives to its pods: nodes share the bridge, so their addresses must differ.</summary>
    /// <param name="node">The node's number in the cluster, from 0.</param>
    public (IPAddress First, IPAddress Last) PodAddresses(int node) => (PodAddress(node, 2), PodAddress(node, 254));

    private IPAddress PodAddress(int node, byte last) => new([10, (byte)(244 - Index), (byte)node, last]);

    /// <summary>The cluster IP of the service <c>kubernetes</c>.</summary>
    public IPAddress ApiServerService => new([10, (byte)(96 + Index), 0, 1]);

    /// <summary>The cluster IP of the DNS service.</summary>
    public IPAddress DnsService => new([10, (byte)(96 + Index), 0, 10]);

    /// <summary>The first index whose bridge does not exist on this host and that no cluster claims.</summary>
    /// <param name="claimed">Indexes that other clusters hold, whether or not they run now.</param>
    /// <exception cref="InvalidOperationException">All are taken.</exception>
    public static ClusterNetwork FirstFree(IReadOnlySet<int> claimed)
    {
        for (var index = 0; index < MaximumClusters; index++)
        {
            var candidate = new ClusterNetwork(index);
            if (!claimed.Contains(index) && !Directory.Exists($"/sys/class/net/{candidate.Bridge}")) return candidate;
        }

        throw new InvalidOperationException(
            $"all {MaximumClusters} cluster networks of this host are taken (bridges mobula0 to mobula{MaximumClusters - 1}); delete a cluster first");
    }
}
