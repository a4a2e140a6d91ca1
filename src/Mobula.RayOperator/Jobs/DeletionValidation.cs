using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.RayOperator.Jobs;

/// <summary>Whether what a RayJob says about deletion fits together.</summary>
internal static class DeletionValidation
{
    public static string? Check(RayJobView job)
    {
        var shutsDown = job.Object.Flag("spec", "shutdownAfterJobFinishes") == true;
        if (job.TimeToLive > TimeSpan.Zero && !shutsDown) return "a RayJob with shutdownAfterJobFinishes set to false cannot have ttlSecondsAfterFinished";
        if (job.Object.Object("spec", "deletionStrategy") is not { } strategy) return null;
        if (!job.Options.FeatureGates[FeatureGates.RayJobDeletionPolicy]) return "RayJobDeletionPolicy feature gate must be enabled to use deletionStrategy";
        var (success, failure) = (strategy.Object("onSuccess"), strategy.Object("onFailure"));
        if (strategy.List("deletionRules") is { Count: > 0 })
        {
            if (shutsDown) return "deletionRules and shutdownAfterJobFinishes cannot be used together";
            if (success is not null || failure is not null) return "deletionRules and onSuccess/onFailure cannot be used together";
            var errors = Rules(job, strategy).ToArray();
            return errors.Length == 0 ? null : string.Join('\n', errors);
        }
        if (success is null || failure is null) return "deletionStrategy requires either both onSuccess and onFailure, or deletionRules";
        return Legacy(job, "onSuccess", success, shutsDown) ?? Legacy(job, "onFailure", failure, shutsDown);
    }

    private static string? Legacy(RayJobView job, string name, JsonObject given, bool shutsDown)
    {
        if (DeletionPlanner.Policy(given.Text("policy")) is not { } policy) return $"deletionStrategy.{name}.policy must be set";
        if (Unfit(job, policy) is { } unfit) return $"deletionStrategy.{name}: {unfit}";
        return shutsDown && policy == DeletionPolicy.DeleteNone ? $"shutdownAfterJobFinishes is set to true while deletionStrategy.{name}.policy is DeleteNone" : null;
    }

    private static IEnumerable<string> Rules(RayJobView job, JsonObject strategy)
    {
        var seen = new Dictionary<string, SortedDictionary<DeletionPolicy, long>>();
        var index = -1;
        foreach (var rule in strategy.Objects("deletionRules"))
        {
            var place = $"deletionRules[{++index}]";
            var (status, deployment) = (rule.Text("condition", "jobStatus"), rule.Text("condition", "jobDeploymentStatus"));
            if (status is { Length: > 0 } == deployment is { Length: > 0 })
            {
                yield return $"{place}: exactly one of jobStatus and jobDeploymentStatus must be set";
                continue;
            }
            if (DeletionPlanner.Policy(rule.Text("policy")) is not { } policy)
            {
                yield return $"{place}: policy must be set";
                continue;
            }
            var seconds = rule.Integer("condition", "ttlSeconds") ?? 0;
            if (seconds < 0) yield return $"{place}: ttlSeconds must be non-negative";
            if (Unfit(job, policy) is { } unfit) yield return $"{place}: {unfit}";
            var condition = status is { Length: > 0 } ? $"jobStatus {status}" : $"jobDeploymentStatus {deployment}";
            var times = seen.TryGetValue(condition, out var known) ? known : seen[condition] = [];
            if (!times.TryAdd(policy, seconds)) yield return $"{place}: duplicate rule for {policy} and {condition}";
        }
        foreach (var (condition, times) in seen)
        {
            var steps = times.Where(t => t.Key != DeletionPolicy.DeleteNone).ToArray();
            for (var i = 1; i < steps.Length; i++)
            {
                if (steps[i].Value < steps[i - 1].Value)
                {
                    yield return $"for {condition}, {steps[i].Key} TTL ({steps[i].Value}) must be >= {steps[i - 1].Key} TTL ({steps[i - 1].Value})";
                }
            }
        }
    }

    private static string? Unfit(RayJobView job, DeletionPolicy policy)
    {
        if (job.UsesExistingCluster && policy is DeletionPolicy.DeleteCluster or DeletionPolicy.DeleteWorkers) return $"the ClusterSelector mode doesn't support {policy}";
        return policy == DeletionPolicy.DeleteWorkers && job.ClusterSpec?.Flag("enableInTreeAutoscaling") == true
            ? "DeleteWorkers currently does not support RayCluster with autoscaling enabled"
            : null;
    }
}
