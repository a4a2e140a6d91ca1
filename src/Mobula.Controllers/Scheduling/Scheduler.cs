using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Scheduling;

/// <summary>Gives pods their node, one pod at a time, so that each sees what the one before took.</summary>
internal sealed class Scheduler : IController, IAsyncDisposable
{
    private const string Name = "default-scheduler";
    private const string User = "system:kube-scheduler";
    private const string ByNode = "spec.nodeName";
    private static readonly Backoff RetryBackoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
    private readonly ControllerContext _context;
    private readonly KubernetesApi _api;
    private readonly SeriesEventRecorder _recorder;
    private readonly Informer _pods;
    private readonly Informer _nodes;
    private readonly Informer _namespaces;
    private readonly Informer _claims;
    private readonly WorkQueue<ObjectKey> _queue;
    private readonly ConcurrentDictionary<ObjectKey, byte> _waiting = new();
    private readonly ConcurrentDictionary<string, JsonObject> _assumed = new();

    public Scheduler(ControllerContext context)
    {
        _context = context;
        _api = context.ApiForUser(User);
        _recorder = new(_api, Name, $"{Name}-{Environment.MachineName}", context.Time, e => context.Options.Log?.Invoke($"{Name}: event: {e.Message}"));
        _queue = new(context.Time, RetryBackoff);
        _pods = context.Informer(Resources.Pods);
        _nodes = context.Informer(Resources.Nodes);
        _namespaces = context.Informer(Resources.Namespaces);
        _claims = context.Informer(Resources.PersistentVolumeClaims);
        _pods.Cache.AddIndex(ByNode, p => p.Text("spec", "nodeName") is { Length: > 0 } node ? [node] : []);
        _pods.Subscribe(ObservePod);
        _nodes.Subscribe((old, now) =>
        {
            if (now is not null && (old is null || Matters(old, now))) RetryWaiting();
        });
        _claims.Subscribe((_, now) =>
        {
            if (now is not null) RetryWaiting();
        });
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await Task.WhenAll(((Informer[])[_pods, _nodes, _namespaces, _claims]).Select(i => i.WaitForSyncAsync(cancellation))).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return;
        }
        await _queue.RunAsync(1, ScheduleNextAsync, cancellation).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Dispose();
        await _recorder.DisposeAsync().ConfigureAwait(false);
    }

    private static bool IsMine(JsonObject pod) =>
        string.IsNullOrEmpty(pod.Text("spec", "nodeName")) && PodState.IsActive(pod) && pod.Text("spec", "schedulerName") is null or "" or Name
        && pod.List("spec", "schedulingGates") is not { Count: > 0 };

    /// <summary>Heartbeats do not matter; labels, taints and capacity do.</summary>
    private static bool Matters(JsonObject old, JsonObject now) =>
        !JsonNode.DeepEquals(old["spec"], now["spec"]) || !JsonNode.DeepEquals(old.At("metadata", "labels"), now.At("metadata", "labels"))
        || !JsonNode.DeepEquals(old.At("status", "allocatable"), now.At("status", "allocatable"));

    private void ObservePod(JsonObject? old, JsonObject? now)
    {
        var pod = (now ?? old)!;
        if (now is null || !string.IsNullOrEmpty(now.Text("spec", "nodeName"))) _assumed.TryRemove(pod.Uid, out _);
        var key = ObjectKey.Of(pod);
        if (now is not null && IsMine(now))
        {
            // The scheduler's own condition is no news.
            if (old is null || !JsonNode.DeepEquals(old["spec"], now["spec"]) || !JsonNode.DeepEquals(old.At("metadata", "labels"), now.At("metadata", "labels"))) _queue.Add(key);
            return;
        }
        _waiting.TryRemove(key, out _);
        // A pod that ends makes room; one that starts may be what another wants to be near.
        var placed = !string.IsNullOrEmpty(pod.Text("spec", "nodeName"));
        if (placed && (now is null || old is null || PodState.HasEnded(now) != PodState.HasEnded(old) || old.Text("spec", "nodeName") != now.Text("spec", "nodeName"))) RetryWaiting();
    }

    private void RetryWaiting()
    {
        foreach (var key in _waiting.Keys)
        {
            if (_waiting.TryRemove(key, out _)) _queue.Add(key);
        }
    }

    private async Task ScheduleNextAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_pods.Cache.Get(key) is not { } pod || !IsMine(pod) || _assumed.ContainsKey(pod.Uid)) return;
        // Marked before the look at the nodes: what changes during the look brings the pod back.
        _waiting[key] = 0;
        try
        {
            var decision = SchedulingPlanner.Decide(pod, States(), name => _namespaces.Get(null, name), name => _claims.Get(pod.Namespace, name));
            if (decision.NodeName is { } node) await BindAsync(pod, node, cancellation).ConfigureAwait(false);
            else await ExplainAsync(pod, decision.Message!, cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsNotFound || e.IsConflict)
        {
            _queue.Forget(key);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // One pod that cannot be placed, for whatever reason, must not stop the placing of all others.
            _context.Options.Log?.Invoke($"{Name}: {key}: {(e is StatusException or HttpRequestException ? e.Message : e)}");
            _queue.AddAfterFailure(key);
        }
    }

    private List<NodeState> States()
    {
        var assumed = _assumed.Values.ToLookup(p => p.Text("spec", "nodeName"));
        return [.. _nodes.Cache.List().Select(n => new NodeState(n, _pods.Cache.Find(ByNode, n.Name).Concat(assumed[n.Name])))];
    }

    private async Task BindAsync(JsonObject pod, string node, CancellationToken cancellation)
    {
        _waiting.TryRemove(ObjectKey.Of(pod), out _);
        var placed = pod.Clone();
        placed["spec"]!["nodeName"] = node;
        _assumed[pod.Uid] = placed;
        try
        {
            await _api.CreateSubresourceAsync(
                Resources.Pods,
                pod.Namespace,
                pod.Name,
                "binding",
                new()
                {
                    ["apiVersion"] = "v1",
                    ["kind"] = "Binding",
                    ["metadata"] = new JsonObject { ["name"] = pod.Name, ["namespace"] = pod.Namespace, ["uid"] = pod.Uid },
                    ["target"] = new JsonObject { ["kind"] = "Node", ["name"] = node },
                },
                cancellation).ConfigureAwait(false);
        }
        catch
        {
            _assumed.TryRemove(pod.Uid, out _);
            throw;
        }
        // The event of the binding may have come before this; then the cache holds the pod on its node.
        if (_pods.Cache.Get(ObjectKey.Of(pod)) is not { } now || now.Uid != pod.Uid || !string.IsNullOrEmpty(now.Text("spec", "nodeName"))) _assumed.TryRemove(pod.Uid, out _);
        _queue.Forget(ObjectKey.Of(pod));
        _recorder.Record(new(SignificantEvent.Reference(pod), "Normal", "Scheduled", $"Successfully assigned {pod.Namespace}/{pod.Name} to {node}"), "Binding");
    }

    private async Task ExplainAsync(JsonObject pod, string message, CancellationToken cancellation)
    {
        _recorder.Record(new(SignificantEvent.Reference(pod), "Warning", "FailedScheduling", message), "Scheduling");
        var known = Conditions.Find(pod, "PodScheduled");
        if (known?.Text("status") == "False" && known.Text("reason") == "Unschedulable" && known.Text("message") == message) return;
        var condition = new JsonObject
        {
            ["type"] = "PodScheduled",
            ["observedGeneration"] = pod.Generation,
            ["status"] = "False",
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = known?.Text("status") == "False" ? known.Text("lastTransitionTime") : KubernetesTime.Format(_context.Now),
            ["reason"] = "Unschedulable",
            ["message"] = message,
        };
        await _api.PatchAsync(
            Resources.Pods, pod.Namespace, pod.Name, PatchType.StrategicMerge, new JsonObject { ["status"] = new JsonObject { ["conditions"] = new JsonArray(condition) } }, "status", cancellation: cancellation).ConfigureAwait(false);
    }
}
