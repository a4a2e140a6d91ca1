using Mobula.Node.Network;

namespace Mobula.Node.Containerd;

/// <summary>Where and how a cluster's own containerd runs.</summary>
public sealed record ContainerdOptions
{
    /// <summary>Absolute path of the folder that keeps images, containers and addresses given out. It outlives a reboot.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>
    /// Absolute path of the folder for sockets, network namespaces and FIFOs; short, since a socket's path has at most 107 bytes.
    /// It should lie on a tmpfs.
    /// </summary>
    public required string RunDirectory { get; init; }

    /// <summary>The cluster's bridge and address ranges.</summary>
    public required ClusterNetwork Network { get; init; }

    /// <summary>The node's number in the cluster, from 0: it decides which addresses the node gives to pods.</summary>
    public int NodeNumber { get; init; }

    /// <summary>The image of the pod's own process. It must have been imported; it is never pulled.</summary>
    public string SandboxImage { get; init; } = "localhost/mobula/pause:1";

    /// <summary>The containerd binary; a bare name is looked up on the PATH.</summary>
    public string Binary { get; init; } = "containerd";

    /// <summary>The OCI runtime binary.</summary>
    public string RuntimeBinary { get; init; } = "/usr/sbin/runc";

    /// <summary>The folder of the CNI plugins <c>bridge</c>, <c>host-local</c> and <c>loopback</c>.</summary>
    public string CniPluginDirectory { get; init; } = "/usr/lib/cni";

    /// <summary>How long starting may take before it fails.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>containerd's socket, which also serves CRI.</summary>
    public string Socket => Path.Combine(RunDirectory, "containerd.sock");

    /// <summary>What containerd writes to its standard error.</summary>
    public string LogFile => Path.Combine(DataDirectory, "containerd.log");

    internal string ConfigFile => Path.Combine(DataDirectory, "containerd.toml");

    internal string PidFile => Path.Combine(RunDirectory, "containerd.pid");

    internal string CniConfigDirectory => Path.Combine(DataDirectory, "net.d");
}
