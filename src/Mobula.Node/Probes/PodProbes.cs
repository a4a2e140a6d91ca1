using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Node.Pods;

namespace Mobula.Node.Probes;

/// <summary>Probes the containers of one pod, each kind of probe of each instance in a loop of its own.</summary>
/// <param name="prober">Makes the probes.</param>
/// <param name="time">The clock.</param>
/// <param name="report">Told of failures: container, event message.</param>
/// <param name="changed">Called when a result changed.</param>
internal sealed class PodProbes(Prober prober, TimeProvider time, Action<ContainerSpec, string> report, Action changed) : IAsyncDisposable
{
    /// <summary>A process needs a moment before it can answer; a first probe at once would only cost a period.</summary>
    private static readonly TimeSpan FirstProbe = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<(string InstanceId, ProbeKind Kind), (CancellationTokenSource Ending, Task Running)> _loops = [];
    private volatile bool _ending;

    public ProbeResults Results { get; } = new();

    /// <summary>Probes the instances that run and lets go of those that do not.</summary>
    public void Follow(JsonObject pod, PodRuntime runtime)
    {
        var podIp = pod.Flag("spec", "hostNetwork") == true ? "127.0.0.1" : runtime.Sandbox?.Ips.FirstOrDefault() ?? "";
        var wanted = new HashSet<(string, ProbeKind)>();
        foreach (var container in ContainerSpec.Init(pod).Where(c => c.IsSidecar).Concat(ContainerSpec.Regular(pod)))
        {
            if (runtime.Newest(container.Name) is not { State: InstanceState.Running } instance) continue;
            foreach (var kind in Enum.GetValues<ProbeKind>())
            {
                if (container.Json.Object(Field(kind)) is not { } probe) continue;
                if (_ending && kind != ProbeKind.Readiness) continue;
                wanted.Add((instance.Id, kind));
                if (_loops.ContainsKey((instance.Id, kind))) continue;
                var ending = new CancellationTokenSource();
                _loops[(instance.Id, kind)] = (ending, RunAsync(container, instance, kind, probe, podIp, ending.Token));
            }
        }
        foreach (var (key, loop) in _loops)
            if (!wanted.Contains(key)) loop.Ending.Cancel();
    }

    /// <summary>The pod ends: only its readiness is still of interest.</summary>
    public void StopLivenessAndStartup()
    {
        _ending = true;
        foreach (var (key, loop) in _loops)
            if (key.Kind != ProbeKind.Readiness) loop.Ending.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var loop in _loops.Values) await loop.Ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_loops.Values.Select(l => l.Running)).ConfigureAwait(false);
    }

    private static string Field(ProbeKind kind) => kind switch { ProbeKind.Startup => "startupProbe", ProbeKind.Liveness => "livenessProbe", _ => "readinessProbe" };

    private async Task RunAsync(ContainerSpec container, ContainerInstance instance, ProbeKind kind, JsonObject probe, string podIp, CancellationToken cancellation)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var period = Seconds("periodSeconds", 10);
        var timeout = Seconds("timeoutSeconds", 1);
        var delay = Seconds("initialDelaySeconds", 0);
        var startedAt = instance.StartedAt ?? time.GetUtcNow();
        var since = time.GetUtcNow() - startedAt;
        var wait = (delay > FirstProbe ? delay : FirstProbe) - since;
        int successes = 0, failures = 0;
        try
        {
            while (true)
            {
                if (wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellation).ConfigureAwait(false);
                wait = period;
                if (kind != ProbeKind.Startup && container.HasStartupProbe && Results.Get(instance.Id, ProbeKind.Startup) != true)
                {
                    // Watched closely, so that a container is ready soon after it started.
                    wait = period < TimeSpan.FromSeconds(1) ? period : TimeSpan.FromSeconds(1);
                    continue;
                }
                var outcome = await prober.ProbeAsync(probe, container, instance.Id, podIp, timeout, cancellation).ConfigureAwait(false);
                if (outcome.Success is null)
                {
                    report(container, $"{kind} probe errored and resulted in unknown state: {outcome.Output}");
                    continue;
                }
                if (outcome.Success == false) report(container, $"{kind} probe failed: {outcome.Output}");
                (successes, failures) = outcome.Success.Value ? (successes + 1, 0) : (0, failures + 1);
                if (outcome.Success.Value ? successes < Count("successThreshold", 1) : failures < Count("failureThreshold", 3)) continue;
                var differs = Results.Set(instance.Id, kind, outcome.Success.Value);
                // Readiness is false until it is known: the first failure changes nothing that anybody sees.
                if (differs) changed();
                if (kind == ProbeKind.Startup || (kind == ProbeKind.Liveness && !outcome.Success.Value)) return;
            }
        }
        catch (OperationCanceledException)
        {
            // The instance ended, or the agent does.
        }

        TimeSpan Seconds(string field, long otherwise) => TimeSpan.FromSeconds(probe.Integer(field) ?? otherwise);
        long Count(string field, long otherwise) => probe.Integer(field) ?? otherwise;
    }
}
