using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;

namespace Mobula.RayOperator.Jobs;

/// <summary>What the operator reads from a RayJob. It never changes the object.</summary>
internal sealed class RayJobView(JsonObject job, RayOperatorOptions options)
{
    public JsonObject Object => job;

    public RayOperatorOptions Options => options;

    public string Name => job.Name;

    public string Namespace => job.Namespace ?? "default";

    public string Mode => job.Text("spec", "submissionMode") is { Length: > 0 } mode ? mode : SubmissionModes.KubernetesJob;

    /// <summary>Whether a container of Kubernetes submits, beside or within the cluster.</summary>
    public bool HasSubmitter => Mode is SubmissionModes.KubernetesJob or SubmissionModes.Sidecar;

    public bool Suspends => job.Flag("spec", "suspend") == true;

    public bool UsesExistingCluster => job.Object("spec", "clusterSelector") is { Count: > 0 };

    public string? SelectedCluster => job.Text("spec", "clusterSelector", RayLabels.Cluster);

    public JsonObject? ClusterSpec => job.Object("spec", "rayClusterSpec");

    public string Entrypoint => (job.Text("spec", "entrypoint") ?? "").Trim();

    public string? GivenJobId => job.Text("spec", "jobId") is { Length: > 0 } id ? id : null;

    public int SubmitterBackoffLimit => (int)(job.Integer("spec", "submitterConfig", "backoffLimit") ?? 2);

    public TimeSpan TimeToLive => TimeSpan.FromSeconds(job.Integer("spec", "ttlSecondsAfterFinished") ?? 0);

    public TimeSpan? ActiveDeadline => Seconds("activeDeadlineSeconds");

    public TimeSpan? PreRunningDeadline => Seconds("preRunningDeadlineSeconds");

    public double CpuCount => Number("entrypointNumCpus");

    public double GpuCount => Number("entrypointNumGpus");

    public string HeadServiceName => $"{Name}-head-svc";

    public bool PodSecurityDefaults => options.PodSecurityDefaults && Mobula.PodSecurity.Remediation.PodSecurityDefaults.AreOnFor(job);

    /// <summary>The RayCluster as its template says, to be judged before it exists.</summary>
    public RayClusterView Template() => new(
        new JsonObject
        {
            ["apiVersion"] = RayResources.ApiVersion,
            ["kind"] = "RayCluster",
            ["metadata"] = new JsonObject
            {
                ["name"] = Name,
                ["namespace"] = Namespace,
                ["annotations"] = job.Object("metadata", "annotations")?.Clone(),
            },
            ["spec"] = ClusterSpec?.Clone(),
        },
        options);

    private TimeSpan? Seconds(string field) => job.Integer("spec", field) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    private double Number(string field) =>
        job.At("spec", field) is JsonValue value && double.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
