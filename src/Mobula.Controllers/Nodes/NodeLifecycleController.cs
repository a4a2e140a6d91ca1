using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Nodes;

/// <summary>Follows the heartbeats of nodes: a silent one becomes Unknown and tainted, and its pods count as not ready.</summary>
internal sealed class NodeLifecycleController : IController
{
    private const string Component = "node-controller";
    private const string LeaseNamespace = "kube-node-lease";
    private readonly ControllerContext _context;
    private readonly KubernetesApi _api;
    private readonly EventRecorder _recorder;
    private readonly Informer _nodes;
    private readonly Informer _pods;
    private readonly Informer _leases;
    private readonly ConcurrentDictionary<string, (string Heartbeat, long At)> _heard = new();
    private readonly ControlLoop _loop;

    public NodeLifecycleController(ControllerContext context)
    {
        _context = context;
        _api = context.ApiFor(Component);
        _recorder = context.Recorder(Component);
        _nodes = context.Informer(Resources.Nodes);
        _pods = context.Informer(Resources.Pods);
        _leases = context.Informer(Resources.Leases);
        _loop = context.Loop(Component, ReconcileAsync).Reads(_pods).Reads(_leases).Watch(_nodes);
    }

    public Task RunAsync(CancellationToken cancellation) => _loop.RunAsync(2, cancellation);

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_nodes.Cache.Get(key) is not { } node)
        {
            _heard.TryRemove(key.Name, out _);
            return null;
        }
        if (NodeLabels.Missing(node) is { } labels)
        {
            var patch = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = labels } };
            await _api.PatchAsync(Resources.Nodes, null, node.Name, PatchType.StrategicMerge, patch, cancellation: cancellation).ConfigureAwait(false);
            // The change brings the node here again, by its newest revision.
            return null;
        }
        // Heartbeats are compared, and their times taken from this machine's clock: those of others may be wrong.
        var reported = node.Objects("status", "conditions").Where(c => c.Text("status") != "Unknown").Select(c => c.Text("lastHeartbeatTime"));
        var heartbeat = $"{_leases.Get(LeaseNamespace, key.Name)?.Text("spec", "renewTime")}/{string.Join(',', reported)}";
        var (last, at) = _heard.GetOrAdd(key.Name, _ => (heartbeat, _context.Time.GetTimestamp()));
        if (last != heartbeat)
        {
            at = _context.Time.GetTimestamp();
            _heard[key.Name] = (heartbeat, at);
        }
        var left = _context.Options.NodeMonitorGracePeriod - _context.Time.GetElapsedTime(at);
        if (left <= TimeSpan.Zero && NodeHealth.Silent(node, _context.Now) is { } conditions)
        {
            var wasReady = Conditions.IsTrue(node, "Ready");
            var update = node.Clone();
            update.Ensure("status")["conditions"] = conditions;
            node = await _api.UpdateAsync(Resources.Nodes, update, "status", cancellation).ConfigureAwait(false);
            if (wasReady)
            {
                _recorder.Record(new(NodeReference(node), "Normal", "NodeNotReady", $"Node {node.Name} status is now: NodeNotReady"));
                await MarkPodsAsync(node, cancellation).ConfigureAwait(false);
            }
        }
        if (NodeHealth.Taints(node, _context.Now) is { } taints)
        {
            var patch = new JsonObject
            {
                ["metadata"] = new JsonObject { ["resourceVersion"] = node.ResourceVersion },
                ["spec"] = new JsonObject { ["taints"] = taints.Count == 0 ? null : taints },
            };
            await _api.PatchAsync(Resources.Nodes, null, node.Name, PatchType.Merge, patch, cancellation: cancellation).ConfigureAwait(false);
        }
        // A silent node that comes back changes its own conditions, and thereby brings itself here.
        return left > TimeSpan.Zero ? left : null;
    }

    private static JsonObject NodeReference(JsonObject node) =>
        new() { ["kind"] = "Node", ["name"] = node.Name, ["uid"] = node.Uid, ["apiVersion"] = "v1" };

    /// <summary>Services must not lead to the pods of a silent node.</summary>
    private async Task MarkPodsAsync(JsonObject node, CancellationToken cancellation)
    {
        foreach (var pod in _pods.Cache.List().Where(p => p.Text("spec", "nodeName") == node.Name && Conditions.IsTrue(p, "Ready")))
        {
            var update = pod.Clone();
            var ready = Conditions.Find(update, "Ready")!;
            ready["status"] = "False";
            ready["lastTransitionTime"] = KubernetesTime.Format(_context.Now);
            try
            {
                await _api.UpdateAsync(Resources.Pods, update, "status", cancellation).ConfigureAwait(false);
            }
            catch (StatusException e) when (e.IsNotFound || e.IsConflict)
            {
                continue;
            }
            _recorder.Warning(pod, "NodeNotReady", "Node is not ready");
        }
    }
}
