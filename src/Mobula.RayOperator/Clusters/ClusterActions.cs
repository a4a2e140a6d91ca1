using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.RayOperator.Clusters;

/// <summary>One step of a plan. The steps are taken in order; the first that fails ends the pass.</summary>
internal abstract record ClusterAction;

/// <summary>What an event is to say.</summary>
/// <param name="Type"><c>Normal</c> or <c>Warning</c>.</param>
/// <param name="Reason">KubeRay's reason.</param>
/// <param name="Action">KubeRay's action, for example <c>Create</c>.</param>
/// <param name="Note">The text for people.</param>
internal sealed record Tell(string Type, string Reason, string Action, string Note) : ClusterAction;

/// <summary>Creates an object.</summary>
/// <param name="Resource">Its resource.</param>
/// <param name="Object">The object.</param>
/// <param name="Noun">What the events call it, for example <c>head Pod</c>.</param>
/// <param name="Reason">The events' reasons are <c>Created…</c> and <c>FailedToCreate…</c> with this; null for no events.</param>
internal sealed record Create(GroupVersionResource Resource, JsonObject Object, string Noun, string? Reason) : ClusterAction
{
    /// <summary>Writes the note of a failure from what the server said.</summary>
    public required Func<string, string> FailedNote { get; init; }

    /// <summary>The reason of condition <c>ReplicaFailure</c> when it fails; null for none.</summary>
    public string? FailureMarker { get; init; }

    /// <summary>Whether an object of that name that exists is as good.</summary>
    public bool ExistingIsFine { get; init; }

    /// <summary>The group whose pods are expected to grow; null when this is no pod.</summary>
    public string? Group { get; init; }
}

/// <summary>Deletes a pod.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Group">Its group; empty for the head.</param>
/// <param name="Kind"><c>Head</c> or <c>Worker</c>, for the events' reasons.</param>
/// <param name="Note">What the event says when it succeeded.</param>
internal sealed record DeletePod(string Name, string Group, string Kind, string Note) : ClusterAction
{
    /// <summary>The reason of condition <c>ReplicaFailure</c> when it fails.</summary>
    public required string FailureMarker { get; init; }
}

/// <summary>Deletes all pods that a selector finds.</summary>
/// <param name="Selector">A label selector.</param>
/// <param name="Deleted">The event when it succeeded; null for none.</param>
/// <param name="FailedReason">The event's reason when it failed.</param>
/// <param name="FailureMarker">The reason of condition <c>ReplicaFailure</c> when it fails; null for none.</param>
internal sealed record DeletePods(string Selector, Tell? Deleted, string FailedReason, string? FailureMarker) : ClusterAction
{
    /// <summary>Whether what was expected of the cluster's pods is void afterwards.</summary>
    public bool ClearsExpectations { get; init; }
}

/// <summary>Writes annotations of a pod.</summary>
internal sealed record AnnotatePod(string Name, JsonObject Annotations) : ClusterAction;

/// <summary>Replaces the owner references of a claim, so that it does or does not go with its cluster.</summary>
internal sealed record SetOwners(GroupVersionResource Resource, JsonObject Object) : ClusterAction;

/// <summary>Replaces an object with another form of itself.</summary>
internal sealed record Replace(GroupVersionResource Resource, JsonObject Object, Tell Done, string FailedReason) : ClusterAction;

/// <summary>Ends the pass with an error, so that it is tried again after a growing wait.</summary>
internal sealed record Fail(string Message) : ClusterAction;
