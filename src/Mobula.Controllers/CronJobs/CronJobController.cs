using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.CronJobs;

/// <summary>Starts jobs when they are due.</summary>
internal sealed class CronJobController : IController
{
    private const string Component = "cronjob-controller";
    private readonly KubernetesApi _api;
    private readonly TimeProvider _time;
    private readonly EventRecorder _recorder;
    private readonly Informer _cronJobs;
    private readonly Informer _jobs;
    private readonly WriteBarrier _jobWrites;
    private readonly OwnWrites _own;
    private readonly ControlLoop _loop;

    public CronJobController(ControllerContext context)
    {
        _api = context.ApiFor(Component);
        _time = context.Time;
        _recorder = context.Recorder(Component);
        _cronJobs = context.Informer(Resources.CronJobs);
        _jobs = context.Informer(Resources.Jobs);
        _jobWrites = new(_jobs);
        _own = new(_api, _cronJobs, _jobWrites);
        _loop = context.Loop(Component, ReconcileAsync)
            .Watch(_cronJobs)
            .Watch(_jobs, (old, now) => PodOwners.Concerned(old, now, "CronJob", _cronJobs, (_, _) => false));
    }

    public Task RunAsync(CancellationToken cancellation) => _loop.RunAsync(5, cancellation);

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_own.Ready(key) is not { } cronJob) return null;
        var jobs = _jobs.Cache.OwnedBy(cronJob.Uid).Where(j => j.ControllerReference?.Text("uid") == cronJob.Uid).ToArray();
        var plan = CronJobPlanner.Plan(cronJob, jobs, _time.GetUtcNow());
        foreach (var (type, reason, message) in plan.Events) _recorder.Record(new(SignificantEvent.Reference(cronJob), type, reason, message));
        foreach (var job in plan.Delete) await DeleteAsync(key, cronJob, job, cancellation).ConfigureAwait(false);
        var status = plan.Status;
        if (plan.Create is { } wanted && await CreateAsync(key, cronJob, wanted, cancellation).ConfigureAwait(false) is { } created)
        {
            status = CronJobPlanner.WithStarted(status, created, plan.ScheduledAt);
        }
        if (!JsonNode.DeepEquals(status, cronJob["status"] ?? new JsonObject()))
        {
            var update = cronJob.Clone();
            update["status"] = status;
            _own.Wrote(key, await _api.UpdateAsync(Resources.CronJobs, update, "status", cancellation).ConfigureAwait(false));
        }
        return plan.Again;
    }

    private async Task<JsonObject?> CreateAsync(ObjectKey key, JsonObject cronJob, JsonObject job, CancellationToken cancellation)
    {
        try
        {
            job = await _api.CreateAsync(Resources.Jobs, job, cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsAlreadyExists)
        {
            // From a reconcile whose status was lost, or somebody else's of that name.
            var found = await _api.GetAsync(Resources.Jobs, job.Namespace, job.Name, cancellation).ConfigureAwait(false);
            return found.ControllerReference?.Text("uid") == cronJob.Uid ? found : null;
        }
        catch (Exception e) when (e is StatusException or HttpRequestException)
        {
            if (PodControl.IsNamespaceTerminating(e)) return null;
            _recorder.Warning(cronJob, "FailedCreate", $"Error creating job: {e.Message}");
            throw;
        }
        _jobWrites.Wrote(key, job);
        _recorder.Normal(cronJob, "SuccessfulCreate", $"Created job {job.Name}");
        return job;
    }

    private async Task DeleteAsync(ObjectKey key, JsonObject cronJob, JsonObject job, CancellationToken cancellation)
    {
        var options = new JsonObject { ["propagationPolicy"] = "Background", ["preconditions"] = new JsonObject { ["uid"] = job.Uid } };
        try
        {
            _jobWrites.Wrote(key, await _api.DeleteAsync(Resources.Jobs, job.Namespace, job.Name, options, cancellation).ConfigureAwait(false));
        }
        catch (StatusException e) when (e.IsNotFound || e.IsConflict)
        {
            return;
        }
        catch (Exception e) when (e is StatusException or HttpRequestException)
        {
            _recorder.Warning(cronJob, "FailedDelete", $"Deleted job: {e.Message}");
            throw;
        }
        _recorder.Normal(cronJob, "SuccessfulDelete", $"Deleted job {job.Name}");
    }
}
