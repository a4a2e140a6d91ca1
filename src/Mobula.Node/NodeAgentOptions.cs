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

    /// <summary>The node's address; null for the host's address on the pods' bridge.</summary>
    public string? NodeIp { get; init; }

    /// <summary>Where the API server listens on this host, for the service <c>default/kubernetes</c>; null for where its endpoints say.</summary>
    public IPEndPoint? ApiServer { get; init; }

    /// <summary>The folder of static pods: each file in it, YAML or JSON, is a Pod that this node runs; null for <c>manifests</c> in the data folder.</summary>
    public string? StaticPodDirectory { get; init; }

    /// <summary>The node's containerd, as <see cref="NodeRemoval"/> takes it.</summary>
    public ContainerdOptions ToContainerd() => new() { DataDirectory = Path.Combine(DataDirectory, "runtime"), RunDirectory = RunDirectory, Network = Network };
}
