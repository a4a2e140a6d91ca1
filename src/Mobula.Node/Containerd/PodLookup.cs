using System.Text.Json.Nodes;

namespace Mobula.Node.Containerd;

/// <summary>What the kubelet endpoint needs to know about the pods of this node; the pod workers answer it.</summary>
internal interface IPodLookup
{
    /// <summary>The pod of that name which is bound to this node, or null.</summary>
    NodePod? Find(string ns, string name);

    /// <summary>All pods of this node with their status, as API objects.</summary>
    IReadOnlyCollection<JsonObject> Pods { get; }
}

/// <summary>A pod as it runs now.</summary>
internal sealed record NodePod
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public required string Uid { get; init; }

    /// <summary>CRI's id of the running sandbox; null before there is one.</summary>
    public string? SandboxId { get; init; }

    /// <summary>The pod's address; null before there is one.</summary>
    public string? Ip { get; init; }

    public bool HostNetwork { get; init; }

    /// <summary>Init containers, containers and ephemeral containers, in the order of the spec.</summary>
    public required IReadOnlyList<NodeContainer> Containers { get; init; }
}

/// <summary>A container of a pod: its newest instance, if one was created.</summary>
internal sealed record NodeContainer
{
    public required string Name { get; init; }

    /// <summary>CRI's id of the newest instance; null before there is one.</summary>
    public string? Id { get; init; }

    public bool Running { get; init; }

    /// <summary>Why there is no instance, for example <c>ContainerCreating</c>, <c>PodInitializing</c> or <c>ErrImagePull</c>.</summary>
    public string? WaitingReason { get; init; }

    /// <summary>Absolute path of the newest instance's log; null before there is one.</summary>
    public string? LogPath { get; init; }

    /// <summary>Absolute path of the log of the instance before; null when there is none.</summary>
    public string? PreviousLogPath { get; init; }

    public bool Tty { get; init; }

    public bool Stdin { get; init; }

    public bool StdinOnce { get; init; }
}
