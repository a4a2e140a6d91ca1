using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.ReplicaSets;

/// <summary>Keeps the number of pods of each ReplicaSet, or of each ReplicationController.</summary>
internal sealed class ReplicaSetController : IController
{
    private readonly TimeProvider _time;
    private readonly PodControl _pods;
    private readonly Informer _replicaSets;
    private readonly Informer _podInformer;
    private readonly WriteBarrier _podWrites;
    private readonly OwnWrites _own;
    private readonly ControlLoop _loop;

    public ReplicaSetController(ControllerContext context, GroupVersionResource resource, string kind, string component)
    {
        var api = context.ApiFor(component);
        _time = context.Time;
        _pods = new(api, context.Recorder(component));
        _replicaSets = context.Informer(resource);
        _podInformer = context.Informer(Resources.Pods);
        _podWrites = new(_podInformer);
        _own = new(api, _replicaSets, _podWrites);
        _loop = context.Loop(component, ReconcileAsync)
            .Watch(_replicaSets)
            .Watch(_podInformer, (old, now) => PodOwners.Concerned(old, now, kind, _replicaSets, (rs, pod) => ReplicaSetPlan.Selector(rs).Matches(pod)));
    }

    public Task RunAsync(CancellationToken cancellation) => _loop.RunAsync(5, cancellation);

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_own.Ready(key) is not { } replicaSet) return null;

        var selector = ReplicaSetPlan.Selector(replicaSet);
        var candidates = _podInformer.Cache.InNamespace(replicaSet.Namespace!);
        var claims = Claims.Decide(replicaSet, selector.Matches, candidates.Where(PodState.IsActive));
        var terminating = candidates.Count(p => p.IsTerminating && !PodState.HasEnded(p) && p.ControllerReference?.Text("uid") == replicaSet.Uid && selector.Matches(p));
        List<JsonObject> active = [.. claims.Owned, .. await _pods.SettleAsync(replicaSet, claims, Resources.Pods, cancellation).ConfigureAwait(false)];

        var plan = ReplicaSetPlan.Make(replicaSet, active, _time.GetUtcNow());
        Exception? failure = null;
        if (plan.Create > 0)
        {
            (_, failure) = await SlowStart.RunAsync(plan.Create, async _ =>
                _podWrites.Wrote(key, await _pods.CreateAsync(replicaSet, PodTemplate.Instantiate(replicaSet), cancellation).ConfigureAwait(false))).ConfigureAwait(false);
            if (failure is not null && PodControl.IsNamespaceTerminating(failure)) failure = null;
        }
        foreach (var pod in plan.Delete)
        {
            try
            {
                if (await _pods.DeleteAsync(replicaSet, pod, cancellation).ConfigureAwait(false) is { } answer) _podWrites.Wrote(key, answer);
            }
            catch (Exception e) when (e is StatusException or HttpRequestException)
            {
                failure ??= e;
            }
        }
        var now = _time.GetUtcNow();
        await _own.WriteStatusAsync(replicaSet, ReplicaSetPlan.Status(replicaSet, active, terminating, failure?.Message, plan.Create > 0, now), cancellation).ConfigureAwait(false);
        if (failure is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        return PodState.UntilAvailable(active, replicaSet.Integer("spec", "minReadySeconds") ?? 0, now);
    }
}
