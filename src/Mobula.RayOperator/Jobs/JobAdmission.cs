using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.RayOperator.Clusters;

namespace Mobula.RayOperator.Jobs;

/// <summary>Watches that Pod Security lets a job's pods in, tells when it does not, and mends it when the spec was mended.</summary>
internal sealed class JobAdmission(KubernetesApi api, JobResources resources, TimeProvider time)
{
    /// <summary>Shows on the RayJob what its cluster's status says.</summary>
    public void Mirror(RayJobView job, RayJobStatus status, JsonObject cluster)
    {
        var condition = Conditions.Find(cluster, ClusterConditions.PodsAdmitted);
        if (condition?.Text("status") == "False") Tell(job, status, condition.Text("message") ?? "", condition.Text("message") ?? "");
        else Settle(status);
    }

    /// <summary>The submitter Job, and whether the status changed for it.</summary>
    /// <returns>No Job when one is on its way out to be made anew.</returns>
    public async Task<(JsonObject? Job, bool Changed)> CheckAsync(RayJobView job, RayJobStatus status, RayClusterView cluster, CancellationToken cancellation)
    {
        var refused = Conditions.Status(status.Holder, ClusterConditions.PodsAdmitted) == "False";
        var submitter = refused
            ? await resources.EnsureSubmitterAsync(job, status, cluster, cancellation).ConfigureAwait(false)
            : await resources.FindSubmitterAsync(job, cancellation).ConfigureAwait(false) ?? throw new ReconcileException($"jobs.batch \"{job.Name}\" not found");
        if (submitter.IsTerminating) return (null, false);
        if (!job.Options.PodSecurityDefaults) return (submitter, false);
        if (JobRefusal.HasPods(submitter)) return (submitter, Settle(status));
        var (refusal, words) = await JobRefusal.AskAsync(api, submitter, cancellation).ConfigureAwait(false);
        if (refusal is null) return (submitter, Settle(status));
        var wanted = SubmitterBuilder.Job(job, status, cluster);
        if ((await JobRefusal.AskAsync(api, wanted, cancellation).ConfigureAwait(false)).Words is null)
        {
            // The template of a Job cannot be changed; it has no pods, so nothing is lost with it.
            await resources.DeleteSubmitterAsync(job, cancellation).ConfigureAwait(false);
            return (null, false);
        }
        var text = refusal.Describe(!job.PodSecurityDefaults, byAnnotation: !job.PodSecurityDefaults);
        return (submitter, Tell(job, status, text, $"{text} ({words})"));
    }

    private bool Tell(RayJobView job, RayJobStatus status, string text, string note)
    {
        if (status.Message == text && Conditions.Find(status.Holder, ClusterConditions.PodsAdmitted)?.Text("message") == text) return false;
        if (status.Message != text) resources.Report(job, "Warning", PodSecurityRefusal.Reason, "Create", note);
        status.Message = text;
        Conditions.Set(status.Holder, ClusterConditions.PodsAdmitted, "False", PodSecurityRefusal.Reason, text, time.GetUtcNow());
        return true;
    }

    private static bool Settle(RayJobStatus status)
    {
        if (Conditions.Find(status.Holder, ClusterConditions.PodsAdmitted) is not { } condition) return false;
        if (status.Message == condition.Text("message")) status.Message = "";
        Conditions.Remove(status.Holder, ClusterConditions.PodsAdmitted);
        return true;
    }
}
