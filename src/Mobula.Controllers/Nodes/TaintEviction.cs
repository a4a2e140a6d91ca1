using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Controllers.Scheduling;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Nodes;

/// <summary>Deletes pods from nodes whose NoExecute taints they do not, or no longer, tolerate.</summary>
internal sealed class TaintEviction : IController
{
    private const string Component = "taint-eviction-controller";
    private readonly ControllerContext _context;
    private readonly KubernetesApi _api;
    private readonly EventRecorder _recorder;
    private readonly Informer _nodes;
    private readonly Informer _pods;
    private readonly ControlLoop _loop;

    public TaintEviction(ControllerContext context)
    {
        _context = context;
        _api = context.ApiFor(Component);
        _recorder = context.Recorder(Component);
        _nodes = context.Informer(Resources.Nodes);
        _pods = context.Informer(Resources.Pods);
        _loop = context.Loop(Component, ReconcileAsync)
            .Watch(_pods, (old, now) => now is not null && !string.IsNullOrEmpty(now.Text("spec", "nodeName"))
                && (old is null || old.Text("spec", "nodeName") != now.Text("spec", "nodeName") || !JsonNode.DeepEquals(old.At("spec", "tolerations"), now.At("spec", "tolerations"))) ? [ObjectKey.Of(now)] : [])
            .Watch(_nodes, (old, now) => now is not null && !JsonNode.DeepEquals(old?.At("spec", "taints"), now.At("spec", "taints"))
                ? _pods.Cache.List().Where(p => p.Text("spec", "nodeName") == now.Name).Select(ObjectKey.Of)
                : []);
    }

    public Task RunAsync(CancellationToken cancellation) => _loop.RunAsync(2, cancellation);

    /// <summary>When a pod has to go: null for never, now or earlier for at once.</summary>
    internal static DateTimeOffset? EvictAt(JsonObject pod, JsonObject node, DateTimeOffset now)
    {
        DateTimeOffset? earliest = null;
        foreach (var taint in node.Objects("spec", "taints").Where(t => t.Text("effect") == "NoExecute"))
        {
            var tolerations = pod.Objects("spec", "tolerations").Where(t => Taints.Covers(t, taint)).ToArray();
            if (tolerations.Length == 0) return now;
            var limits = tolerations.Select(t => t.Integer("tolerationSeconds")).OfType<long>().ToArray();
            if (limits.Length == 0) continue;
            var at = (KubernetesTime.Parse(taint.Text("timeAdded")) ?? now).AddSeconds(Math.Max(0, limits.Min()));
            if (earliest is null || at < earliest) earliest = at;
        }
        return earliest;
    }

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_pods.Cache.Get(key) is not { IsTerminating: false } pod || PodState.HasEnded(pod)) return null;
        if (_nodes.Get(null, pod.Text("spec", "nodeName") ?? "") is not { } node || EvictAt(pod, node, _context.Now) is not { } at) return null;
        var left = at - _context.Now;
        if (left > TimeSpan.Zero) return left;
        _recorder.Normal(pod, "TaintManagerEviction", $"Marking for deletion Pod {pod.Namespace}/{pod.Name}");
        var condition = new JsonObject
        {
            ["type"] = "DisruptionTarget",
            ["status"] = "True",
            ["lastTransitionTime"] = KubernetesTime.Format(_context.Now),
            ["reason"] = "DeletionByTaintManager",
            ["message"] = "Taint manager: deleting due to NoExecute taint",
        };
        try
        {
            await _api.PatchAsync(
                Resources.Pods, pod.Namespace, pod.Name, PatchType.StrategicMerge, new JsonObject { ["status"] = new JsonObject { ["conditions"] = new JsonArray(condition) } }, "status", cancellation: cancellation).ConfigureAwait(false);
            await _api.DeleteAsync(Resources.Pods, pod.Namespace, pod.Name, new() { ["preconditions"] = new JsonObject { ["uid"] = pod.Uid } }, cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsNotFound || e.IsConflict)
        {
            return null;
        }
        return null;
    }
}
