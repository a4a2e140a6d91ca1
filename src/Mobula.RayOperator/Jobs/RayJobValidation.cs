using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.RayOperator.Validation;

namespace Mobula.RayOperator.Jobs;

/// <summary>What KubeRay refuses of a RayJob though the CRD lets it pass; each check returns the first error, or null.</summary>
internal static class RayJobValidation
{
    private const int LongestName = 47;

    public static string? Metadata(JsonObject job) =>
        RayClusterValidation.Metadata(job, "RayJob", LongestName) is { } error ? $"The RayJob metadata is invalid: {error}" : null;

    public static string? Spec(RayJobView job) => Error(job) is { } error ? $"The RayJob spec is invalid: {error}" : null;

    private static string? Error(RayJobView job)
    {
        var o = job.Object;
        if (job.Suspends && o.Flag("spec", "shutdownAfterJobFinishes") != true) return "a RayJob with shutdownAfterJobFinishes set to false is not allowed to be suspended";
        if (job.TimeToLive < TimeSpan.Zero) return "ttlSecondsAfterFinished must be a non-negative integer";
        if (DeletionValidation.Check(job) is { } deletion) return deletion;
        if (job.Suspends && job.UsesExistingCluster) return "the ClusterSelector mode doesn't support the suspend operation";
        if (job.ClusterSpec is null && !job.UsesExistingCluster) return "one of RayClusterSpec or ClusterSelector must be set";
        return Selector(job) ?? Mode(job) ?? Cluster(job) ?? Environment(job) ?? Numbers(job);
    }

    public static string? Status(RayJobView job) =>
        job.Object.Text("status", "jobDeploymentStatus") == DeploymentStatuses.Waiting && job.Mode != SubmissionModes.Interactive
            ? "The RayJob status is invalid: JobDeploymentStatus cannot be `Waiting` when SubmissionMode is not InteractiveMode"
            : null;

    private static string? Selector(RayJobView job)
    {
        if (!job.UsesExistingCluster) return null;
        if (job.SelectedCluster is not { Length: > 0 }) return "failed to get cluster name in ClusterSelector: the label ray.io/cluster is missing or empty";
        if (job.Mode == SubmissionModes.Sidecar) return "ClusterSelector is not supported in SidecarMode";
        return job.Object.Integer("spec", "backoffLimit") > 0 ? "the ClusterSelector mode doesn't support backoffLimit" : null;
    }

    private static string? Mode(RayJobView job)
    {
        if (job.Mode == SubmissionModes.Interactive && job.Object.Integer("spec", "backoffLimit") > 0) return "BackoffLimit is incompatible with InteractiveMode";
        if (job.Mode != SubmissionModes.Sidecar) return null;
        if (job.Object.Object("spec", "submitterPodTemplate") is not null) return "submitterPodTemplate is not supported in SidecarMode";
        if (job.Object.Object("spec", "submitterConfig") is not null) return "submitterConfig is not supported in SidecarMode";
        return job.ClusterSpec?.Text("headGroupSpec", "template", "spec", "restartPolicy") is null or "" or "Never"
            ? null
            : "restartPolicy for head Pod should be Never or unset when using SidecarMode";
    }

    private static string? Cluster(RayJobView job)
    {
        if (job.ClusterSpec is null) return null;
        var template = job.Template();
        return template.UsesKubernetesTokens ? "enableK8sTokenAuth is not supported in RayJob" : RayClusterValidation.Spec(template);
    }

    private static string? Environment(RayJobView job)
    {
        try
        {
            SubmitterCommand.RuntimeEnvironment(job);
            return null;
        }
        catch (FormatException error)
        {
            return $"failed to unmarshal RuntimeEnvYAML: {error.Message}";
        }
    }

    private static string? Numbers(RayJobView job)
    {
        if (job.ActiveDeadline <= TimeSpan.Zero) return "activeDeadlineSeconds must be a positive integer";
        if (job.PreRunningDeadline <= TimeSpan.Zero) return "preRunningDeadlineSeconds must be a positive integer";
        return job.Object.Integer("spec", "backoffLimit") < 0 ? "backoffLimit must be a non-negative integer" : null;
    }
}
