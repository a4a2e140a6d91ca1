namespace Mobula.RayOperator.Jobs;

/// <summary>The values of <c>status.reason</c>.</summary>
internal static class FailureReasons
{
    public const string SubmissionFailed = "SubmissionFailed";
    public const string DeadlineExceeded = "DeadlineExceeded";
    public const string PreRunningDeadlineExceeded = "PreRunningDeadlineExceeded";
    public const string AppFailed = "AppFailed";
    public const string TransitionGracePeriodExceeded = "JobDeploymentStatusTransitionGracePeriodExceeded";
    public const string StatusCheckTimeoutExceeded = "JobStatusCheckTimeoutExceeded";
    public const string ValidationFailed = "ValidationFailed";
}
