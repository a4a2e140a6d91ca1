using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Selectors;

namespace Mobula.Controllers.Jobs;

/// <summary>Runs jobs to their completion.</summary>
internal sealed class JobController : IController
{
    private const string Component = "job-controller";
    private readonly KubernetesApi _api;
    private readonly TimeProvider _time;
    private readonly EventRecorder _recorder;
    private readonly PodControl _control;
    private readonly Informer _jobs;
    private readonly Informer _pods;
    private readonly WriteBarrier _podWrites;
    private readonly OwnWrites _own;
    private readonly ControlLoop _loop;
    private readonly ControlLoop _orphans;
    private readonly ConcurrentDictionary<string, JobBackoff> _backoffs = new();

    public JobController(ControllerContext context)
    {
        _api = context.ApiFor(Component);
        _time = context.Time;
        _recorder = context.Recorder(Component);
        _control = new(_api, _recorder);
        _jobs = context.Informer(Resources.Jobs);
        _pods = context.Informer(Resources.Pods);
        _podWrites = new(_pods);
        _own = new(_api, _jobs, _podWrites);
        _loop = context.Loop(Component, ReconcileAsync)
            .Watch(_jobs)
            .Watch(_pods, (old, now) => PodOwners.Concerned(old, now, "Job", _jobs, (job, pod) => Selector(job).Matches(pod)));
        _orphans = context.Loop($"{Component}-orphans", ReleaseOrphanAsync).Reads(_jobs)
            .Watch(_pods, (_, now) => now is not null && JobPods.IsTracked(now) ? [ObjectKey.Of(now)] : [])
            .Watch(_jobs, (old, now) => now is null ? _pods.Cache.OwnedBy(old!.Uid).Where(JobPods.IsTracked).Select(ObjectKey.Of) : []);
    }

    public Task RunAsync(CancellationToken cancellation) => Task.WhenAll(_loop.RunAsync(5, cancellation), _orphans.RunAsync(2, cancellation));

    private static LabelSelector Selector(JsonObject job) => LabelSelector.From(job.Object("spec", "selector"));

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_own.Ready(key) is not { } job) return null;
        if (job.Text("spec", "managedBy") is not (null or "kubernetes.io/job-controller")) return null;

        var claims = Claims.Decide(job, Selector(job).Matches, _pods.Cache.InNamespace(job.Namespace!));
        List<JsonObject> pods = [.. claims.Owned];
        if (!JobPlanner.IsFinished(job)) pods.AddRange(await _control.SettleAsync(job, claims, Resources.Pods, cancellation).ConfigureAwait(false));
        var now = _time.GetUtcNow();
        var backoff = _backoffs.GetValueOrDefault(job.Uid);
        var plan = JobPlanner.Plan(job, pods, backoff, now);
        if (JobPlanner.IsFinished(job))
        {
            await ReleaseAsync(key, plan.Release, cancellation).ConfigureAwait(false);
            _backoffs.TryRemove(job.Uid, out _);
            return await DeleteWhenExpiredAsync(job, cancellation).ConfigureAwait(false);
        }
        _backoffs[job.Uid] = backoff.With(plan, now);
        var created = await ActAsync(key, job, plan, cancellation).ConfigureAwait(false);
        if (plan.StatusBefore is { } before) job = await WriteStatusAsync(key, job, before, plan.Active + created.Succeeded, cancellation).ConfigureAwait(false);
        await ReleaseAsync(key, plan.Release, cancellation).ConfigureAwait(false);
        await WriteStatusAsync(key, job, plan.Status, plan.Active + created.Succeeded, cancellation).ConfigureAwait(false);
        foreach (var (type, reason, message) in plan.Events) _recorder.Record(new(SignificantEvent.Reference(job), type, reason, message));
        if (created.Failure is { } failure && !PodControl.IsNamespaceTerminating(failure)) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        return plan.Again;
    }

    private async Task<(int Succeeded, Exception? Failure)> ActAsync(ObjectKey key, JsonObject job, JobPlan plan, CancellationToken cancellation)
    {
        await ReleaseAsync(key, plan.Discard.Where(JobPods.IsTracked), cancellation).ConfigureAwait(false);
        foreach (var pod in plan.Discard.Concat(plan.Delete))
        {
            if (await _control.DeleteAsync(job, pod, cancellation).ConfigureAwait(false) is { } answer) _podWrites.Wrote(key, answer);
        }
        return await SlowStart.RunAsync(plan.Create.Count, async i =>
        {
            var pod = JobPods.Build(job, plan.Create[i], plan.Create[i] is { } index ? plan.IndexFailures.GetValueOrDefault(index) : 0);
            _podWrites.Wrote(key, await _control.CreateAsync(job, pod, cancellation).ConfigureAwait(false));
        }).ConfigureAwait(false);
    }

    private async Task<JsonObject> WriteStatusAsync(ObjectKey key, JsonObject job, JsonObject status, int active, CancellationToken cancellation)
    {
        if (active > 0) status["active"] = active;
        if (JsonNode.DeepEquals(status, job["status"])) return job;
        var update = job.Clone();
        update["status"] = status;
        var answer = await _api.UpdateAsync(Resources.Jobs, update, "status", cancellation).ConfigureAwait(false);
        _own.Wrote(key, answer);
        return answer;
    }

    private async Task ReleaseAsync(ObjectKey key, IEnumerable<JsonObject> pods, CancellationToken cancellation)
    {
        foreach (var pod in pods)
        {
            if (await ReleaseAsync(pod, cancellation).ConfigureAwait(false) is { } answer) _podWrites.Wrote(key, answer);
        }
    }

    private async Task<JsonObject?> ReleaseAsync(JsonObject pod, CancellationToken cancellation)
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["$deleteFromPrimitiveList/finalizers"] = new JsonArray(JobPods.Finalizer), ["uid"] = pod.Uid },
        };
        try
        {
            return await _api.PatchAsync(Resources.Pods, pod.Namespace, pod.Name, PatchType.StrategicMerge, patch, cancellation: cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsNotFound || e.IsConflict)
        {
            return null;
        }
    }

    /// <summary>A pod whose job is gone waits for nobody: nothing counts it any more.</summary>
    private async Task<TimeSpan?> ReleaseOrphanAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_pods.Cache.Get(key) is not { } pod || !JobPods.IsTracked(pod)) return null;
        if (pod.ControllerReference is { } owner && owner.Text("kind") == "Job")
        {
            var name = owner.Text("name") ?? "";
            var job = _jobs.Get(key.Namespace, name) ?? await _api.FindAsync(Resources.Jobs, key.Namespace, name, cancellation).ConfigureAwait(false);
            if (job?.Uid == owner.Text("uid")) return null;
        }
        await ReleaseAsync(pod, cancellation).ConfigureAwait(false);
        return null;
    }

    private async Task<TimeSpan?> DeleteWhenExpiredAsync(JsonObject job, CancellationToken cancellation)
    {
        if (job.IsTerminating || job.Integer("spec", "ttlSecondsAfterFinished") is not { } ttl) return null;
        var finished = Conditions.Find(job, "Complete") ?? Conditions.Find(job, "Failed");
        if (KubernetesTime.Parse(finished?.Text("lastTransitionTime")) is not { } since) return null;
        var left = since.AddSeconds(ttl) - _time.GetUtcNow();
        if (left > TimeSpan.Zero) return left;
        var options = new JsonObject { ["propagationPolicy"] = "Foreground", ["preconditions"] = new JsonObject { ["uid"] = job.Uid } };
        try
        {
            await _api.DeleteAsync(Resources.Jobs, job.Namespace, job.Name, options, cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsNotFound || e.IsConflict)
        {
            return null;
        }
        return null;
    }
}
