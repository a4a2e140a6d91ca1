using System.Text.Json.Nodes;
using Mobula.Ray.Dashboard;

namespace Mobula.RayOperator.Jobs;

/// <summary>From what the dashboard and the submitter tell to the status. Pure.</summary>
internal static class JobConclusion
{
    /// <summary>The dashboard did not answer.</summary>
    public static JobStep Unreachable(RayJobStatus status, SubmitterState? submitter, DateTimeOffset now)
    {
        if (submitter?.Failure is not null) return Failed(status, submitter);
        if (status.CheckFailureStart is not null) return JobStep.Wait;
        status.CheckFailureStart = now;
        return JobStep.Done;
    }

    /// <summary>The dashboard told of the job, or knows none of that id.</summary>
    public static JobStep Draw(RayJobView job, RayJobStatus status, JobDetails? details, JsonObject? clusterStatus, SubmitterState? submitter)
    {
        // A submitter that fails with its job says nothing the dashboard does not say better.
        if (submitter?.Failure is not null && (submitter.IsAppFailure || details?.Status != "FAILED")) return Failed(status, submitter);
        if (details is null)
        {
            if (submitter?.FinishedAt is null) return JobStep.Wait;
            status.Fail(FailureReasons.AppFailed, "Submitter completed but Ray job not found in RayCluster.");
            return JobStep.Done;
        }
        status.CheckFailureStart = null;
        var ended = JobDetails.IsTerminal(details.Status) && (!job.HasSubmitter || submitter?.FinishedAt is not null);
        status.Take(details);
        status.Deployment = DeploymentStatuses.Running;
        status.Reason = "";
        if (ended && details.Status == "FAILED") status.Fail(FailureReasons.AppFailed, null);
        else if (ended) status.Deployment = DeploymentStatuses.Complete;
        if (clusterStatus is not null) status.ClusterStatus = clusterStatus;
        return JobStep.Done;
    }

    private static JobStep Failed(RayJobStatus status, SubmitterState submitter)
    {
        if (submitter.IsAppFailure) status.Fail(FailureReasons.AppFailed, submitter.Failure);
        else if (status.Job == "FAILED") status.Fail(FailureReasons.AppFailed, null);
        else status.Fail(FailureReasons.SubmissionFailed, submitter.Failure);
        return JobStep.Done;
    }
}
