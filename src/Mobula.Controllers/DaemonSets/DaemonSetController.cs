using System.Runtime.ExceptionServices;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Controllers.Revisions;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Selectors;

namespace Mobula.Controllers.DaemonSets;

/// <summary>Keeps one pod of each DaemonSet on each node it belongs on.</summary>
internal sealed class DaemonSetController : IController
{
    private const string Component = "daemonset-controller";
    private const string User = "daemon-set-controller";
    private readonly TimeProvider _time;
    private readonly EventRecorder _recorder;
    private readonly PodControl _control;
    private readonly RevisionHistory _history;
    private readonly Informer _sets;
    private readonly Informer _pods;
    private readonly Informer _nodes;
    private readonly WriteBarrier _podWrites;
    private readonly WriteBarrier _revisionWrites;
    private readonly OwnWrites _own;
    private readonly ControlLoop _loop;

    public DaemonSetController(ControllerContext context)
    {
        var api = context.ApiFor(User);
        _time = context.Time;
        _recorder = context.Recorder(Component, User);
        _control = new(api, _recorder);
        _sets = context.Informer(Resources.DaemonSets);
        _pods = context.Informer(Resources.Pods);
        _nodes = context.Informer(Resources.Nodes);
        var revisions = context.Informer(Resources.ControllerRevisions);
        _history = new(api, _control, revisions);
        _podWrites = new(_pods);
        _revisionWrites = new(revisions);
        _own = new(api, _sets, _podWrites, _revisionWrites);
        _loop = context.Loop(Component, ReconcileAsync)
            .Watch(_sets)
            .Watch(_pods, (old, now) => PodOwners.Concerned(old, now, "DaemonSet", _sets, (set, pod) => Selector(set).Matches(pod)))
            .Watch(_nodes, (old, now) => old is null || now is null || Matters(old, now) ? _sets.Cache.List().Select(ObjectKey.Of) : [])
            .Watch(revisions, (old, now) => PodOwners.Concerned(old, now, "DaemonSet", _sets, (_, _) => false));
    }

    public Task RunAsync(CancellationToken cancellation) => _loop.RunAsync(2, cancellation);

    private static LabelSelector Selector(JsonObject set) => LabelSelector.From(set.Object("spec", "selector"));

    /// <summary>Heartbeats do not matter; labels and taints do.</summary>
    private static bool Matters(JsonObject old, JsonObject now) =>
        !JsonNode.DeepEquals(old["spec"], now["spec"]) || !JsonNode.DeepEquals(old.At("metadata", "labels"), now.At("metadata", "labels"));

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_own.Ready(key) is not { } cached) return null;
        var set = cached.Clone();
        var selector = Selector(set);
        if (selector.IsEverything)
        {
            _recorder.Warning(set, "SelectingAll", "This daemon set is selecting all pods. A non-empty selector is required.");
            return null;
        }
        var claims = Claims.Decide(set, selector.Matches, _pods.Cache.InNamespace(set.Namespace!));
        List<JsonObject> pods = [.. claims.Owned, .. await _control.SettleAsync(set, claims, Resources.Pods, cancellation).ConfigureAwait(false)];
        var revisions = await _history.ListAsync(set, selector, cancellation).ConfigureAwait(false);
        JsonObject newest;
        try
        {
            (newest, var collisions) = await _history.NewestAsync(
                revisions, Revision.Data(set), (number, count) => Revision.MakeFromTemplate(set, number, count), set.Integer("status", "collisionCount"), r => _revisionWrites.Wrote(key, r), cancellation).ConfigureAwait(false);
            if (collisions is not null) set.Ensure("status")["collisionCount"] = collisions;
        }
        catch (StatusException e) when (PodControl.IsNamespaceTerminating(e))
        {
            return null;
        }
        var hash = newest.Label(Revision.PodHashLabel) ?? "";
        var plan = DaemonSetPlanner.Plan(set, hash, _nodes.Cache.List(), pods, _time.GetUtcNow());
        var failure = await ActAsync(key, set, hash, plan, cancellation).ConfigureAwait(false);
        await _own.WriteStatusAsync(cached, plan.Status, cancellation).ConfigureAwait(false);
        if (failure is not null)
        {
            if (PodControl.IsNamespaceTerminating(failure)) return null;
            ExceptionDispatchInfo.Throw(failure);
        }
        var live = pods.Select(p => p.Label(Revision.PodHashLabel)).Append(hash).ToHashSet();
        await _history.TruncateAsync(revisions, r => live.Contains(r.Label(Revision.PodHashLabel)), set.Integer("spec", "revisionHistoryLimit") ?? 10, cancellation).ConfigureAwait(false);
        return plan.Again;
    }

    private async Task<Exception?> ActAsync(ObjectKey key, JsonObject set, string hash, DaemonSetPlan plan, CancellationToken cancellation)
    {
        foreach (var (type, reason, message) in plan.Events) _recorder.Record(new(SignificantEvent.Reference(set), type, reason, message));
        var (_, failure) = await SlowStart.RunAsync(plan.Create.Count, async i =>
            _podWrites.Wrote(key, await _control.CreateAsync(set, DaemonPods.Build(set, plan.Create[i], hash), cancellation).ConfigureAwait(false))).ConfigureAwait(false);
        foreach (var pod in plan.Delete)
        {
            try
            {
                if (await _control.DeleteAsync(set, pod, cancellation).ConfigureAwait(false) is { } answer) _podWrites.Wrote(key, answer);
            }
            catch (Exception e) when (e is StatusException or HttpRequestException)
            {
                failure ??= e;
            }
        }
        return failure;
    }
}
