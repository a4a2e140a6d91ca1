using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Node.Containerd;

namespace Mobula.Node.Pods;

/// <summary>Has a worker for every pod that is bound to this node, and for every one that the runtime still has.</summary>
internal sealed class PodManager : IPodLookup, IAsyncDisposable
{
    private static readonly TimeSpan Relist = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, PodWorker> _workers = [];
    private readonly ConcurrentDictionary<string, PodWorker> _byRuntimeId = [];
    private readonly Lock _admission = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly PodServices _services;
    private readonly Func<IReadOnlyDictionary<string, string>> _nodeLabels;
    private readonly Informer _pods;
    private readonly StaticPods _static;
    private readonly LogRotation _rotation;
    private Task _running = Task.CompletedTask;

    /// <param name="services">What all workers share.</param>
    /// <param name="nodeLabels">The labels of the Node.</param>
    /// <param name="nodeUid">Its uid; null while it is unknown.</param>
    public PodManager(PodServices services, Func<IReadOnlyDictionary<string, string>> nodeLabels, Func<string?> nodeUid)
    {
        _services = services;
        _nodeLabels = nodeLabels;
        _pods = new(services.Api, Mobula.Client.Resources.Pods, new InformerOptions { FieldSelector = $"spec.nodeName={services.Node.NodeName}" }, services.Time);
        _static = new(services, _pods, uid => _workers.GetValueOrDefault(uid), nodeUid);
        _rotation = new(services.Runtime, services.Time);
    }

    /// <summary>The pods bound to this node, as the API server has them.</summary>
    public Informer Informer => _pods;

    public IReadOnlyCollection<JsonObject> Pods => [.. _workers.Values.Select(w => w.Pod)];

    /// <summary>Starts; returns when the pods of the API are known and those that are not there any more are being removed.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        _services.Objects.Changed += Poke;
        _pods.Subscribe(Changed);
        var watching = _pods.RunAsync(_stopping.Token);
        _static.Load();
        await _pods.WaitForSyncAsync(cancellation).ConfigureAwait(false);
        await RemoveOrphansAsync(cancellation).ConfigureAwait(false);
        _static.Start();
        _running = Task.WhenAll(watching, FollowEventsAsync(), RelistAsync(), RotateAsync());
    }

    public NodePod? Find(string ns, string name)
    {
        if (_workers.Values.FirstOrDefault(w => w.Pod.Namespace == ns && w.Pod.Name == name) is not { } worker) return null;
        var pod = worker.Pod;
        var runtime = worker.Runtime;
        var logs = _services.Node.PodLogDirectory(ns, name, pod.Uid);
        var hostNetwork = pod.Flag("spec", "hostNetwork") == true;
        return new NodePod
        {
            Namespace = ns,
            Name = name,
            Uid = pod.Uid,
            SandboxId = runtime.Sandbox is { Ready: true } sandbox ? sandbox.Id : null,
            Ip = hostNetwork ? _services.Node.HostIp : runtime.Sandbox?.Ips.FirstOrDefault(),
            HostNetwork = hostNetwork,
            Containers = [.. ContainerSpec.All(pod).Select(c => Describe(c, runtime, worker, pod, logs))],
        };
    }

    /// <summary>Looks at every pod again, for what may have been missed.</summary>
    public void PokeAll()
    {
        foreach (var worker in _workers.Values) worker.Poke();
    }

    public async ValueTask DisposeAsync()
    {
        _services.Objects.Changed -= Poke;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _static.DisposeAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_workers.Values.Select(w => w.DisposeAsync().AsTask())).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private static NodeContainer Describe(ContainerSpec container, PodRuntime runtime, PodWorker worker, JsonObject pod, string logs)
    {
        var instance = runtime.Newest(container.Name);
        var previous = runtime.Previous(container.Name);
        var waiting = instance is null
            ? worker.StartFailures.GetValueOrDefault(container.Name)?.Reason ?? (ContainerSpec.Init(pod).Any() ? "PodInitializing" : "ContainerCreating")
            : null;
        return new NodeContainer
        {
            Name = container.Name,
            Id = instance?.Id,
            Running = instance is { State: InstanceState.Running },
            WaitingReason = waiting,
            LogPath = instance is null ? null : Path.Combine(logs, container.Name, $"{instance.Attempt}.log"),
            PreviousLogPath = previous is null ? null : Path.Combine(logs, container.Name, $"{previous.Attempt}.log"),
            Tty = container.Json.Flag("tty") == true,
            Stdin = container.Json.Flag("stdin") == true,
            StdinOnce = container.Json.Flag("stdinOnce") == true,
        };
    }

    private void Poke(string uid)
    {
        if (_workers.TryGetValue(uid, out var worker)) worker.Poke();
    }

    private void Changed(JsonObject? old, JsonObject? now)
    {
        if (MirrorPod.HashOf((now ?? old)!) is { } hash)
        {
            if (now is not null && _workers.TryGetValue(hash, out var present)) present.Update(now);
            else if (now is not null && _static.Has(hash)) Add(now);
            _static.Wake();
            return;
        }
        if (now is null)
        {
            if (old is not null && _workers.TryGetValue(old.Uid, out var gone)) gone.SetGone();
            return;
        }
        if (_workers.TryGetValue(now.Uid, out var worker)) worker.Update(now);
        else Add(now);
    }

    private PodWorker Add(JsonObject pod)
    {
        var worker = new PodWorker(_services, pod, Admit, (id, w) => _byRuntimeId[id] = w);
        var uid = MirrorPod.LocalUid(pod);
        _workers[uid] = worker;
        _ = ForgetAsync(uid, worker);
        return worker;
    }

    private async Task ForgetAsync(string uid, PodWorker worker)
    {
        await worker.Finished.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_stopping.IsCancellationRequested) return;
        _workers.TryRemove(uid, out _);
        foreach (var (id, w) in _byRuntimeId) if (w == worker) _byRuntimeId.TryRemove(id, out _);
        await worker.DisposeAsync().ConfigureAwait(false);
    }

    private StatusReason? Admit(JsonObject pod)
    {
        // One at a time: each counts those that were admitted before it.
        lock (_admission)
        {
            var others = _workers.Values.Where(w => w.IsActive && w.Pod.Uid != pod.Uid).Select(w => w.InForce).ToList();
            return PodAdmission.Refusal(pod, others, _services.Node.Capacity, _nodeLabels());
        }
    }

    private async Task RemoveOrphansAsync(CancellationToken cancellation)
    {
        foreach (var sandbox in await _services.Reader.ListSandboxesAsync(cancellation).ConfigureAwait(false))
        {
            var uid = sandbox.Metadata.Uid;
            if (uid.Length == 0 || _workers.ContainsKey(uid) || _static.Has(uid)) continue;
            // Deleted while no agent looked: the runtime alone knows what it was.
            var runtime = await _services.Reader.ReadAsync(uid, cancellation).ConfigureAwait(false);
            var containers = runtime.Containers.Select(c => c.Name).Distinct().Select(n => (JsonNode)new JsonObject { ["name"] = n });
            var pod = new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Pod",
                ["metadata"] = new JsonObject { ["name"] = sandbox.Metadata.Name, ["namespace"] = sandbox.Metadata.Namespace, ["uid"] = uid },
                ["spec"] = new JsonObject { ["containers"] = new JsonArray([.. containers]) },
            };
            Add(pod).SetGone();
        }
    }

    private async Task FollowEventsAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await foreach (var e in _services.Runtime.SubscribeAsync(PokeAll, _stopping.Token).ConfigureAwait(false))
                    if (e.Kind == ContainerEventKind.Exited && _byRuntimeId.TryGetValue(e.ContainerId, out var worker)) worker.Ended(e.ContainerId);
            }
            catch (RpcException e) when (!_stopping.IsCancellationRequested)
            {
                _services.Logger.LogDebug("the runtime's events ended: {Error}", e.Status.Detail);
                await Task.Delay(TimeSpan.FromMilliseconds(500), _services.Time, _stopping.Token).ConfigureAwait(false);
            }
        }
    }

    private async Task RotateAsync()
    {
        while (true)
        {
            await Task.Delay(LogRotation.Period, _services.Time, _stopping.Token).ConfigureAwait(false);
            foreach (var container in _workers.Values.SelectMany(w => w.Runtime.Containers).Where(c => c.State == InstanceState.Running))
            {
                try
                {
                    await _rotation.RotateAsync(container.Id, container.LogPath, _stopping.Token).ConfigureAwait(false);
                }
                catch (Exception e) when (e is RpcException or IOException or UnauthorizedAccessException && !_stopping.IsCancellationRequested)
                {
                    _services.Logger.LogWarning("the log {Path} could not be rotated: {Error}", container.LogPath, e.Message);
                }
            }
        }
    }

    private async Task RelistAsync()
    {
        while (true)
        {
            await Task.Delay(Relist, _services.Time, _stopping.Token).ConfigureAwait(false);
            PokeAll();
        }
    }
}
