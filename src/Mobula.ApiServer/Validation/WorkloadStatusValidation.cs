using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Validation;

/// <summary>The counts in the status of workloads.</summary>
internal static class WorkloadStatusValidation
{
    private static readonly FieldPath StatusPath = FieldPath.Of("status");

    public static void Deployment(JsonObject o, FieldErrors errors)
    {
        var status = o.Object("status") ?? [];
        foreach (var field in new[] { "observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas", "collisionCount" }) errors.NonNegative(status, StatusPath, field);
        NotAbove(status, ["updatedReplicas", "readyReplicas", "availableReplicas"], errors);
    }

    public static void ReplicaSet(JsonObject o, FieldErrors errors)
    {
        var status = o.Object("status") ?? [];
        foreach (var field in new[] { "replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration" }) errors.NonNegative(status, StatusPath, field);
        NotAbove(status, ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"], errors);
    }

    private static void NotAbove(JsonObject status, string[] parts, FieldErrors errors)
    {
        var all = status.Integer("replicas") ?? 0;
        foreach (var part in parts)
        {
            var count = status.Integer(part) ?? 0;
            if (count > all) errors.Invalid(StatusPath.Child(part), count, "cannot be greater than status.replicas");
        }
        var available = status.Integer("availableReplicas") ?? 0;
        if (available > (status.Integer("readyReplicas") ?? 0)) errors.Invalid(StatusPath.Child("availableReplicas"), available, "cannot be greater than readyReplicas");
    }
}
