using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.RayOperator.Jobs;

/// <summary>What is deleted after a job has ended, from least to most.</summary>
internal enum DeletionPolicy
{
    DeleteNone,
    DeleteWorkers,
    DeleteCluster,
    DeleteSelf,
}

/// <summary>What is due after the end of a job.</summary>
/// <param name="Due">What to delete now; null for nothing.</param>
/// <param name="After">When to look again; null for never.</param>
internal readonly record struct DeletionPlan(DeletionPolicy? Due, TimeSpan? After);

/// <summary>Decides what goes when a job has ended. Pure.</summary>
internal static class DeletionPlanner
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    /// <param name="job">The RayJob.</param>
    /// <param name="status">Its status.</param>
    /// <param name="cluster">Its RayCluster; null when it is gone.</param>
    /// <param name="now">The time.</param>
    public static DeletionPlan Plan(RayJobView job, RayJobStatus status, JsonObject? cluster, DateTimeOffset now)
    {
        if (job.UsesExistingCluster && job.Object.List("spec", "deletionStrategy", "deletionRules") is null) return default;
        var end = status.EndTime ?? now;
        if (job.Options.FeatureGates[FeatureGates.RayJobDeletionPolicy] && job.Object.Object("spec", "deletionStrategy") is { } strategy)
        {
            if (strategy.List("deletionRules") is not null) return ByRules(strategy, status, cluster, end, now);
            var name = status.Job switch { "SUCCEEDED" => "onSuccess", "FAILED" => "onFailure", _ => "" };
            return Policy(strategy.Text(name, "policy")) is { } policy ? Once(policy, end + job.TimeToLive, cluster, now) : default;
        }
        if (job.Object.Flag("spec", "shutdownAfterJobFinishes") != true) return default;
        return Once(job.Options.DeleteRayJobAfterJobFinishes ? DeletionPolicy.DeleteSelf : DeletionPolicy.DeleteCluster, end + job.TimeToLive, cluster, now);
    }

    private static DeletionPlan Once(DeletionPolicy policy, DateTimeOffset due, JsonObject? cluster, DateTimeOffset now)
    {
        if (IsAchieved(policy, cluster)) return default;
        return due > now ? new(null, due - now + Slack) : new(policy, null);
    }

    private static DeletionPlan ByRules(JsonObject strategy, RayJobStatus status, JsonObject? cluster, DateTimeOffset end, DateTimeOffset now)
    {
        var (due, next) = (default(DeletionPolicy?), default(DateTimeOffset?));
        foreach (var rule in strategy.Objects("deletionRules"))
        {
            var matches = rule.Text("condition", "jobStatus") is { Length: > 0 } wanted
                ? wanted == status.Job
                : rule.Text("condition", "jobDeploymentStatus") == status.Deployment;
            if (!matches || Policy(rule.Text("policy")) is not { } policy) continue;
            var at = end + TimeSpan.FromSeconds(rule.Integer("condition", "ttlSeconds") ?? 0);
            if (at > now) next = next is null || at < next ? at : next;
            else if (!IsAchieved(policy, cluster) && (due is null || policy > due)) due = policy;
        }
        return new(due, next is { } time ? time - now + Slack : null);
    }

    private static bool IsAchieved(DeletionPolicy policy, JsonObject? cluster) => policy switch
    {
        DeletionPolicy.DeleteNone => true,
        DeletionPolicy.DeleteCluster => cluster is null or { IsTerminating: true },
        DeletionPolicy.DeleteWorkers => cluster is null or { IsTerminating: true } || cluster.Objects("spec", "workerGroupSpecs").All(g => g.Flag("suspend") == true),
        _ => false,
    };

    internal static DeletionPolicy? Policy(string? name) => name switch
    {
        nameof(DeletionPolicy.DeleteNone) => DeletionPolicy.DeleteNone,
        nameof(DeletionPolicy.DeleteWorkers) => DeletionPolicy.DeleteWorkers,
        nameof(DeletionPolicy.DeleteCluster) => DeletionPolicy.DeleteCluster,
        nameof(DeletionPolicy.DeleteSelf) => DeletionPolicy.DeleteSelf,
        _ => null,
    };
}
