using Mobula.Node;

namespace Mobula.Cli.KindConfiguration;

/// <summary>What a kind configuration (<c>kind.x-k8s.io/v1alpha4</c>, kind <c>Cluster</c>) asks of a cluster.</summary>
internal sealed record KindConfig
{
    /// <summary>The field <c>name</c>; null when it is absent.</summary>
    public string? Name { get; init; }

    /// <summary>The field <c>networking.apiServerAddress</c>; null for loopback.</summary>
    public string? ApiServerAddress { get; init; }

    /// <summary>The field <c>networking.apiServerPort</c>, 1 to 65535; null for any free port.</summary>
    public int? ApiServerPort { get; init; }

    /// <summary>The nodes, in their order; one control plane when the file names none.</summary>
    public IReadOnlyList<KindNode> Nodes { get; init; } = [KindNode.ControlPlane];

    /// <summary>The flags that <c>ClusterConfiguration.apiServer.extraArgs</c> gives the API server, without leading dashes.</summary>
    public IReadOnlyDictionary<string, ApiServerFlag> ApiServerFlags { get; init; } = new Dictionary<string, ApiServerFlag>();

    /// <summary>The mounts of <c>ClusterConfiguration.apiServer.extraVolumes</c>, from the node into the API server.</summary>
    public IReadOnlyList<PathMount> ApiServerVolumes { get; init; } = [];

    /// <summary>The control plane's <c>extraMounts</c>, from the host into the node.</summary>
    public IReadOnlyList<PathMount> ControlPlaneMounts => Nodes.First(n => n.IsControlPlane).ExtraMounts;

    /// <summary>The image tag that chooses the Kubernetes version: the control plane's <c>image</c>, if it names one.</summary>
    public string? Image => Nodes.First(n => n.IsControlPlane).Image;
}

/// <summary>One of <c>nodes</c>.</summary>
/// <param name="IsControlPlane">Whether <c>role</c> is <c>control-plane</c>; else it is <c>worker</c>.</param>
/// <param name="Image">The field <c>image</c>.</param>
/// <param name="Labels">The field <c>labels</c>, given to the Node.</param>
/// <param name="ExtraMounts">The field <c>extraMounts</c>.</param>
internal sealed record KindNode(bool IsControlPlane, string? Image, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<PathMount> ExtraMounts)
{
    /// <summary>The field <c>extraPortMappings</c>.</summary>
    public IReadOnlyList<NodePortMapping> PortMappings { get; init; } = [];

    /// <summary>A control plane about which nothing is said.</summary>
    public static readonly KindNode ControlPlane = new(true, null, new Dictionary<string, string>(), []);
}

/// <summary>A path outside that appears as a path inside.</summary>
/// <param name="Outside">The path outside.</param>
/// <param name="Inside">The path inside.</param>
/// <param name="ReadOnly">Whether the inside may only read.</param>
internal sealed record PathMount(string Outside, string Inside, bool ReadOnly);

/// <summary>A flag of the API server, with where the configuration gives it.</summary>
/// <param name="Value">The value.</param>
/// <param name="Place"><c>FILE:LINE:COLUMN</c>, for messages.</param>
internal sealed record ApiServerFlag(string Value, string Place);
