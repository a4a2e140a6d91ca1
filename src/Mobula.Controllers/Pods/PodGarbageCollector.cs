using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Pods;

/// <summary>
/// Deletes pods that no node agent will clean up: those of nodes that do not exist any more, those that were deleted before
/// they had a node, and the oldest of too many that have ended.
/// </summary>
internal sealed class PodGarbageCollector : IController
{
    private const string Component = "pod-garbage-collector";
    private static readonly TimeSpan Quarantine = TimeSpan.FromSeconds(40);
    private readonly ControllerContext _context;
    private readonly KubernetesApi _api;
    private readonly Informer _nodes;
    private readonly Informer _pods;
    private readonly ControlLoop _loop;

    public PodGarbageCollector(ControllerContext context)
    {
        _context = context;
        _api = context.ApiFor(Component);
        _nodes = context.Informer(Resources.Nodes);
        _pods = context.Informer(Resources.Pods);
        _loop = context.Loop(Component, ReconcileAsync);
        _loop.Watch(_pods, (old, now) =>
        {
            if (now is null) return [];
            if (PodState.HasEnded(now) && (old is null || !PodState.HasEnded(old))) EnqueueOldest();
            return old is null || (now.IsTerminating && !old.IsTerminating) ? [ObjectKey.Of(now)] : [];
        });
        _loop.Watch(_nodes, (old, now) =>
        {
            if (now is not null) return [];
            // The node may come back under the same name, as after a restart of its machine.
            foreach (var pod in _pods.Cache.List().Where(p => p.Text("spec", "nodeName") == old!.Name)) _loop.EnqueueAfter(ObjectKey.Of(pod), Quarantine);
            return [];
        });
    }

    public Task RunAsync(CancellationToken cancellation) => _loop.RunAsync(1, cancellation);

    private void EnqueueOldest()
    {
        if (_context.Options.TerminatedPodsAtMost is not (> 0 and var most) || _pods.Cache.Count <= most) return;
        var ended = _pods.Cache.List().Where(PodState.HasEnded).ToArray();
        foreach (var pod in ended.OrderBy(p => p.Text("metadata", "creationTimestamp"), StringComparer.Ordinal).Take(Math.Max(0, ended.Length - most))) _loop.Enqueue(ObjectKey.Of(pod));
    }

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_pods.Cache.Get(key) is not { } pod) return null;
        var node = pod.Text("spec", "nodeName") ?? "";
        if (node.Length == 0)
        {
            // One that waits for its finalizers only is gone as soon as they are.
            if (pod.IsTerminating && pod.List("metadata", "finalizers") is not { Count: > 0 }) await DeleteAsync(pod, null, cancellation).ConfigureAwait(false);
        }
        else if (_nodes.Get(null, node) is null && await _api.FindAsync(Resources.Nodes, null, node, cancellation).ConfigureAwait(false) is null)
        {
            var age = _context.Now - (KubernetesTime.Parse(pod.Text("metadata", "creationTimestamp")) ?? _context.Now);
            if (age < Quarantine) return Quarantine - age;
            await DeleteAsync(pod, "PodGC: node no longer exists", cancellation).ConfigureAwait(false);
        }
        else if (PodState.HasEnded(pod) && _context.Options.TerminatedPodsAtMost is > 0 and var most && _pods.Cache.List().Count(PodState.HasEnded) > most)
        {
            await DeleteAsync(pod, null, cancellation).ConfigureAwait(false);
        }
        return null;
    }

    private async Task DeleteAsync(JsonObject pod, string? why, CancellationToken cancellation)
    {
        try
        {
            if (!PodState.HasEnded(pod))
            {
                var status = new JsonObject { ["phase"] = "Failed" };
                if (why is not null)
                {
                    status["conditions"] = new JsonArray(new JsonObject
                    {
                        ["type"] = "DisruptionTarget",
                        ["status"] = "True",
                        ["lastTransitionTime"] = KubernetesTime.Format(_context.Now),
                        ["reason"] = "DeletionByPodGC",
                        ["message"] = why,
                    });
                }
                await _api.PatchAsync(Resources.Pods, pod.Namespace, pod.Name, PatchType.StrategicMerge, new JsonObject { ["status"] = status }, "status", cancellation: cancellation).ConfigureAwait(false);
            }
            await _api.DeleteAsync(
                Resources.Pods, pod.Namespace, pod.Name, new() { ["gracePeriodSeconds"] = 0, ["preconditions"] = new JsonObject { ["uid"] = pod.Uid } }, cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsNotFound || e.IsConflict)
        {
            // Gone, or another one by now.
        }
    }
}
