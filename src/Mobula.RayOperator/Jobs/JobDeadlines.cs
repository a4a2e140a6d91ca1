using Mobula.Kubernetes;
using Mobula.Ray.Dashboard;

namespace Mobula.RayOperator.Jobs;

/// <summary>The times after which a job is given up; each sets the status and says whether it did. Pure.</summary>
internal static class JobDeadlines
{
    private static readonly TimeSpan AfterSubmitter = TimeSpan.FromSeconds(30);

    public static bool Active(RayJobView job, RayJobStatus status, DateTimeOffset now) =>
        Passed(status, job.ActiveDeadline, now, FailureReasons.DeadlineExceeded, "active", "Active");

    public static bool PreRunning(RayJobView job, RayJobStatus status, DateTimeOffset now) =>
        Passed(status, job.PreRunningDeadline, now, FailureReasons.PreRunningDeadlineExceeded, "preRunning", "PreRunning");

    /// <summary>Ray has long said that the job is at an end, but what submits it is not.</summary>
    public static bool Transition(RayJobView job, RayJobStatus status, DateTimeOffset now)
    {
        if (!JobDetails.IsTerminal(status.Job) || status.JobEndTime is not { } end || now < end + job.Options.JobTransitionGracePeriod) return false;
        status.Deployment = status.Job == "FAILED" ? DeploymentStatuses.Failed : DeploymentStatuses.Complete;
        status.Reason = FailureReasons.TransitionGracePeriodExceeded;
        return true;
    }

    public static bool StatusCheck(RayJobView job, RayJobStatus status, DateTimeOffset now)
    {
        var timeout = job.Options.JobStatusCheckTimeout;
        if (status.CheckFailureStart is not { } since || now < since + timeout) return false;
        status.Fail(FailureReasons.StatusCheckTimeoutExceeded, $"Job status checks have been failing since {KubernetesTime.Format(since)}; exceeded timeout of {timeout.TotalSeconds:0}s");
        return true;
    }

    /// <summary>What submits has long ended, but Ray has not said that the job did.</summary>
    public static bool SubmitterGrace(RayJobStatus status, SubmitterState? submitter, DateTimeOffset now)
    {
        if (submitter?.FinishedAt is not { } finished || now < finished + AfterSubmitter) return false;
        status.Job = "FAILED";
        status.Fail(
            FailureReasons.TransitionGracePeriodExceeded,
            $"The RayJob submitter finished at {KubernetesTime.Format(finished)} but the ray job did not reach terminal state within {AfterSubmitter.TotalSeconds:0}s");
        return true;
    }

    private static bool Passed(RayJobStatus status, TimeSpan? deadline, DateTimeOffset now, string reason, string name, string title)
    {
        if (deadline is not { } limit || status.StartTime is not { } start || now < start + limit) return false;
        status.Fail(reason, $"The RayJob has passed the {name}DeadlineSeconds. StartTime: {KubernetesTime.Format(start)}. {title}DeadlineSeconds: {limit.TotalSeconds:0}");
        return true;
    }
}
