using System.Text.Json.Nodes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Node.Containerd;
using Mobula.Node.Containerd.Cri;

namespace Mobula.Node.Nodes;

/// <summary>Registers the Node, keeps its status true and its Lease fresh.</summary>
internal sealed class NodeReporter(
    KubernetesApi api, EventRecorder events, ContainerdConnection runtime, NodeSettings settings, MachineFacts machine,
    string kubeletVersion, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private const string LeaseNamespace = "kube-node-lease";
    private const int LeaseSeconds = 40;

    private static readonly TimeSpan LeaseRenewal = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StatusHeartbeat = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    /// <summary>A restart of the runtime that is over so soon is nobody's business.</summary>
    private static readonly TimeSpan RuntimePatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RuntimeTimeout = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _wake = new(0);
    private Task _running = Task.CompletedTask;
    private DateTimeOffset? _downSince;
    private string _runtimeVersion = "";
    private JsonObject _node = [];
    private JsonObject _told = [];
    private DateTimeOffset _toldAt;
    private bool? _ready;

    /// <summary>The labels of the Node as last seen.</summary>
    public IReadOnlyDictionary<string, string> Labels => _node.TextMap("metadata", "labels").ToDictionary();

    /// <summary>The uid of the Node; null before it is registered.</summary>
    public string? NodeUid => _node.Uid is { Length: > 0 } uid ? uid : null;

    /// <summary>The port of the kubelet's API; 0 when there is none. To be set before the start.</summary>
    public int KubeletPort { get; set; }

    /// <summary>Registers the node and starts reporting.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        Report("Normal", "Starting", "Starting kubelet.");
        var seen = await ObserveAsync(cancellation).ConfigureAwait(false);
        var wanted = NodeObject.Build(seen);
        try
        {
            _node = await api.CreateAsync(Mobula.Client.Resources.Nodes, wanted, cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsAlreadyExists)
        {
            var labels = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = NodeObject.Labels(seen) } };
            _node = await api.PatchAsync(Mobula.Client.Resources.Nodes, null, settings.NodeName, PatchType.StrategicMerge, labels, cancellation: cancellation).ConfigureAwait(false);
        }
        foreach (var (reason, status) in (IEnumerable<(string, string)>)[("NodeHasSufficientMemory", "NodeHasSufficientMemory"), ("NodeHasNoDiskPressure", "NodeHasNoDiskPressure"), ("NodeHasSufficientPID", "NodeHasSufficientPID")])
            Report("Normal", reason, $"Node {settings.NodeName} status is now: {status}");
        var wasReady = _node.Objects("status", "conditions").FirstOrDefault(c => c.Text("type") == "Ready")?.Text("status") == "True";
        await TellAsync(seen, cancellation).ConfigureAwait(false);
        if (!wasReady) Report("Normal", "NodeReady", $"Node {settings.NodeName} status is now: NodeReady");
        _ready = true;
        _running = Task.WhenAll(ReportAsync(), RenewAsync());
    }

    /// <summary>Something about the node changed, for example whether the runtime answers.</summary>
    public void Wake()
    {
        if (_wake.CurrentCount == 0) _wake.Release();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
        _wake.Dispose();
    }

    private async Task ReportAsync()
    {
        while (true)
        {
            await WaitAsync().ConfigureAwait(false);
            try
            {
                var seen = await ObserveAsync(_stopping.Token).ConfigureAwait(false);
                var ready = seen.NotReady is null;
                var changed = Differs(NodeObject.Status(seen, _told));
                if (changed || time.GetUtcNow() - _toldAt >= StatusHeartbeat) await TellAsync(seen, _stopping.Token).ConfigureAwait(false);
                if (ready != _ready) Report("Normal", ready ? "NodeReady" : "NodeNotReady", $"Node {settings.NodeName} status is now: {(ready ? "NodeReady" : "NodeNotReady")}");
                _ready = ready;
            }
            catch (Exception e) when (e is StatusException or HttpRequestException or IOException)
            {
                logger.LogWarning("the node's status could not be told: {Error}", e.Message);
            }
        }
    }

    private async Task WaitAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        using var timer = time.CreateTimer(_ => limit.Cancel(), null, _downSince is null ? Look : TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan);
        try
        {
            await _wake.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!_stopping.IsCancellationRequested)
        {
            // Time to look by itself.
        }
    }

    private async Task<NodeObservation> ObserveAsync(CancellationToken cancellation)
    {
        var images = new List<(IReadOnlyList<string>, long)>();
        string? notReady = null;
        var asked = time.GetUtcNow();
        // A runtime that hangs is as good as none.
        using var limit = new CancellationTokenSource(RuntimeTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            var version = await runtime.Runtime.VersionAsync(new VersionRequest(), cancellationToken: either.Token).ConfigureAwait(false);
            _runtimeVersion = $"{version.RuntimeName}://{version.RuntimeVersion.TrimStart('v')}";
            var listed = await runtime.Images.ListImagesAsync(new ListImagesRequest(), cancellationToken: either.Token).ConfigureAwait(false);
            foreach (var image in listed.Images) images.Add(([.. image.RepoDigests, .. image.RepoTags], (long)image.Size));
            _downSince = null;
        }
        catch (RpcException) when (!cancellation.IsCancellationRequested)
        {
            _downSince ??= asked;
            if (time.GetUtcNow() - _downSince >= RuntimePatience) notReady = "container runtime is down";
        }
        return new()
        {
            Settings = settings,
            Machine = machine,
            KubeletVersion = kubeletVersion,
            RuntimeVersion = _runtimeVersion,
            KubeletPort = KubeletPort,
            Images = images.Count > 0 || _downSince is null ? images : ToldImages(),
            NotReady = notReady,
            Now = time.GetUtcNow(),
        };
    }

    private List<(IReadOnlyList<string>, long)> ToldImages() =>
        [.. _told.Objects("images").Select(i => ((IReadOnlyList<string>)[.. i.Texts("names")], i.Integer("sizeBytes") ?? 0))];

    private bool Differs(JsonObject status)
    {
        var a = status.Clone();
        var b = _told.Clone();
        foreach (var condition in a.Objects("conditions").Concat(b.Objects("conditions"))) condition.Remove("lastHeartbeatTime");
        return !JsonNode.DeepEquals(a, b);
    }

    private async Task TellAsync(NodeObservation seen, CancellationToken cancellation)
    {
        var status = NodeObject.Status(seen, _node.Object("status") ?? []);
        // Conditions and addresses are merged by their type: those of others stay.
        var patch = new JsonObject { ["status"] = status };
        _node = await api.PatchAsync(Mobula.Client.Resources.Nodes, null, settings.NodeName, PatchType.StrategicMerge, patch, "status", cancellation: cancellation).ConfigureAwait(false);
        _told = status.Clone();
        _toldAt = time.GetUtcNow();
    }

    private void Report(string type, string reason, string message) => events.Record(new(
        new JsonObject { ["kind"] = "Node", ["name"] = settings.NodeName, ["uid"] = settings.NodeName, ["apiVersion"] = "v1" }, type, reason, message));

    private async Task RenewAsync()
    {
        JsonObject? lease = null;
        while (true)
        {
            try
            {
                var now = KubernetesTime.FormatMicro(time.GetUtcNow());
                if (lease is null)
                {
                    lease = await api.FindAsync(Mobula.Client.Resources.Leases, LeaseNamespace, settings.NodeName, _stopping.Token).ConfigureAwait(false)
                        ?? await api.CreateAsync(Mobula.Client.Resources.Leases, NewLease(now), _stopping.Token).ConfigureAwait(false);
                }
                lease.Ensure("spec")["holderIdentity"] = settings.NodeName;
                lease.Ensure("spec")["leaseDurationSeconds"] = LeaseSeconds;
                lease.Ensure("spec")["renewTime"] = now;
                lease = await api.UpdateAsync(Mobula.Client.Resources.Leases, lease, cancellation: _stopping.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is StatusException or HttpRequestException or IOException)
            {
                lease = null;
                logger.LogDebug("the node's lease could not be renewed: {Error}", e.Message);
            }
            await Task.Delay(LeaseRenewal, time, _stopping.Token).ConfigureAwait(false);
        }
    }

    private JsonObject NewLease(string now) => new()
    {
        ["apiVersion"] = "coordination.k8s.io/v1",
        ["kind"] = "Lease",
        ["metadata"] = new JsonObject
        {
            ["name"] = settings.NodeName,
            ["namespace"] = LeaseNamespace,
            ["ownerReferences"] = new JsonArray(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Node", ["name"] = settings.NodeName, ["uid"] = _node.Uid }),
        },
        ["spec"] = new JsonObject { ["holderIdentity"] = settings.NodeName, ["leaseDurationSeconds"] = LeaseSeconds, ["renewTime"] = now },
    };
}
