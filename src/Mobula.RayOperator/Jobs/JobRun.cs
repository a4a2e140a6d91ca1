using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.Ray.Dashboard;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Hosting;

namespace Mobula.RayOperator.Jobs;

/// <summary>The steps from Initializing to the end of a job.</summary>
internal sealed class JobRun(KubernetesApi api, WatchedObjects watched, JobResources resources, Dashboards dashboards, TimeProvider time)
{
    private readonly JobAdmission _admission = new(api, resources, time);

    public async Task<JobStep> StepAsync(RayJobView job, RayJobStatus status, CancellationToken cancellation) => status.Deployment switch
    {
        DeploymentStatuses.Initializing => await InitializeAsync(job, status, cancellation).ConfigureAwait(false),
        DeploymentStatuses.Waiting => Await(job, status),
        DeploymentStatuses.Running => await RunAsync(job, status, cancellation).ConfigureAwait(false),
        _ => JobStep.Wait,
    };

    private async Task<JobStep> InitializeAsync(RayJobView job, RayJobStatus status, CancellationToken cancellation)
    {
        if (job.Suspends)
        {
            status.Deployment = DeploymentStatuses.Suspending;
            return JobStep.Done;
        }
        if (JobDeadlines.Active(job, status, time.GetUtcNow()) || JobDeadlines.PreRunning(job, status, time.GetUtcNow())) return JobStep.Done;
        var cluster = await resources.EnsureClusterAsync(job, status, cancellation).ConfigureAwait(false);
        var view = new RayClusterView(cluster, job.Options);
        if (status.DashboardAddress.Length == 0)
        {
            if (cluster.Object("status") is { } told) status.ClusterStatus = told;
            _admission.Mirror(job, status, cluster);
            if (cluster.Text("status", "state") != "ready" && !HasSubmitted(job, status)) return JobStep.Done;
            status.DashboardAddress = await AddressAsync(view, cancellation).ConfigureAwait(false);
        }
        if (job.Mode == SubmissionModes.Interactive)
        {
            status.Deployment = DeploymentStatuses.Waiting;
            return JobStep.Done;
        }
        if (job.Mode == SubmissionModes.KubernetesJob) await resources.EnsureSubmitterAsync(job, status, view, cancellation).ConfigureAwait(false);
        status.Deployment = DeploymentStatuses.Running;
        return JobStep.Done;
    }

    /// <summary>
    /// Whether the sidecar has ended already, beside a head that answers. A quick job ends before the head's first probe; its ended
    /// container then keeps the pod, and so the cluster, from ever being called ready.
    /// </summary>
    private bool HasSubmitted(RayJobView job, RayJobStatus status) =>
        job.Mode == SubmissionModes.Sidecar
        && watched.PodsOf(job.Namespace, status.ClusterName).FirstOrDefault(p => p.Label(RayLabels.NodeType) == RayLabels.Head) is { } head
        && head.Objects("status", "containerStatuses").Any(c => c.Text("name") == SubmitterBuilder.ContainerName && c.Object("state", "terminated") is not null)
        && head.Objects("status", "containerStatuses").All(c => c.Text("name") == SubmitterBuilder.ContainerName || c.Flag("ready") == true);

    private JobStep Await(RayJobView job, RayJobStatus status)
    {
        if (JobDeadlines.PreRunning(job, status, time.GetUtcNow())) return JobStep.Done;
        if (job.GivenJobId is not { } id) return JobStep.Wait;
        (status.JobId, status.Deployment) = (id, DeploymentStatuses.Running);
        return JobStep.Done;
    }

    private async Task<JobStep> RunAsync(RayJobView job, RayJobStatus status, CancellationToken cancellation)
    {
        if (job.Suspends)
        {
            status.Deployment = DeploymentStatuses.Suspending;
            return JobStep.Done;
        }
        if (JobDeadlines.Active(job, status, time.GetUtcNow()) || JobDeadlines.Transition(job, status, time.GetUtcNow()) || JobDeadlines.StatusCheck(job, status, time.GetUtcNow())) return JobStep.Done;
        var cluster = await resources.EnsureClusterAsync(job, status, cancellation).ConfigureAwait(false);
        var view = new RayClusterView(cluster, job.Options);
        await resources.EnsureHeadServiceAsync(job, view, cancellation).ConfigureAwait(false);
        var submitter = default(SubmitterState);
        if (job.Mode == SubmissionModes.KubernetesJob)
        {
            var (kubernetesJob, changed) = await _admission.CheckAsync(job, status, view, cancellation).ConfigureAwait(false);
            if (changed) return JobStep.Done;
            if (kubernetesJob is null) return JobStep.Wait;
            submitter = SubmitterState.OfJob(kubernetesJob);
        }
        else if (job.Mode == SubmissionModes.Sidecar)
        {
            var head = watched.PodsOf(job.Namespace, status.ClusterName).FirstOrDefault(p => p.Label(RayLabels.NodeType) == RayLabels.Head);
            submitter = SubmitterState.OfHead(head, view.Gate(FeatureGates.SidecarSubmitterRestart), job.SubmitterBackoffLimit);
        }
        if (JobDeadlines.SubmitterGrace(status, submitter, time.GetUtcNow())) return JobStep.Done;
        return await AskAsync(job, status, view, submitter, cancellation).ConfigureAwait(false);
    }

    /// <summary>Asks the dashboard how the job stands, and draws the conclusions.</summary>
    private async Task<JobStep> AskAsync(RayJobView job, RayJobStatus status, RayClusterView cluster, SubmitterState? submitter, CancellationToken cancellation)
    {
        JobDetails? details;
        try
        {
            var dashboard = await dashboards.OpenAsync(cluster, status.DashboardAddress, cancellation).ConfigureAwait(false);
            details = await dashboard.FindJobAsync(status.JobId, cancellation).ConfigureAwait(false);
            if (details is null && job.Mode == SubmissionModes.Http) return await SubmitAsync(job, status, dashboard, cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (Dashboards.IsFailure(error, cancellation))
        {
            job.Options.Log?.Invoke($"rayjob {job.Namespace}/{job.Name}: {error.Message}");
            return JobConclusion.Unreachable(status, submitter, time.GetUtcNow());
        }
        return JobConclusion.Draw(job, status, details, cluster.Object.Object("status"), submitter);
    }

    private static async Task<JobStep> SubmitAsync(RayJobView job, RayJobStatus status, DashboardClient dashboard, CancellationToken cancellation)
    {
        await dashboard.SubmitAsync(
            new()
            {
                Entrypoint = job.Entrypoint,
                SubmissionId = status.JobId,
                RuntimeEnvironment = SubmitterCommand.RuntimeEnvironment(job),
                Metadata = job.Object.Object("spec", "metadata") is { Count: > 0 } ? job.Object.TextMap("spec", "metadata").ToDictionary() : null,
                CpuCount = job.CpuCount > 0 ? job.CpuCount : null,
                GpuCount = job.GpuCount > 0 ? job.GpuCount : null,
                Resources = job.Object.Text("spec", "entrypointResources") is { Length: > 0 } text ? JsonNode.Parse(text) as JsonObject : null,
            },
            cancellation).ConfigureAwait(false);
        if (status.CheckFailureStart is null) return JobStep.Wait;
        status.CheckFailureStart = null;
        return JobStep.Done;
    }

    private async Task<string> AddressAsync(RayClusterView cluster, CancellationToken cancellation)
    {
        var service = watched.Services.Get(new(cluster.Namespace, cluster.HeadServiceName))
            ?? await api.GetAsync(Resources.Services, cluster.Namespace, cluster.HeadServiceName, cancellation).ConfigureAwait(false);
        var port = service.Objects("spec", "ports").FirstOrDefault(p => p.Text("name") == RayPorts.DashboardName)?.Integer("port")
            ?? throw new ReconcileException($"the head Service {cluster.Namespace}/{service.Name} has no port named {RayPorts.DashboardName}");
        return $"{service.Name}.{cluster.Namespace}.svc.{cluster.Options.ClusterDomain}:{port}";
    }
}
