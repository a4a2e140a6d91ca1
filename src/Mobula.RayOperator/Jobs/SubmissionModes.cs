namespace Mobula.RayOperator.Jobs;

/// <summary>The values of <c>spec.submissionMode</c>.</summary>
internal static class SubmissionModes
{
    public const string KubernetesJob = "K8sJobMode";
    public const string Http = "HTTPMode";
    public const string Interactive = "InteractiveMode";
    public const string Sidecar = "SidecarMode";
}
