using System.Text.Json.Nodes;
using static Mobula.Ray.Definitions.SchemaParts;

namespace Mobula.Ray.Definitions;

/// <summary>The schema of a RayJob.</summary>
internal static class RayJobDefinition
{
    private static readonly string[] Policies = ["DeleteCluster", "DeleteWorkers", "DeleteSelf", "DeleteNone"];

    public static JsonObject Build() => RayDefinitions.Definition(
        "RayJob", "rayjobs", RayDefinitions.Root(Spec(), Status()),
        RayDefinitions.Column("job status", "string", ".status.jobStatus"),
        RayDefinitions.Column("deployment status", "string", ".status.jobDeploymentStatus"),
        RayDefinitions.Column("ray cluster name", "string", ".status.rayClusterName"),
        RayDefinitions.Column("start time", "string", ".status.startTime"),
        RayDefinitions.Column("end time", "string", ".status.endTime"),
        RayDefinitions.Column("age", "date", ".metadata.creationTimestamp"));

    /// <summary>The spec; RayCronJobs hold one as their template.</summary>
    public static JsonObject Spec() => Fields(
        ("activeDeadlineSeconds", Int32()),
        ("backoffLimit", Int32().Default(0)),
        ("clusterSelector", TextMap()),
        ("deletionStrategy", Deletion()),
        ("entrypoint", Text()),
        ("entrypointNumCpus", Number()),
        ("entrypointNumGpus", Number()),
        ("entrypointResources", Text()),
        ("jobId", Text()),
        ("managedBy", RayClusterDefinition.ManagedBy()),
        ("metadata", TextMap()),
        ("preRunningDeadlineSeconds", Int32().Minimum(1)),
        ("rayClusterSpec", RayClusterDefinition.Spec()),
        ("runtimeEnvYAML", Text()),
        ("shutdownAfterJobFinishes", Flag()),
        ("submissionMode", Text().Default("K8sJobMode")),
        ("submitterConfig", Fields(("backoffLimit", Int32()))),
        ("submitterPodTemplate", EmbeddedTypes.CoreType("PodTemplateSpec")),
        ("suspend", Flag()),
        ("ttlSecondsAfterFinished", Int32().Default(0)));

    private static JsonObject Status() => Fields(
        // Mobula's own: whether Pod Security lets the job's pods in.
        ("conditions", ListByKey(EmbeddedTypes.Condition(), "type")),
        ("dashboardURL", Text()),
        ("endTime", Time()),
        ("failed", Int32().Default(0)),
        ("jobDeploymentStatus", Text()),
        ("jobId", Text()),
        ("jobStatus", Text()),
        ("jobStatusCheckFailureStartTime", Time()),
        ("message", Text()),
        ("observedGeneration", Int64()),
        ("rayClusterName", Text()),
        ("rayClusterStatus", RayClusterDefinition.Status()),
        ("rayJobInfo", Fields(("endTime", Time()), ("startTime", Time()))),
        ("reason", Text()),
        ("startTime", Time()),
        ("succeeded", Int32().Default(0)));

    private static JsonObject Deletion()
    {
        static JsonObject Policy() => Fields(("policy", Choice(Policies)));
        var condition = Fields(
            ("jobDeploymentStatus", Choice("Failed")),
            ("jobStatus", Choice("SUCCEEDED", "FAILED")),
            ("ttlSeconds", Int32().Default(0).Minimum(0)))
            .Rule(
                "!(has(self.jobStatus) && has(self.jobDeploymentStatus))",
                "JobStatus and JobDeploymentStatus cannot be used together within the same deletion condition.")
            .Rule(
                "has(self.jobStatus) || has(self.jobDeploymentStatus)",
                "the deletion condition requires either the JobStatus or the JobDeploymentStatus field.");
        return Fields(
            ("deletionRules", ListOf(Fields(("condition!", condition), ("policy!", Choice(Policies)))).Atomic().With("minItems", 1)),
            ("onFailure", Policy()),
            ("onSuccess", Policy()))
            .Rule(
                "!((has(self.onSuccess) || has(self.onFailure)) && has(self.deletionRules))",
                "legacy policies (onSuccess/onFailure) and deletionRules cannot be used together within the same deletionStrategy")
            .Rule(
                "((has(self.onSuccess) && has(self.onFailure)) || has(self.deletionRules))",
                "deletionStrategy requires either BOTH onSuccess and onFailure, OR the deletionRules field (cannot be empty)");
    }
}
