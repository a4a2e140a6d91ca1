using System.Text.Json.Nodes;
using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Mobula.Kubernetes;
using Mobula.Node.Probes;
using Mobula.Node.Volumes;

namespace Mobula.Node.Pods;

/// <summary>
/// Runs one pod: observes it, plans, acts, tells its status, and again when something happened. Everything about a pod happens in
/// its worker, one step after the other.
/// </summary>
internal sealed class PodWorker : IAsyncDisposable
{
    private static readonly TimeSpan VolumeScan = TimeSpan.FromSeconds(10);

    private readonly PodServices _services;
    private readonly Func<JsonObject, StatusReason?> _admit;
    private readonly ApiPod _api;
    private readonly PodObserver _observer;
    private readonly RuntimeRemoval _removal;
    private readonly PodStarter _starter;
    private readonly PodResizer _resizer;
    private readonly PodProbes _probes;
    private readonly RestartBackoffs _mountBackoffs = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(122));
    private readonly Channel<bool> _pokes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly Task _running;
    private CancellationTokenSource? _attempt;
    private bool _gone;
    private bool _admitted;
    private bool _ended;

    /// <param name="services">What all workers share.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="admit">Asked once, before anything runs.</param>
    /// <param name="register">Told each sandbox and container of the pod, so that events find the worker.</param>
    public PodWorker(PodServices services, JsonObject pod, Func<JsonObject, StatusReason?> admit, Action<string, PodWorker> register)
    {
        _services = services;
        _admit = admit;
        _api = new(services, pod, Poke, _stopping.Token);
        _observer = new(services, id => register(id, this));
        _removal = new(services);
        _starter = new(services, _observer, _removal, id => register(id, this));
        _resizer = new(services, admit);
        _probes = new(services.Prober, services.Time, (c, text) => services.Events.Warning(Pod, c, "Unhealthy", text), Poke);
        Poke();
        _running = Task.Run(RunAsync);
    }

    /// <summary>The pod as last seen.</summary>
    public JsonObject Pod => _api.Last;

    /// <summary>The pod with the resources that it has, rather than those that it asks for.</summary>
    public JsonObject InForce => _resizer.State.Pending is null ? Pod : _resizer.InForce(Pod, Runtime);

    /// <summary>What the runtime had of it when last asked.</summary>
    public PodRuntime Runtime => _observer.Seen;

    /// <summary>Why containers that do not run wait.</summary>
    public IReadOnlyDictionary<string, StatusReason> StartFailures => _starter.Failures;

    /// <summary>Whether it counts against what the node has.</summary>
    public bool IsActive => _admitted && !_ended;

    /// <summary>Whether all of it was stopped, and its end told.</summary>
    public bool HasEnded => _ended;

    /// <summary>Ends when the pod is gone and cleaned up.</summary>
    public Task Finished => _running;

    /// <summary>Takes a newer version of the pod.</summary>
    public void Update(JsonObject pod)
    {
        if (!_api.Take(pod, out var deletionBegan)) return;
        if (deletionBegan)
        {
            lock (_lock) _attempt?.Cancel();
        }
        Poke();
    }

    /// <summary>The file of a static pod went away.</summary>
    public void SetFileRemoved()
    {
        if (!_api.TakeRemoval()) return;
        lock (_lock) _attempt?.Cancel();
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
        _observer.Ended(runtimeId);
        Poke();
    }

    /// <summary>Lets go of the pod, which runs on.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _probes.DisposeAsync().ConfigureAwait(false);
    }

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
                again = PodDelays.Retry;
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
            await _api.TellAsync(Observation()).ConfigureAwait(false);
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
            if (pod.IsTerminating) await _api.DeleteAsync(pod).ConfigureAwait(false);
            return null;
        }
        await _observer.LookAsync(pod.Uid, cancellation).ConfigureAwait(false);
        if (!_admitted)
        {
            if (PodPhase.IsTerminal(pod.Text("status", "phase")) || await IsRefusedAsync(pod).ConfigureAwait(false))
            {
                if (Runtime.Sandbox is null)
                {
                    _ended = true;
                    if (pod.IsTerminating) await _api.DeleteAsync(pod).ConfigureAwait(false);
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
        await _api.TellAsync(Observation()).ConfigureAwait(false);
        if (PodStatusBuilder.IsOver(Observation())) return await EndAsync(null).ConfigureAwait(false);

        var again = await ActAsync(Pod, cancellation).ConfigureAwait(false);
        foreach (var other in (TimeSpan?[])[UntilDeadline(Pod), _services.Tokens.Renewal(pod.Uid) - _services.Time.GetUtcNow(), PodVolumes.HasLimits(pod) ? VolumeScan : null])
            if (other is { } time && (again is null || time < again)) again = time > PodDelays.Soon ? time : PodDelays.Soon;
        return again;
    }

    /// <summary>Whether the node does not take the pod, which it is told then; what may run already is not refused.</summary>
    private async Task<bool> IsRefusedAsync(JsonObject pod)
    {
        if (Runtime.Sandbox is not null || pod.Text("status", "startTime") is not null || pod.IsTerminating || _admit(pod) is not { } refusal) return false;
        await _api.RejectAsync(pod, refusal).ConfigureAwait(false);
        return true;
    }

    private TimeSpan? UntilDeadline(JsonObject pod) =>
        pod.Integer("spec", "activeDeadlineSeconds") is { } seconds && KubernetesTime.Parse(pod.Text("status", "startTime")) is { } started
            ? started + TimeSpan.FromSeconds(seconds) - _services.Time.GetUtcNow() : null;

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
        var resizeAgain = await _resizer.ResizeAsync(pod, Runtime, () => _api.TellAsync(Observation()), cancellation).ConfigureAwait(false);
        if (resizeAgain is not null) await _observer.LookAsync(pod.Uid, cancellation).ConfigureAwait(false);
        var plan = PodPlanner.Plan(pod, Runtime, _probes.Results, _starter.Backoffs, now);
        _services.Logger.LogDebug("pod {Namespace}/{Name}: {Plan}", pod.Namespace, pod.Name, plan);
        if (plan.KillPod)
        {
            if (plan.CreateSandbox) _services.Events.Normal(pod, null, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
            await _services.Stopper.StopAllAsync(pod, Runtime, ContainerStopper.Grace(pod), cancellation).ConfigureAwait(false);
            await _removal.StopSandboxesAsync(Runtime, _stopping.Token).ConfigureAwait(false);
            if (!plan.CreateSandbox) return PodDelays.Soon;
        }
        var sandboxConfig = SandboxConfigBuilder.Build(pod, plan.CreateSandbox ? plan.SandboxAttempt : Runtime.Sandbox!.Attempt, _services.Node, HostResolvConf());
        if (plan.CreateSandbox)
        {
            if (!await _starter.CreateSandboxAsync(pod, sandboxConfig, cancellation).ConfigureAwait(false)) return PodDelays.Retry;
            await _api.TellAsync(Observation() with { ShowIp = false }).ConfigureAwait(false);
        }
        await Task.WhenAll(plan.Kill.Select(k => _services.Stopper.StopAsync(
            pod, k.Container, k.InstanceId, k.Message, Runtime.Sandbox?.Ips.FirstOrDefault() ?? "",
            k.GraceSeconds is { } grace ? TimeSpan.FromSeconds(grace) : ContainerStopper.Grace(pod), cancellation))).ConfigureAwait(false);
        var again = resizeAgain;
        foreach (var start in plan.Start)
        {
            var next = await _starter.StartAsync(pod, start, sandboxConfig, plan.CreateSandbox, cancellation).ConfigureAwait(false);
            if (next is { } wait && (again is null || wait < again)) again = wait;
        }
        await _observer.LookAsync(pod.Uid, cancellation).ConfigureAwait(false);
        await _removal.PruneAsync(Runtime, cancellation).ConfigureAwait(false);
        _probes.Follow(pod, Runtime);
        await _api.TellAsync(Observation()).ConfigureAwait(false);
        // What ended while the others were started was seen only now.
        if (again is null && plan.Start.Any(s => Runtime.Newest(s.Container.Name) is not { State: InstanceState.Running })) again = PodDelays.Soon;
        return again;
    }

    /// <summary>Stops everything and tells the final status.</summary>
    private async Task<TimeSpan?> EndAsync(StatusReason? failure)
    {
        var stopping = _stopping.Token;
        var pod = Pod;
        await _api.TellAsync(Observation() with { Failure = failure }).ConfigureAwait(false);
        _probes.StopLivenessAndStartup();
        if (Runtime.AnyRunning) await _services.Stopper.StopAllAsync(pod, Runtime, ContainerStopper.Grace(pod), stopping).ConfigureAwait(false);
        await _removal.StopSandboxesAsync(Runtime, _stopping.Token).ConfigureAwait(false);
        await _observer.LookAsync(pod.Uid, stopping).ConfigureAwait(false);
        if (Runtime.AnyRunning || Runtime.Sandboxes.Any(s => s.Ready)) return PodDelays.Soon;
        await _probes.DisposeAsync().ConfigureAwait(false);
        await _api.TellAsync(Observation() with { Failure = failure, Ended = true }).ConfigureAwait(false);
        _removal.ReleaseVolumes(pod);
        _ended = true;
        if (Pod.IsTerminating) await _api.DeleteAsync(Pod).ConfigureAwait(false);
        return null;
    }

    /// <summary>The object is gone: nothing of the pod may stay on the node.</summary>
    private async Task RemoveAsync()
    {
        var stopping = _stopping.Token;
        var pod = Pod;
        await _observer.LookAsync(pod.Uid, stopping).ConfigureAwait(false);
        _probes.StopLivenessAndStartup();
        if (Runtime.AnyRunning) await _services.Stopper.StopAllAsync(pod, Runtime, ContainerStopper.Grace(pod), stopping).ConfigureAwait(false);
        await _probes.DisposeAsync().ConfigureAwait(false);
        await _removal.RemovePodAsync(pod, Runtime, stopping).ConfigureAwait(false);
        _observer.Forget();
    }

    private PodObservation Observation() => new()
    {
        Pod = Pod,
        Runtime = Runtime,
        Probes = _probes.Results,
        StartFailures = StartFailures,
        InForce = _resizer.InForce(Pod, Runtime),
        Resize = _resizer.State,
        HostIp = _services.Node.HostIp,
        Now = _services.Time.GetUtcNow(),
    };

    private static string HostResolvConf() => File.Exists("/etc/resolv.conf") ? File.ReadAllText("/etc/resolv.conf") : "";
}
