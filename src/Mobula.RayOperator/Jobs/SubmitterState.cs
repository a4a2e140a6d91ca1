using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.RayOperator.Jobs;

/// <summary>How the submitter stands.</summary>
/// <param name="FinishedAt">When it ended, well or not; null while it has not.</param>
/// <param name="Failure">Why it failed; null when it did not.</param>
/// <param name="IsAppFailure">Whether the failure is the application's own, whatever the job's status says.</param>
internal sealed record SubmitterState(DateTimeOffset? FinishedAt, string? Failure, bool IsAppFailure = false)
{
    /// <summary>Reads a submitter Job.</summary>
    public static SubmitterState OfJob(JsonObject job)
    {
        var ended = job.Objects("status", "conditions").FirstOrDefault(c => c.Text("type") is "Complete" or "Failed" && c.Text("status") == "True");
        var finishedAt = KubernetesTime.Parse(ended?.Text("lastTransitionTime"));
        var failure = ended?.Text("type") == "Failed"
            ? $"Job submission has failed. Reason: {ended.Text("reason")}. Message: {ended.Text("message")}"
            : null;
        return new(finishedAt, failure);
    }

    /// <summary>Reads the submitter's container in a head pod; null for a head pod that is not there.</summary>
    /// <param name="head">The head pod.</param>
    /// <param name="restarts">Whether the container is restarted when it fails.</param>
    /// <param name="backoffLimit">How often.</param>
    public static SubmitterState OfHead(JsonObject? head, bool restarts, int backoffLimit)
    {
        if (head is null) return new(null, "Ray head pod not found.", IsAppFailure: true);
        var container = head.Objects("status", "containerStatuses").FirstOrDefault(c => c.Text("name") == SubmitterBuilder.ContainerName);
        var ended = container?.Object("state", "terminated");
        var finishedAt = KubernetesTime.Parse(ended?.Text("finishedAt"));
        var exitCode = ended?.Integer("exitCode") ?? 0;
        if (!restarts)
        {
            var failure = ended is not null && exitCode != 0
                ? $"Ray head pod container {SubmitterBuilder.ContainerName} terminated with exit code {exitCode}: {ended.Text("reason")}"
                : null;
            return new(finishedAt, failure);
        }
        var last = container?.Object("lastState", "terminated");
        var gaveUp = last is not null && !(ended is not null && exitCode == 0) && (container?.Integer("restartCount") ?? 0) >= backoffLimit;
        return gaveUp
            ? new(KubernetesTime.Parse((ended ?? last)!.Text("finishedAt")), $"Ray head pod container {SubmitterBuilder.ContainerName} terminated with exit code {(ended ?? last)!.Integer("exitCode")}: {(ended ?? last)!.Text("reason")}")
            : new(exitCode == 0 ? finishedAt : null, null);
    }
}
