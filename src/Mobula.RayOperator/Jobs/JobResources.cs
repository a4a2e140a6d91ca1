using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Events;
using Mobula.RayOperator.Hosting;

namespace Mobula.RayOperator.Jobs;

/// <summary>Finds, makes and removes what a RayJob owns, and tells of it.</summary>
internal sealed class JobResources(KubernetesApi api, WatchedObjects watched, EventReporter events)
{
    private static readonly JsonObject InBackground = new() { ["propagationPolicy"] = "Background" };

    public Task<JsonObject?> FindClusterAsync(RayJobView job, string name, CancellationToken cancellation) =>
        name.Length == 0 ? Task.FromResult<JsonObject?>(null)
        : watched.Clusters.Get(new(job.Namespace, name)) is { } cached ? Task.FromResult<JsonObject?>(cached)
        : api.FindAsync(RayResources.RayClusters, job.Namespace, name, cancellation);

    /// <summary>The cluster of the job, made where it is the job's own and not there.</summary>
    public async Task<JsonObject> EnsureClusterAsync(RayJobView job, RayJobStatus status, CancellationToken cancellation)
    {
        if (await FindClusterAsync(job, status.ClusterName, cancellation).ConfigureAwait(false) is { } there) return there;
        if (job.UsesExistingCluster)
        {
            Report(job, "Warning", "RayClusterNotFound", "Validate", $"RayCluster {job.Namespace}/{status.ClusterName} set in the clusterSelector is not found. It must be created manually");
            throw new ReconcileException($"RayCluster {job.Namespace}/{status.ClusterName} is not found");
        }
        var cluster = JobCluster.Build(job, status);
        return await CreateAsync(job, RayResources.RayClusters, cluster, "RayCluster", "RayCluster", "RayCluster", cancellation).ConfigureAwait(false);
    }

    /// <summary>The Service that leads to the head of the job's cluster, whichever it is now.</summary>
    public async Task EnsureHeadServiceAsync(RayJobView job, RayClusterView cluster, CancellationToken cancellation)
    {
        if (job.UsesExistingCluster) return;
        var wanted = JobCluster.HeadService(job, cluster);
        if (watched.Services.Get(new(job.Namespace, wanted.Name)) is not { } live)
        {
            await CreateAsync(job, Resources.Services, wanted, "Service", "the service", "the service", cancellation).ConfigureAwait(false);
            return;
        }
        if (live.Text("spec", "selector", RayLabels.Cluster) == cluster.Name) return;
        var changed = live.Clone();
        var address = live.Text("spec", "clusterIP");
        changed["spec"] = wanted["spec"]!.DeepClone();
        if (address is not null) changed.Ensure("spec")["clusterIP"] = address;
        try
        {
            await api.UpdateAsync(Resources.Services, changed, cancellation: cancellation).ConfigureAwait(false);
            Report(job, "Normal", "UpdatedService", "Update", $"Updated the service {job.Namespace}/{wanted.Name}");
        }
        catch (StatusException error)
        {
            Report(job, "Warning", "FailedToUpdateService", "Update", $"Failed to update the service {job.Namespace}/{wanted.Name}, {error.Message}");
            throw;
        }
    }

    public Task<JsonObject?> FindSubmitterAsync(RayJobView job, CancellationToken cancellation) =>
        watched.Jobs.Get(new(job.Namespace, job.Name)) is { } cached ? Task.FromResult<JsonObject?>(cached) : api.FindAsync(Resources.Jobs, job.Namespace, job.Name, cancellation);

    public async Task<JsonObject> EnsureSubmitterAsync(RayJobView job, RayJobStatus status, RayClusterView cluster, CancellationToken cancellation) =>
        await FindSubmitterAsync(job, cancellation).ConfigureAwait(false)
        ?? await CreateAsync(job, Resources.Jobs, SubmitterBuilder.Job(job, status, cluster), "RayJobSubmitter", "Kubernetes Job", "Kubernetes Job", cancellation).ConfigureAwait(false);

    /// <summary>Begins to delete the cluster; true when it is gone.</summary>
    public async Task<bool> DeleteClusterAsync(RayJobView job, string name, CancellationToken cancellation)
    {
        if (job.UsesExistingCluster || await FindClusterAsync(job, name, cancellation).ConfigureAwait(false) is not { } cluster) return true;
        if (!cluster.IsTerminating) await DeleteAsync(job, RayResources.RayClusters, name, "RayCluster", "cluster", cancellation).ConfigureAwait(false);
        return false;
    }

    /// <summary>Begins to delete the submitter Job; true when it is gone.</summary>
    public async Task<bool> DeleteSubmitterAsync(RayJobView job, CancellationToken cancellation)
    {
        if (job.Mode is SubmissionModes.Http or SubmissionModes.Sidecar || await FindSubmitterAsync(job, cancellation).ConfigureAwait(false) is not { } submitter) return true;
        if (!submitter.IsTerminating) await DeleteAsync(job, Resources.Jobs, job.Name, "RayJobSubmitter", "submitter K8s Job", cancellation).ConfigureAwait(false);
        return false;
    }

    /// <summary>Suspends every worker group of the cluster.</summary>
    public async Task SuspendWorkersAsync(RayJobView job, JsonObject cluster, CancellationToken cancellation)
    {
        var changed = TypedForm.Of(cluster);
        foreach (var group in changed.Objects("spec", "workerGroupSpecs")) group["suspend"] = true;
        try
        {
            await api.UpdateAsync(RayResources.RayClusters, changed, cancellation: cancellation).ConfigureAwait(false);
            Report(job, "Normal", "UpdatedRayCluster", "Update", $"Set the `suspend` field to true for all worker groups in cluster {job.Namespace}/{cluster.Name}");
        }
        catch (StatusException error) when (!error.IsConflict)
        {
            Report(job, "Warning", "FailedToUpdateRayCluster", "Update", $"Failed to suspend worker groups in cluster {job.Namespace}/{cluster.Name}, {error.Message}");
            throw;
        }
    }

    public Task DeleteSelfAsync(RayJobView job, CancellationToken cancellation) =>
        api.DeleteAsync(RayResources.RayJobs, job.Namespace, job.Name, InBackground.Clone(), cancellation);

    public void Report(RayJobView job, string type, string reason, string action, string note) => events.Report(job.Object, type, reason, action, note);

    private async Task<JsonObject> CreateAsync(RayJobView job, GroupVersionResource resource, JsonObject o, string reason, string noun, string failedNoun, CancellationToken cancellation)
    {
        try
        {
            var created = await api.CreateAsync(resource, o, cancellation).ConfigureAwait(false);
            Report(job, "Normal", $"Created{reason}", "Create", $"Created {noun} {job.Namespace}/{o.Name}");
            return created;
        }
        catch (StatusException error) when (error.IsAlreadyExists)
        {
            // The cache was behind; whose it is shows its owner.
            var there = await api.GetAsync(resource, job.Namespace, o.Name, cancellation).ConfigureAwait(false);
            if (there.ControllerReference?.Text("uid") == job.Object.Uid) return there;
            Report(job, "Warning", $"FailedToCreate{reason}", "Create", $"Failed to create {failedNoun} {job.Namespace}/{o.Name}, {error.Message}");
            throw;
        }
        catch (StatusException error)
        {
            Report(job, "Warning", $"FailedToCreate{reason}", "Create", $"Failed to create {failedNoun} {job.Namespace}/{o.Name}, {error.Message}");
            throw;
        }
    }

    private async Task DeleteAsync(RayJobView job, GroupVersionResource resource, string name, string reason, string noun, CancellationToken cancellation)
    {
        try
        {
            await api.DeleteAsync(resource, job.Namespace, name, InBackground.Clone(), cancellation).ConfigureAwait(false);
            Report(job, "Normal", $"Deleted{reason}", "Delete", $"Deleted {noun} {job.Namespace}/{name}");
        }
        catch (StatusException error) when (error.IsNotFound)
        {
        }
        catch (StatusException error)
        {
            Report(job, "Warning", $"FailedToDelete{reason}", "Delete", $"Failed to delete {noun} {job.Namespace}/{name}, {error.Message}");
            throw;
        }
    }
}
