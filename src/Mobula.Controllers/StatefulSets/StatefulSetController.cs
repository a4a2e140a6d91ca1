using System.Runtime.ExceptionServices;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Controllers.Revisions;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Selectors;

namespace Mobula.Controllers.StatefulSets;

/// <summary>Keeps the pods of StatefulSets, each with its name and its claims.</summary>
internal sealed class StatefulSetController : IController
{
    private const string Component = "statefulset-controller";
    private readonly TimeProvider _time;
    private readonly EventRecorder _recorder;
    private readonly PodControl _control;
    private readonly StatefulSetPodControl _pods;
    private readonly RevisionHistory _history;
    private readonly Informer _sets;
    private readonly Informer _podInformer;
    private readonly WriteBarrier _podWrites;
    private readonly WriteBarrier _revisionWrites;
    private readonly OwnWrites _own;
    private readonly ControlLoop _loop;

    public StatefulSetController(ControllerContext context)
    {
        var api = context.ApiFor(Component);
        _time = context.Time;
        _recorder = context.Recorder(Component);
        _control = new(api, _recorder);
        _sets = context.Informer(Resources.StatefulSets);
        _podInformer = context.Informer(Resources.Pods);
        var revisions = context.Informer(Resources.ControllerRevisions);
        var claims = context.Informer(Resources.PersistentVolumeClaims);
        _pods = new(api, _recorder, claims);
        _history = new(api, _control, revisions);
        _podWrites = new(_podInformer);
        _revisionWrites = new(revisions);
        _own = new(api, _sets, _podWrites, _revisionWrites);
        _loop = context.Loop(Component, ReconcileAsync)
            .Watch(_sets)
            .Watch(_podInformer, (old, now) => PodOwners.Concerned(old, now, "StatefulSet", _sets, (set, pod) => StatefulSetPods.Ordinal(set, pod) is not null && Selector(set).Matches(pod)))
            .Watch(revisions, (old, now) => PodOwners.Concerned(old, now, "StatefulSet", _sets, (_, _) => false))
            .Reads(claims);
    }

    public Task RunAsync(CancellationToken cancellation) => _loop.RunAsync(5, cancellation);

    private static LabelSelector Selector(JsonObject set) => LabelSelector.From(set.Object("spec", "selector"));

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_own.Ready(key) is not { } cached) return null;
        var set = cached.Clone();
        var selector = Selector(set);
        var claims = Claims.Decide(set, p => StatefulSetPods.Ordinal(set, p) is not null && selector.Matches(p), _podInformer.Cache.InNamespace(set.Namespace!));
        List<JsonObject> pods = [.. claims.Owned, .. await _control.SettleAsync(set, claims, Resources.Pods, cancellation).ConfigureAwait(false)];

        var revisions = await _history.ListAsync(set, selector, cancellation).ConfigureAwait(false);
        JsonObject update;
        try
        {
            (update, var collisions) = await _history.NewestAsync(
                revisions, Revision.Data(set), (number, count) => Revision.Make(set, number, count ?? 0), set.Integer("status", "collisionCount"), r => _revisionWrites.Wrote(key, r), cancellation).ConfigureAwait(false);
            set.Ensure("status")["collisionCount"] = collisions ?? 0;
        }
        catch (StatusException e) when (PodControl.IsNamespaceTerminating(e))
        {
            return null;
        }
        var currentName = set.Text("status", "currentRevision");
        var current = revisions.FirstOrDefault(r => r.Name == currentName) ?? update;
        var plan = StatefulSetPlanner.Plan(set, current, update, pods, _time.GetUtcNow());
        var failure = await ActAsync(key, set, plan, cancellation).ConfigureAwait(false);
        await _own.WriteStatusAsync(cached, plan.Status, cancellation).ConfigureAwait(false);
        if (failure is not null)
        {
            if (PodControl.IsNamespaceTerminating(failure)) return null;
            ExceptionDispatchInfo.Throw(failure);
        }
        var live = pods.Select(StatefulSetPods.RevisionOf).Append(current.Name).Append(update.Name).ToHashSet();
        await _history.TruncateAsync(revisions, r => live.Contains(r.Name), set.Integer("spec", "revisionHistoryLimit") ?? 10, cancellation).ConfigureAwait(false);
        return plan.Again;
    }

    private async Task<Exception?> ActAsync(ObjectKey key, JsonObject set, StatefulSetPlan plan, CancellationToken cancellation)
    {
        try
        {
            foreach (var (ordinal, revision) in plan.Create)
            {
                _podWrites.Wrote(key, await _pods.CreateAsync(set, ordinal, revision, cancellation).ConfigureAwait(false));
            }
            foreach (var pod in plan.Delete)
            {
                if (plan.Recreated.Contains(pod))
                {
                    var (type, reason, what) = PodState.Phase(pod) == "Failed" ? ("Warning", "RecreatingFailedPod", "failed") : ("Normal", "RecreatingTerminatedPod", "terminated");
                    _recorder.Record(new(SignificantEvent.Reference(set), type, reason, $"StatefulSet {set.Namespace}/{set.Name} is recreating {what} Pod {pod.Name}"));
                }
                if (plan.Condemned.Contains(pod)) await _pods.CondemnClaimsAsync(set, pod, cancellation).ConfigureAwait(false);
                if (await _pods.DeleteAsync(set, pod, cancellation).ConfigureAwait(false) is { } answer) _podWrites.Wrote(key, answer);
            }
            return null;
        }
        catch (Exception e) when (e is StatusException or HttpRequestException or InvalidOperationException)
        {
            return e;
        }
    }
}
