using System.Net;
using Mobula.Node.Containerd;
using Mobula.Node.Network;
using Mobula.Node.Streaming;

namespace Mobula.Node;

/// <summary>How a node agent runs.</summary>
public sealed record NodeAgentOptions
{
    /// <summary>The name of the Node.</summary>
    public required string NodeName { get; init; }

    /// <summary>Absolute path of the folder that keeps images, containers, volumes and logs.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Absolute path of the folder for sockets; short, and on a tmpfs.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>The cluster's bridge and address ranges.</summary>
    public required ClusterNetwork Network { get; init; }

    /// <summary>What the Node calls its kubelet's version, for example <c>v1.37.2</c>.</summary>
    public string KubernetesVersion { get; init; } = "v1.37.2";

    /// <summary>The domain of the cluster's DNS.</summary>
    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary>How the kubelet's API (logs, exec, attach, port-forward) listens and whom it lets in; null for a node without it.</summary>
    public KubeletServerOptions? Kubelet { get; init; }

    /// <summary>The node's number in the cluster, 0 to 99: it decides the node's address and those that it gives to pods.</summary>
    public int NodeNumber { get; init; }

    /// <summary>The node's address; null for <see cref="ClusterNetwork.NodeAddress"/>.</summary>
    public string? NodeIp { get; init; }

    /// <summary>
    /// The agent of another node of this cluster on this machine, which routes Services and host ports for this node too; null when this
    /// agent does. It must outlive this one.
    /// </summary>
    public NodeAgent? RoutedBy { get; init; }

    /// <summary>Labels of the Node besides those that a kubelet gives.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The taint with which the Node registers, <c>KEY:EFFECT</c>; null for none.</summary>
    public string? Taint { get; init; }

    /// <summary>Paths of the host that hostPath volumes find elsewhere.</summary>
    public IReadOnlyList<NodeMount> Mounts { get; init; } = [];

    /// <summary>Ports of the host that lead to NodePorts and hostPorts of other numbers; read where this agent routes.</summary>
    public IReadOnlyList<NodePortMapping> PortMappings { get; init; } = [];

    /// <summary>Where the API server listens on this host, for the service <c>default/kubernetes</c>; null for where its endpoints say.</summary>
    public IPEndPoint? ApiServer { get; init; }

    /// <summary>The folder of static pods: each file in it, YAML or JSON, is a Pod that this node runs; null for <c>manifests</c> in the data folder.</summary>
    public string? StaticPodDirectory { get; init; }

    /// <summary>The node's containerd, as <see cref="NodeRemoval"/> takes it.</summary>
    public ContainerdOptions ToContainerd() => new() { DataDirectory = Path.Combine(DataDirectory, "runtime"), RunDirectory = RunDirectory, Network = Network, NodeNumber = NodeNumber };
}

/// <summary>A port of the host that leads to a NodePort or hostPort.</summary>
/// <param name="Protocol"><c>tcp</c>, <c>udp</c> or <c>sctp</c>.</param>
/// <param name="HostPort">The port of the host, 1 to 65535.</param>
/// <param name="NodePort">The NodePort or hostPort.</param>
/// <param name="ListenAddress">The host's address at which alone it leads there; null for all.</param>
public sealed record NodePortMapping(string Protocol, int HostPort, int NodePort, string? ListenAddress);

/// <summary>A path of the host under another name in the node.</summary>
/// <param name="HostPath">The absolute path on the host.</param>
/// <param name="NodePath">The absolute path by which pods' hostPath volumes name it.</param>
public sealed record NodeMount(string HostPath, string NodePath)
{
    /// <summary>Where a path of the node is on the host: under the longest mount that holds it, else where it says.</summary>
    internal static string OnHost(string path, IEnumerable<NodeMount> mounts)
    {
        var mount = mounts.Where(m => m.Holds(path)).MaxBy(m => m.NodePath.TrimEnd('/').Length);
        if (mount is null) return path;
        var found = mount.HostPath.TrimEnd('/') + path[mount.NodePath.TrimEnd('/').Length..];
        return found.Length == 0 ? "/" : found;
    }

    private bool Holds(string path)
    {
        var prefix = NodePath.TrimEnd('/');
        return path.StartsWith(prefix, StringComparison.Ordinal) && (path.Length == prefix.Length || path[prefix.Length] == '/');
    }
}
