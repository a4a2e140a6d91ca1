using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.Ray.Dashboard;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Events;
using Mobula.RayOperator.Hosting;
using Mobula.RayOperator.Pods;

namespace Mobula.RayOperator.Jobs;

/// <summary>The control loop of RayJobs: one step of the state machine a pass, then the status.</summary>
internal sealed class RayJobController
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan AfterConflict = TimeSpan.FromMilliseconds(100);
    private readonly KubernetesApi _api;
    private readonly WatchedObjects _watched;
    private readonly EventReporter _events;
    private readonly Dashboards _dashboards;
    private readonly RayOperatorOptions _options;
    private readonly TimeProvider _time;
    private readonly JobResources _resources;
    private readonly JobRun _run;

    public RayJobController(KubernetesApi api, WatchedObjects watched, EventReporter events, Dashboards dashboards, RayOperatorOptions options, TimeProvider time)
    {
        (_api, _watched, _events, _dashboards, _options, _time) = (api, watched, events, dashboards, options, time);
        _resources = new(api, watched, events);
        _run = new(api, watched, _resources, dashboards, time);
    }

    /// <summary>Brings one RayJob a step on; returns when to look again.</summary>
    public async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_watched.RayJobs.Get(key) is not { } o) return null;
        if (o.Text("spec", "managedBy") is { Length: > 0 } manager && manager != "ray.io/kuberay-operator") return null;
        var job = new RayJobView(o, _options);
        try
        {
            if (o.IsTerminating) return await ReleaseAsync(job, cancellation).ConfigureAwait(false);
            var (old, status) = (new RayJobStatus(o), new RayJobStatus(o));
            if (Invalid(job) is { } invalid)
            {
                (status.Deployment, status.Reason, status.Message) = (DeploymentStatuses.ValidationFailed, FailureReasons.ValidationFailed, invalid);
                if (status.DiffersFrom(old)) await WriteAsync(o, status, cancellation).ConfigureAwait(false);
                return null;
            }
            return await StepAsync(job, old, status, cancellation).ConfigureAwait(false);
        }
        catch (StatusException error) when (error.IsConflict)
        {
            return AfterConflict;
        }
    }

    private async Task<TimeSpan?> StepAsync(RayJobView job, RayJobStatus old, RayJobStatus status, CancellationToken cancellation)
    {
        var o = job.Object;
        JobStep step;
        switch (status.Deployment)
        {
            case DeploymentStatuses.New:
                o = await BeginAsync(job, status, cancellation).ConfigureAwait(false);
                step = JobStep.Done;
                break;
            case DeploymentStatuses.Suspending or DeploymentStatuses.Retrying:
                step = await ClearAsync(job, status, cancellation).ConfigureAwait(false);
                break;
            case DeploymentStatuses.Suspended:
                if (job.Suspends) return null;
                status.Deployment = DeploymentStatuses.New;
                step = JobStep.Done;
                break;
            case DeploymentStatuses.Complete or DeploymentStatuses.Failed:
                return await DeleteAfterEndAsync(job, status, cancellation).ConfigureAwait(false);
            default:
                step = await _run.StepAsync(job, status, cancellation).ConfigureAwait(false);
                break;
        }
        if (!step.Writes) return Again;
        Count(job, old, status);
        if (!status.DiffersFrom(old)) return Again;
        if (status.IsTerminal) status.EndTime = _time.GetUtcNow();
        await WriteAsync(o, status, cancellation).ConfigureAwait(false);
        return Again;
    }

    private string? Invalid(RayJobView job)
    {
        var (reason, error) = RayJobValidation.Metadata(job.Object) is { } metadata ? ("InvalidRayJobMetadata", metadata)
            : RayJobValidation.Spec(job) is { } spec ? ("InvalidRayJobSpec", spec)
            : RayJobValidation.Status(job) is { } status ? ("InvalidRayJobStatus", status)
            : ("", null);
        if (error is not null) _events.Report(job.Object, "Warning", reason, "Validate", $"{job.Namespace}/{job.Name}: {error}");
        return error;
    }

    /// <summary>Sets the finalizer and the names of the run.</summary>
    private async Task<JsonObject> BeginAsync(RayJobView job, RayJobStatus status, CancellationToken cancellation)
    {
        var o = job.Object;
        if (!o.Texts("metadata", "finalizers").Contains(RayFinalizers.RayJob))
        {
            var update = o.Clone();
            if (update.Object("spec", "rayClusterSpec") is { } spec) TypedForm.Complete(spec);
            update.Metadata["finalizers"] = ContainerEditing.Texts([.. o.Texts("metadata", "finalizers"), RayFinalizers.RayJob]);
            o = await _api.UpdateAsync(RayResources.RayJobs, update, cancellation: cancellation).ConfigureAwait(false);
        }
        if (status.JobId.Length == 0 || status.ClusterName.Length == 0 || status.Job.Length == 0)
        {
            status.JobId = job.Mode == SubmissionModes.Interactive ? "" : job.GivenJobId ?? ObjectNames.WithSuffix(job.Name);
            status.ClusterName = job.SelectedCluster ?? ObjectNames.WithSuffix(job.Name);
            status.Job = "";
        }
        (status.Deployment, status.StartTime) = (DeploymentStatuses.Initializing, _time.GetUtcNow());
        return o;
    }

    /// <summary>Removes cluster and submitter, so that the job can rest or begin anew.</summary>
    private async Task<JobStep> ClearAsync(RayJobView job, RayJobStatus status, CancellationToken cancellation)
    {
        var clusterIsGone = await _resources.DeleteClusterAsync(job, status.ClusterName, cancellation).ConfigureAwait(false);
        var submitterIsGone = await _resources.DeleteSubmitterAsync(job, cancellation).ConfigureAwait(false);
        if (!clusterIsGone || !submitterIsGone) return JobStep.Wait;
        status.Reset();
        status.Deployment = status.Deployment == DeploymentStatuses.Suspending ? DeploymentStatuses.Suspended : DeploymentStatuses.New;
        return JobStep.Done;
    }

    private static void Count(RayJobView job, RayJobStatus old, RayJobStatus status)
    {
        (status.Failed, status.Succeeded) = (status.Failed, status.Succeeded);
        if (status.Deployment == old.Deployment) return;
        if (status is { Deployment: DeploymentStatuses.Complete, Job: "SUCCEEDED" }) status.Succeeded++;
        if (status.Deployment != DeploymentStatuses.Failed) return;
        status.Failed++;
        if (job.Object.Integer("spec", "backoffLimit") is { } limit
            && status.Failed < limit + 1
            && status.Reason is not (FailureReasons.DeadlineExceeded or FailureReasons.StatusCheckTimeoutExceeded))
        {
            status.Deployment = DeploymentStatuses.Retrying;
        }
    }

    private async Task<TimeSpan?> DeleteAfterEndAsync(RayJobView job, RayJobStatus status, CancellationToken cancellation)
    {
        var cluster = await _resources.FindClusterAsync(job, status.ClusterName, cancellation).ConfigureAwait(false);
        var plan = DeletionPlanner.Plan(job, status, cluster, _time.GetUtcNow());
        switch (plan.Due)
        {
            case DeletionPolicy.DeleteSelf:
                await _resources.DeleteSelfAsync(job, cancellation).ConfigureAwait(false);
                return null;
            case DeletionPolicy.DeleteCluster:
                await _resources.DeleteClusterAsync(job, status.ClusterName, cancellation).ConfigureAwait(false);
                break;
            case DeletionPolicy.DeleteWorkers when cluster is not null:
                await _resources.SuspendWorkersAsync(job, cluster, cancellation).ConfigureAwait(false);
                break;
        }
        return plan.After;
    }

    /// <summary>Stops the job and lets the RayJob go.</summary>
    private async Task<TimeSpan?> ReleaseAsync(RayJobView job, CancellationToken cancellation)
    {
        if (!job.Object.Texts("metadata", "finalizers").Contains(RayFinalizers.RayJob)) return null;
        var status = new RayJobStatus(job.Object);
        if (!JobDetails.IsTerminal(status.Job) && status.JobId.Length > 0 && status.DashboardAddress.Length > 0)
        {
            try
            {
                if (await _resources.FindClusterAsync(job, status.ClusterName, cancellation).ConfigureAwait(false) is { } cluster)
                {
                    var dashboard = await _dashboards.OpenAsync(new(cluster, _options), status.DashboardAddress, cancellation).ConfigureAwait(false);
                    await dashboard.StopAsync(status.JobId, cancellation).ConfigureAwait(false);
                }
            }
            catch (Exception error) when (Dashboards.IsFailure(error, cancellation) || error is StatusException or InvalidOperationException)
            {
                // A dashboard that does not answer must not keep the RayJob from going.
                _options.Log?.Invoke($"rayjob {job.Namespace}/{job.Name}: job {status.JobId} could not be stopped: {error.Message}");
            }
        }
        var update = job.Object.Clone();
        string[] others = [.. job.Object.Texts("metadata", "finalizers").Where(f => f != RayFinalizers.RayJob)];
        if (others.Length == 0) update.Metadata.Remove("finalizers");
        else update.Metadata["finalizers"] = ContainerEditing.Texts(others);
        try
        {
            await _api.UpdateAsync(RayResources.RayJobs, update, cancellation: cancellation).ConfigureAwait(false);
        }
        catch (StatusException error) when (error.IsNotFound)
        {
        }
        return null;
    }

    private async Task WriteAsync(JsonObject o, RayJobStatus status, CancellationToken cancellation)
    {
        var update = o.Clone();
        update["status"] = status.ToJson();
        await _api.UpdateAsync(RayResources.RayJobs, update, "status", cancellation).ConfigureAwait(false);
    }
}
