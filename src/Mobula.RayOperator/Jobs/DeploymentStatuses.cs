namespace Mobula.RayOperator.Jobs;

/// <summary>The values of <c>status.jobDeploymentStatus</c>.</summary>
internal static class DeploymentStatuses
{
    public const string New = "";
    public const string Initializing = "Initializing";
    public const string Waiting = "Waiting";
    public const string Running = "Running";
    public const string Complete = "Complete";
    public const string Failed = "Failed";
    public const string ValidationFailed = "ValidationFailed";
    public const string Suspending = "Suspending";
    public const string Suspended = "Suspended";
    public const string Retrying = "Retrying";
}
