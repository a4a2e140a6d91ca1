using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Jobs;

/// <summary>Facts about the pods of jobs, and how they are made.</summary>
internal static class JobPods
{
    public const string Finalizer = "batch.kubernetes.io/job-tracking";
    public const string CompletionIndex = "batch.kubernetes.io/job-completion-index";
    public const string IndexFailureCount = "batch.kubernetes.io/job-index-failure-count";
    private const string IndexVariable = "JOB_COMPLETION_INDEX";

    public static bool IsIndexed(JsonObject job) => job.Text("spec", "completionMode") == "Indexed";

    /// <summary>Whether a pod that is being deleted is replaced only when it has ended.</summary>
    public static bool ReplacesOnlyFailed(JsonObject job) => job.Text("spec", "podReplacementPolicy") == "Failed";

    public static bool IsTracked(JsonObject pod) => pod.Texts("metadata", "finalizers").Contains(Finalizer);

    public static int? Index(JsonObject pod) =>
        int.TryParse(pod.Annotation(CompletionIndex), CultureInfo.InvariantCulture, out var index) && index >= 0 ? index : null;

    /// <summary>A pod that is deleted counts as failed, since it may never come to say so itself.</summary>
    public static bool HasFailed(JsonObject job, JsonObject pod) => PodState.Phase(pod) switch
    {
        "Failed" => true,
        "Succeeded" => false,
        _ => pod.IsTerminating && !ReplacesOnlyFailed(job),
    };

    public static bool IsTerminating(JsonObject pod) => pod.IsTerminating && !PodState.HasEnded(pod);

    /// <summary>How often an index has failed, a failed pod of it included.</summary>
    public static int FailuresWith(JsonObject pod) =>
        1 + (int.TryParse(pod.Annotation(IndexFailureCount), CultureInfo.InvariantCulture, out var before) ? before : 0);

    /// <summary>When a pod ended, as far as it tells.</summary>
    public static DateTimeOffset? EndedAt(JsonObject pod)
    {
        var finished = pod.Objects("status", "containerStatuses")
            .Select(s => KubernetesTime.Parse(s.Text("state", "terminated", "finishedAt"))).Where(t => t is not null).DefaultIfEmpty(null).Max();
        return finished ?? KubernetesTime.Parse(pod.Text("metadata", "deletionTimestamp"));
    }

    /// <summary>A pod of the job; of an index for indexed ones.</summary>
    public static JsonObject Build(JsonObject job, int? index, int indexFailures)
    {
        var pod = PodTemplate.Instantiate(job);
        var metadata = pod.Metadata;
        var finalizers = pod.Texts("metadata", "finalizers").Where(f => f != Finalizer).Append(Finalizer);
        metadata["finalizers"] = new JsonArray([.. finalizers.Select(f => JsonValue.Create(f))]);
        if (index is not { } i) return pod;
        var text = i.ToString(CultureInfo.InvariantCulture);
        metadata["generateName"] = $"{job.Name}-{text}-";
        pod.Ensure("metadata", "annotations")[CompletionIndex] = text;
        pod.Ensure("metadata", "labels")[CompletionIndex] = text;
        if (job.Integer("spec", "backoffLimitPerIndex") is not null)
        {
            pod.Ensure("metadata", "annotations")[IndexFailureCount] = indexFailures.ToString(CultureInfo.InvariantCulture);
        }
        pod["spec"]!["hostname"] = $"{job.Name}-{text}";
        foreach (var container in pod.Objects("spec", "containers").Concat(pod.Objects("spec", "initContainers")))
        {
            if (container.Objects("env").Any(e => e.Text("name") == IndexVariable)) continue;
            if (container["env"] is not JsonArray env) container["env"] = env = [];
            env.Add((JsonNode)new JsonObject
            {
                ["name"] = IndexVariable,
                ["valueFrom"] = new JsonObject { ["fieldRef"] = new JsonObject { ["fieldPath"] = $"metadata.labels['{CompletionIndex}']" } },
            });
        }
        return pod;
    }
}
