using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.RayOperator.Clusters;

namespace Mobula.RayOperator.Jobs;

/// <summary>
/// Whether Pod Security lets the submitter's pod in. The Job itself is always let in, and its controller tells of refused
/// pods in events of the Job only: so the server is asked by a dry run, for as long as the Job has no pod.
/// </summary>
internal static class JobRefusal
{
    /// <summary>The refusal; null when the pod would be let in, or when it is refused for another reason.</summary>
    public static async Task<(PodSecurityRefusal? Refusal, string? Words)> AskAsync(KubernetesApi api, JsonObject job, CancellationToken cancellation)
    {
        try
        {
            await api.SendAsync(HttpMethod.Post, $"{Resources.Pods.Path(job.Namespace)}?dryRun=All", SubmitterBuilder.Pod(job), null, cancellation).ConfigureAwait(false);
            return (null, null);
        }
        catch (StatusException error)
        {
            return (PodSecurityRefusal.From(error, "submitter pod"), error.Message);
        }
    }

    /// <summary>Whether a Job has had a pod.</summary>
    public static bool HasPods(JsonObject job) =>
        job.Integer("status", "active") > 0 || job.Integer("status", "succeeded") > 0 || job.Integer("status", "failed") > 0 || job.Objects("status", "conditions").Any();
}
