using System.Text.Json.Nodes;
using Mobula.Node.Probes;

namespace Mobula.Node.Pods;

/// <summary>Why a container waits, or why the pod failed: for programs and for people.</summary>
internal sealed record StatusReason(string Reason, string Message);

/// <summary>All that a pod's status is made of.</summary>
internal sealed record PodObservation
{
    /// <summary>The pod with the status last written.</summary>
    public required JsonObject Pod { get; init; }

    public required PodRuntime Runtime { get; init; }

    public required ProbeResults Probes { get; init; }

    /// <summary>Why the last attempt to start a container failed, by its name.</summary>
    public required IReadOnlyDictionary<string, StatusReason> StartFailures { get; init; }

    public required string HostIp { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>The pod with the resources that are in force, which differ from those asked for while a resize is on its way.</summary>
    public JsonObject? InForce { get; init; }

    public ResizeState Resize { get; init; } = ResizeState.None;

    /// <summary>The node ends the pod for this reason.</summary>
    public StatusReason? Failure { get; init; }

    /// <summary>All has been stopped: a terminal phase may be told.</summary>
    public bool Ended { get; init; }

    /// <summary>False until the first containers are tried: the address is told with them.</summary>
    public bool ShowIp { get; init; } = true;
}
