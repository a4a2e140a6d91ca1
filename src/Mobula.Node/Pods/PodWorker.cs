using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Node.Containerd.Cri;
using Mobula.Node.Probes;
using Mobula.Node.Volumes;

namespace Mobula.Node.Pods;

/// <summary>
/// Runs one pod: observes it, plans, acts, tells its status, and again when something happened. Everything about a pod happens in
/// its worker, one step after the other.
/// </summary>
internal sealed class PodWorker : IAsyncDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookDelay = TimeSpan.FromMilliseconds(20);
    private const int MostLooks = 200;

    private static readonly TimeSpan VolumeScan = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SoonDelay = TimeSpan.FromMilliseconds(100);

    private readonly PodServices _services;
    private readonly Func<JsonObject, StatusReason?> _admit;
    private readonly Action<string, PodWorker> _register;
    private readonly PodProbes _probes;
    private readonly RestartBackoffs _backoffs = RestartBackoffs.OfKubelet();
    private readonly RestartBackoffs _mountBackoffs = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(122));
    private readonly Dictionary<string, StatusReason> _startFailures = [];
    private readonly Channel<bool> _pokes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentDictionary<string, bool> _ends = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly Task _running;
    private CancellationTokenSource? _attempt;
    private JsonObject _pod;
    private bool _gone;
    private bool _admitted;
    private bool _ended;
    private bool _deleteSent;

    /// <param name="services">What all workers share.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="admit">Asked once, before anything runs.</param>
    /// <param name="register">Told each sandbox and container of the pod, so that events find the worker.</param>
    public PodWorker(PodServices services, JsonObject pod, Func<JsonObject, StatusReason?> admit, Action<string, PodWorker> register)
    {
        _services = services;
        _pod = pod;
        _admit = admit;
        _register = register;
        _probes = new(services.Prober, services.Time, (c, text) => services.Events.Warning(Pod, c, "Unhealthy", text), Poke);
        Poke();
        _running = Task.Run(RunAsync);
    }

    /// <summary>The pod as last seen.</summary>
    public JsonObject Pod
    {
        get { lock (_lock) return _pod; }
    }

    /// <summary>What the runtime had of it when last asked.</summary>
    public PodRuntime Runtime { get; private set; } = PodRuntime.Empty;

    /// <summary>Why containers that do not run wait.</summary>
    public IReadOnlyDictionary<string, StatusReason> StartFailures => _startFailures;

    /// <summary>Whether it counts against what the node has.</summary>
    public bool IsActive => _admitted && !_ended;

    /// <summary>Ends when the pod is gone and cleaned up.</summary>
    public Task Finished => _running;

    /// <summary>Takes a newer version of the pod.</summary>
    public void Update(JsonObject pod)
    {
        lock (_lock)
        {
            if (Version(pod) <= Version(_pod) && Version(pod) > 0) return;
            if (pod.IsTerminating && !_pod.IsTerminating) _attempt?.Cancel();
            _pod = pod;
        }
        Poke();
    }

    /// <summary>The pod is not in the API any more.</summary>
    public void SetGone()
    {
        lock (_lock)
        {
            _gone = true;
            _attempt?.Cancel();
        }
        Poke();
    }

    /// <summary>Something happened that may matter.</summary>
    public void Poke() => _pokes.Writer.TryWrite(true);

    /// <summary>The first process of a container, or of a sandbox, ended.</summary>
    public void Ended(string runtimeId)
    {
        _ends[runtimeId] = true;
        Poke();
    }

    /// <summary>Lets go of the pod, which runs on.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _probes.DisposeAsync().ConfigureAwait(false);
    }

    private static long Version(JsonObject pod) => long.TryParse(pod.ResourceVersion, CultureInfo.InvariantCulture, out var version) ? version : 0;

    private async Task RunAsync()
    {
        TimeSpan? again = null;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await WaitAsync(again).ConfigureAwait(false);
                if (_gone)
                {
                    await RemoveAsync().ConfigureAwait(false);
                    return;
                }
                using var attempt = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                lock (_lock) _attempt = attempt;
                try
                {
                    again = await SyncAsync(attempt.Token).ConfigureAwait(false);
                }
                finally
                {
                    lock (_lock) _attempt = null;
                }
            }
            catch (OperationCanceledException)
            {
                again = TimeSpan.Zero;
            }
            catch (RpcException e)
            {
                if (e.StatusCode != StatusCode.Cancelled) _services.Logger.LogDebug("pod {Namespace}/{Name}: runtime: {Error}", Pod.Namespace, Pod.Name, e.Status.Detail);
                again = e.StatusCode == StatusCode.Cancelled ? TimeSpan.Zero : TimeSpan.FromSeconds(2);
                if (e.StatusCode == StatusCode.Unavailable) await TellNewAsync(e).ConfigureAwait(false);
            }
            catch (Exception e) when (e is StatusException or HttpRequestException or IOException or UnauthorizedAccessException)
            {
                _services.Logger.LogWarning("pod {Namespace}/{Name}: {Error}", Pod.Namespace, Pod.Name, e.Message);
                again = TimeSpan.FromSeconds(2);
            }
            catch (Exception e)
            {
                // A mistake of the agent's own must not end the pod's worker.
                _services.Logger.LogError(e, "pod {Namespace}/{Name}", Pod.Namespace, Pod.Name);
                again = RetryDelay;
            }
        }
    }

    /// <summary>A new pod is shown to be seen, also while the runtime is away; of one that may run already nothing is said.</summary>
    private async Task TellNewAsync(RpcException away)
    {
        var pod = Pod;
        if (_gone || pod.IsTerminating || pod.Text("status", "startTime") is not null) return;
        _services.Events.Warning(pod, null, "FailedCreatePodSandBox", $"Failed to create pod sandbox: {RpcText.Full(away)}");
        try
        {
            await TellAsync(Observation()).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StatusException or HttpRequestException or IOException or OperationCanceledException)
        {
            _services.Logger.LogDebug("pod {Namespace}/{Name}: {Error}", pod.Namespace, pod.Name, e.Message);
        }
    }

    private async Task WaitAsync(TimeSpan? again)
    {
        if (again == TimeSpan.Zero)
        {
            // An attempt that was cut off goes on at once with what is new.
            _pokes.Reader.TryRead(out _);
            _stopping.Token.ThrowIfCancellationRequested();
            return;
        }
        using var timer = again is { } delay ? _services.Time.CreateTimer(_ => Poke(), null, delay, Timeout.InfiniteTimeSpan) : null;
        await _pokes.Reader.ReadAsync(_stopping.Token).ConfigureAwait(false);
    }

    private async Task<TimeSpan?> SyncAsync(CancellationToken cancellation)
    {
        var pod = Pod;
        if (_ended)
        {
            if (pod.IsTerminating) await DeleteAsync(pod).ConfigureAwait(false);
            return null;
        }
        await ObserveAsync(pod, cancellation).ConfigureAwait(false);
        if (!_admitted)
        {
            if (PodPhase.IsTerminal(pod.Text("status", "phase")) || (Runtime.Sandbox is null && pod.Text("status", "startTime") is null && !pod.IsTerminating && _admit(pod) is { } refusal && await RejectAsync(pod, refusal).ConfigureAwait(false)))
            {
                if (Runtime.Sandbox is null)
                {
                    _ended = true;
                    if (pod.IsTerminating) await DeleteAsync(pod).ConfigureAwait(false);
                    return null;
                }
            }
            _admitted = true;
        }
        if (pod.IsTerminating || PodPhase.IsTerminal(pod.Text("status", "phase"))) return await EndAsync(null).ConfigureAwait(false);
        if (UntilDeadline(pod) <= TimeSpan.Zero)
        {
            const string Text = "Pod was active on the node longer than the specified deadline";
            _services.Events.Normal(pod, null, "DeadlineExceeded", Text);
            return await EndAsync(new("DeadlineExceeded", Text)).ConfigureAwait(false);
        }
        if (_services.Volumes.Excess(pod) is { } excess)
        {
            _services.Events.Warning(pod, null, "Evicted", excess);
            return await EndAsync(new("Evicted", excess)).ConfigureAwait(false);
        }
        await TellAsync(Observation()).ConfigureAwait(false);
        if (PodStatusBuilder.IsOver(Observation())) return await EndAsync(null).ConfigureAwait(false);

        var again = await ActAsync(Pod, cancellation).ConfigureAwait(false);
        foreach (var other in (TimeSpan?[])[UntilDeadline(Pod), _services.Tokens.Renewal(pod.Uid) - _services.Time.GetUtcNow(), PodVolumes.HasLimits(pod) ? VolumeScan : null])
            if (other is { } time && (again is null || time < again)) again = time > SoonDelay ? time : SoonDelay;
        return again;
    }

    private TimeSpan? UntilDeadline(JsonObject pod) =>
        pod.Integer("spec", "activeDeadlineSeconds") is { } seconds && KubernetesTime.Parse(pod.Text("status", "startTime")) is { } started
            ? started + TimeSpan.FromSeconds(seconds) - _services.Time.GetUtcNow() : null;

    private async Task ObserveAsync(JsonObject pod, CancellationToken cancellation)
    {
        Runtime = await _services.Reader.ReadAsync(pod.Uid, cancellation).ConfigureAwait(false);
        // The runtime tells of an end a moment before its own books have it.
        for (var attempt = 0; attempt < MostLooks && IsBehind(); attempt++)
        {
            await Task.Delay(LookDelay, _services.Time, cancellation).ConfigureAwait(false);
            Runtime = await _services.Reader.ReadAsync(pod.Uid, cancellation).ConfigureAwait(false);
        }
        _ends.Clear();
        foreach (var sandbox in Runtime.Sandboxes) _register(sandbox.Id, this);
        foreach (var container in Runtime.Containers) _register(container.Id, this);
    }

    private bool IsBehind() =>
        Runtime.Containers.Any(c => c.State == InstanceState.Running && _ends.ContainsKey(c.Id)) || Runtime.Sandboxes.Any(s => s.Ready && _ends.ContainsKey(s.Id));

    /// <summary>Does what the pod needs next.</summary>
    /// <returns>When to look again though nothing happened.</returns>
    private async Task<TimeSpan?> ActAsync(JsonObject pod, CancellationToken cancellation)
    {
        var now = _services.Time.GetUtcNow();
        var failures = await _services.Volumes.SetUpAsync(pod, Runtime.Sandbox?.Ips ?? [], cancellation).ConfigureAwait(false);
        if (failures.Count > 0)
        {
            foreach (var (_, message) in failures) _services.Events.Warning(pod, null, "FailedMount", message);
            _mountBackoffs.Next("", now, now);
            if (Runtime.Sandbox is null) return _mountBackoffs.Wait("");
        }
        var plan = PodPlanner.Plan(pod, Runtime, _probes.Results, _backoffs, now);
        _services.Logger.LogDebug("pod {Namespace}/{Name}: {Plan}", pod.Namespace, pod.Name, plan);
        if (plan.KillPod)
        {
            if (plan.CreateSandbox) _services.Events.Normal(pod, null, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
            await _services.Stopper.StopAllAsync(pod, Runtime, ContainerStopper.Grace(pod), cancellation).ConfigureAwait(false);
            await StopSandboxesAsync().ConfigureAwait(false);
            if (!plan.CreateSandbox) return SoonDelay;
        }
        var sandboxConfig = SandboxConfigBuilder.Build(pod, plan.CreateSandbox ? plan.SandboxAttempt : Runtime.Sandbox!.Attempt, _services.Node, HostResolvConf());
        if (plan.CreateSandbox)
        {
            if (!await CreateSandboxAsync(pod, sandboxConfig, cancellation).ConfigureAwait(false)) return RetryDelay;
            await TellAsync(Observation() with { ShowIp = false }).ConfigureAwait(false);
        }
        await Task.WhenAll(plan.Kill.Select(k => _services.Stopper.StopAsync(
            pod, k.Container, k.InstanceId, k.Message, Runtime.Sandbox?.Ips.FirstOrDefault() ?? "",
            k.GraceSeconds is { } grace ? TimeSpan.FromSeconds(grace) : ContainerStopper.Grace(pod), cancellation))).ConfigureAwait(false);
        TimeSpan? again = null;
        foreach (var start in plan.Start)
        {
            var next = await StartAsync(pod, start, sandboxConfig, plan.CreateSandbox, cancellation).ConfigureAwait(false);
            if (next is { } wait && (again is null || wait < again)) again = wait;
        }
        await ObserveAsync(pod, cancellation).ConfigureAwait(false);
        await PruneAsync(cancellation).ConfigureAwait(false);
        _probes.Follow(pod, Runtime);
        await TellAsync(Observation()).ConfigureAwait(false);
        // What ended while the others were started was seen only now.
        if (again is null && plan.Start.Any(s => Runtime.Newest(s.Container.Name) is not { State: InstanceState.Running })) again = SoonDelay;
        return again;
    }

    private async Task<TimeSpan?> StartAsync(JsonObject pod, ContainerStart start, PodSandboxConfig sandboxConfig, bool sandboxIsNew, CancellationToken cancellation)
    {
        var container = start.Container;
        if (start.Wait > TimeSpan.Zero)
        {
            _services.Events.Warning(pod, container, "BackOff", $"Back-off restarting failed container {container.Name} in pod {pod.Name}_{pod.Namespace}({pod.Uid})");
            _startFailures[container.Name] = new(
                "CrashLoopBackOff", $"back-off {GrpcHealth.Seconds(start.Backoff)} restarting failed container={container.Name} pod={pod.Name}_{pod.Namespace}({pod.Uid})");
            return start.Wait;
        }
        if (start.After is { } after) _backoffs.Next(PodPlanner.BackoffKey(pod, container), after, _services.Time.GetUtcNow());
        try
        {
            await _services.Starter.StartAsync(pod, start, Runtime.Sandbox!, sandboxConfig, Runtime, id => _register(id, this), cancellation).ConfigureAwait(false);
            _startFailures.Remove(container.Name);
            // What waited for a sidecar to start may start now; of other init containers the end is waited for.
            return container.IsSidecar ? SoonDelay : null;
        }
        catch (StartException e)
        {
            _startFailures[container.Name] = e.Why;
            if (e.Why.Reason is "RunContainerError" or "PostStartHookError" || sandboxIsNew) return SoonDelay;
            var wait = _services.Images.Wait(pod, container);
            return e.Why.Reason == "ErrImagePull" ? SoonDelay : wait > TimeSpan.Zero ? wait : RetryDelay;
        }
    }

    private async Task<bool> CreateSandboxAsync(JsonObject pod, PodSandboxConfig config, CancellationToken cancellation)
    {
        try
        {
            PodCgroup.Create(pod, _services.Node.CgroupRoot);
            Directory.CreateDirectory(config.LogDirectory);
            // Init containers run again in a new sandbox, as if they never had.
            foreach (var name in ContainerSpec.Init(pod).Select(c => c.Name))
                foreach (var old in Runtime.Containers.Where(c => c.Name == name)) await RemoveContainerAsync(old.Id, cancellation).ConfigureAwait(false);
            await _services.Creating.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                var answer = await _services.Runtime.Runtime.RunPodSandboxAsync(new RunPodSandboxRequest { Config = config }, cancellationToken: cancellation).ConfigureAwait(false);
                _register(answer.PodSandboxId, this);
            }
            finally
            {
                _services.Creating.Release();
            }
            await ObserveAsync(pod, cancellation).ConfigureAwait(false);
            return Runtime.Sandbox is { Ready: true };
        }
        catch (RpcException e) when (!cancellation.IsCancellationRequested)
        {
            _services.Events.Warning(pod, null, "FailedCreatePodSandBox", $"Failed to create pod sandbox: {RpcText.Full(e)}");
            return false;
        }
        catch (IOException e)
        {
            _services.Events.Warning(pod, null, "FailedCreatePodContainer", $"unable to ensure pod container exists: {e.Message}");
            return false;
        }
    }

    /// <summary>Stops everything and tells the final status.</summary>
    private async Task<TimeSpan?> EndAsync(StatusReason? failure)
    {
        var stopping = _stopping.Token;
        var pod = Pod;
        await TellAsync(Observation() with { Failure = failure }).ConfigureAwait(false);
        _probes.StopLivenessAndStartup();
        if (Runtime.AnyRunning) await _services.Stopper.StopAllAsync(pod, Runtime, ContainerStopper.Grace(pod), stopping).ConfigureAwait(false);
        await StopSandboxesAsync().ConfigureAwait(false);
        await ObserveAsync(pod, stopping).ConfigureAwait(false);
        if (Runtime.AnyRunning || Runtime.Sandboxes.Any(s => s.Ready)) return SoonDelay;
        await _probes.DisposeAsync().ConfigureAwait(false);
        await TellAsync(Observation() with { Failure = failure, Ended = true }).ConfigureAwait(false);
        _services.Volumes.TearDown(pod.Uid);
        _services.Objects.Release(pod.Uid);
        _ended = true;
        if (Pod.IsTerminating) await DeleteAsync(Pod).ConfigureAwait(false);
        return null;
    }

    /// <summary>The object is gone: nothing of the pod may stay on the node.</summary>
    private async Task RemoveAsync()
    {
        var stopping = _stopping.Token;
        var pod = Pod;
        await ObserveAsync(pod, stopping).ConfigureAwait(false);
        _probes.StopLivenessAndStartup();
        if (Runtime.AnyRunning) await _services.Stopper.StopAllAsync(pod, Runtime, ContainerStopper.Grace(pod), stopping).ConfigureAwait(false);
        await _probes.DisposeAsync().ConfigureAwait(false);
        await StopSandboxesAsync().ConfigureAwait(false);
        foreach (var container in Runtime.Containers) await RemoveContainerAsync(container.Id, stopping).ConfigureAwait(false);
        foreach (var sandbox in Runtime.Sandboxes)
            await _services.Runtime.Runtime.RemovePodSandboxAsync(new RemovePodSandboxRequest { PodSandboxId = sandbox.Id }, cancellationToken: stopping).ConfigureAwait(false);
        _services.Volumes.TearDown(pod.Uid);
        _services.Objects.Release(pod.Uid);
        _services.Tokens.Forget(pod.Uid);
        PodCgroup.Remove(pod, _services.Node.CgroupRoot);
        var logs = _services.Node.PodLogDirectory(pod.Namespace ?? "", pod.Name, pod.Uid);
        if (Directory.Exists(logs)) Directory.Delete(logs, recursive: true);
        var links = Path.Combine(_services.Node.LogDirectory, "containers");
        foreach (var container in Runtime.Containers) File.Delete(Path.Combine(links, $"{pod.Name}_{pod.Namespace}_{container.Name}-{container.Id}.log"));
        Runtime = PodRuntime.Empty;
    }

    private async Task StopSandboxesAsync()
    {
        foreach (var sandbox in Runtime.Sandboxes)
            await _services.Runtime.Runtime.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = sandbox.Id }, cancellationToken: _stopping.Token).ConfigureAwait(false);
    }

    private async Task RemoveContainerAsync(string id, CancellationToken cancellation)
    {
        await _services.Runtime.Runtime.RemoveContainerAsync(new RemoveContainerRequest { ContainerId = id }, cancellationToken: cancellation).ConfigureAwait(false);
        _services.Reader.Forget(id);
    }

    /// <summary>Keeps of each container the newest instance and the one before, and their logs.</summary>
    private async Task PruneAsync(CancellationToken cancellation)
    {
        foreach (var old in Runtime.Containers.GroupBy(c => c.Name).SelectMany(g => g.Skip(2)).Where(c => c.State != InstanceState.Running).ToList())
        {
            await RemoveContainerAsync(old.Id, cancellation).ConfigureAwait(false);
            if (old.LogPath.Length > 0) File.Delete(old.LogPath);
        }
    }

    private PodObservation Observation() => new()
    {
        Pod = Pod,
        Runtime = Runtime,
        Probes = _probes.Results,
        StartFailures = _startFailures,
        HostIp = _services.Node.HostIp,
        Now = _services.Time.GetUtcNow(),
    };

    private Task TellAsync(PodObservation seen) => PatchAsync(seen.Pod, PodStatusBuilder.Build(seen));

    private async Task<bool> RejectAsync(JsonObject pod, StatusReason refusal)
    {
        _services.Events.Warning(pod, null, refusal.Reason, refusal.Message);
        await PatchAsync(pod, PodStatusBuilder.Rejected(pod, refusal, _services.Time.GetUtcNow())).ConfigureAwait(false);
        return true;
    }

    private async Task PatchAsync(JsonObject pod, JsonObject status)
    {
        if (PodStatusPatch.Between(pod.Uid, pod.Object("status") ?? [], status) is not { } patch) return;
        try
        {
            var answer = await _services.Api.PatchAsync(
                Mobula.Client.Resources.Pods, pod.Namespace, pod.Name, PatchType.StrategicMerge, patch, "status", cancellation: _stopping.Token).ConfigureAwait(false);
            lock (_lock)
            {
                if (Version(answer) < Version(_pod)) return;
                if (answer.IsTerminating && !_pod.IsTerminating) Poke();
                _pod = answer;
            }
        }
        catch (StatusException e) when (e.IsNotFound || e.IsConflict)
        {
            // Deleted, or another pod of that name: the watch tells.
        }
    }

    private async Task DeleteAsync(JsonObject pod)
    {
        if (_deleteSent) return;
        try
        {
            var options = new JsonObject { ["gracePeriodSeconds"] = 0, ["preconditions"] = new JsonObject { ["uid"] = pod.Uid } };
            await _services.Api.DeleteAsync(Mobula.Client.Resources.Pods, pod.Namespace, pod.Name, options, _stopping.Token).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsNotFound || e.IsConflict)
        {
            // It is gone already.
        }
        _deleteSent = true;
    }

    private static string HostResolvConf() => File.Exists("/etc/resolv.conf") ? File.ReadAllText("/etc/resolv.conf") : "";
}
