using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Events;
using Mobula.RayOperator.Hosting;
using Mobula.RayOperator.Pods;

namespace Mobula.RayOperator.Clusters;

/// <summary>Holds a cluster whose data lies in Redis by a finalizer until a Job has removed that data.</summary>
internal sealed class RedisCleanup(KubernetesApi api, WatchedObjects watched, EventReporter events, TimeProvider time)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan HeadTermination = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(300);

    /// <summary>The pass ends here.</summary>
    /// <param name="After">When to look again; null to wait for a change.</param>
    internal readonly record struct Outcome(TimeSpan? After);

    /// <summary>Does what the finalizer asks for; null when the pass goes on.</summary>
    public async Task<Outcome?> ReconcileAsync(RayClusterView cluster, CancellationToken cancellation)
    {
        var held = cluster.Object.Texts("metadata", "finalizers").Contains(RayFinalizers.RedisCleanup);
        if (cluster.Object.IsTerminating && cluster.UsesRocksDb && held)
        {
            await ReleaseAsync(cluster, cancellation).ConfigureAwait(false);
            return new Outcome(null);
        }
        if (!cluster.Options.CleanUpRedis || !cluster.UsesRedis) return null;
        if (!cluster.Object.IsTerminating)
        {
            if (held) return null;
            await UpdateFinalizersAsync(cluster, [.. cluster.Object.Texts("metadata", "finalizers"), RayFinalizers.RedisCleanup], cancellation).ConfigureAwait(false);
            return new Outcome(Soon);
        }
        return await CleanUpAsync(cluster, held, cancellation).ConfigureAwait(false);
    }

    private async Task<Outcome> CleanUpAsync(RayClusterView cluster, bool held, CancellationToken cancellation)
    {
        var pods = watched.PodsOf(cluster.Namespace, cluster.Name);
        foreach (var type in (string[])[RayLabels.Head, RayLabels.Worker])
        {
            if (pods.Any(p => p.Label(RayLabels.NodeType) == type && !p.IsTerminating))
            {
                await RayClusterController.DeletePodsAsync(api, cluster.Namespace, $"{RayLabels.Cluster}={cluster.Name},{RayLabels.NodeType}={type}", cancellation).ConfigureAwait(false);
            }
        }
        if (pods.Any(p => p.Label(RayLabels.NodeType) == RayLabels.Head)) return new(HeadTermination);
        if (!held) return new(null);
        if (KubernetesTime.Parse(cluster.Object.Text("metadata", "deletionTimestamp")) is { } since && time.GetUtcNow() - since >= Timeout(cluster))
        {
            await ReleaseAsync(cluster, cancellation).ConfigureAwait(false);
            events.Report(
                cluster.Object, "Warning", "ForceDeletedStuckCluster", "Cleanup",
                $"The Redis cleanup of RayCluster {cluster.Namespace}/{cluster.Name} did not end within {Timeout(cluster).TotalSeconds:0} s; the finalizer was removed");
            return new(null);
        }
        if (watched.Jobs.InNamespace(cluster.Namespace).FirstOrDefault(j =>
            j.Label(RayLabels.Cluster) == cluster.Name && j.Label(RayLabels.NodeType) == RayLabels.RedisCleanup) is { } job)
        {
            if (!IsFinished(job)) return new(Soon);
            await ReleaseAsync(cluster, cancellation).ConfigureAwait(false);
            return new(null);
        }
        await CreateJobAsync(cluster, cancellation).ConfigureAwait(false);
        return new(Soon);
    }

    private async Task CreateJobAsync(RayClusterView cluster, CancellationToken cancellation)
    {
        var job = RedisCleanupJob.Build(cluster);
        try
        {
            await api.CreateAsync(Resources.Jobs, job, cancellation).ConfigureAwait(false);
            events.Report(cluster.Object, "Normal", "CreatedRedisCleanupJob", "Create", $"Created Redis cleanup Job {cluster.Namespace}/{job.Name}");
        }
        catch (StatusException error) when (error.IsAlreadyExists)
        {
        }
        catch (StatusException error)
        {
            events.Report(cluster.Object, "Warning", "FailedToCreateRedisCleanupJob", "Create", $"Failed to create Redis cleanup Job {cluster.Namespace}/{job.Name}, {error.Message}");
            throw;
        }
    }

    private static bool IsFinished(JsonObject job) => job.Objects("status", "conditions").Any(c =>
        c.Text("status") == "True" && c.Text("type") is "Complete" or "Failed" or "FailureTarget");

    private static TimeSpan Timeout(RayClusterView cluster) =>
        int.TryParse(cluster.Object.Annotation(RayAnnotations.FaultToleranceDeletionTimeout), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(seconds)
            : DefaultTimeout;

    private Task ReleaseAsync(RayClusterView cluster, CancellationToken cancellation) =>
        UpdateFinalizersAsync(cluster, [.. cluster.Object.Texts("metadata", "finalizers").Where(f => f != RayFinalizers.RedisCleanup)], cancellation);

    private async Task UpdateFinalizersAsync(RayClusterView cluster, string[] finalizers, CancellationToken cancellation)
    {
        var update = TypedForm.Of(cluster.Object);
        if (finalizers.Length == 0) update.Metadata.Remove("finalizers");
        else update.Metadata["finalizers"] = ContainerEditing.Texts(finalizers);
        try
        {
            await api.UpdateAsync(RayResources.RayClusters, update, cancellation: cancellation).ConfigureAwait(false);
        }
        catch (StatusException error) when (error.IsNotFound)
        {
        }
    }
}
