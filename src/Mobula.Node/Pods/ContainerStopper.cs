using System.Text.Json.Nodes;
using Grpc.Core;
using Mobula.Kubernetes;
using Mobula.Node.Containerd;
using Mobula.Node.Containerd.Cri;

namespace Mobula.Node.Pods;

/// <summary>Stops containers: event, <c>preStop</c>, TERM, and KILL when the grace is over.</summary>
internal sealed class ContainerStopper(ContainerdConnection runtime, LifecycleHooks hooks, PodEvents events, TimeProvider time)
{
    /// <summary>Every process gets this long to end by itself.</summary>
    private static readonly TimeSpan LeastGrace = TimeSpan.FromSeconds(2);

    /// <summary>The grace of the pod: that of its deletion, else that of its spec.</summary>
    public static TimeSpan Grace(JsonObject pod) =>
        TimeSpan.FromSeconds(pod.Integer("metadata", "deletionGracePeriodSeconds") ?? pod.Integer("spec", "terminationGracePeriodSeconds") ?? 30);

    /// <summary>Stops one container and returns when it has ended.</summary>
    public async Task StopAsync(JsonObject pod, ContainerSpec container, string instanceId, string message, string podIp, TimeSpan grace, CancellationToken cancellation)
    {
        events.Normal(pod, container, "Killing", message);
        await StopQuietlyAsync(pod, container, instanceId, podIp, grace, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Stops all that runs: the containers together, then the sidecars one by one from the last to the first, all within one grace.
    /// </summary>
    public async Task StopAllAsync(JsonObject pod, PodRuntime observed, TimeSpan grace, CancellationToken cancellation)
    {
        var podIp = observed.Sandbox?.Ips.FirstOrDefault() ?? "";
        var running = ContainerSpec.All(pod).Select(c => (Container: c, Instance: observed.Containers.FirstOrDefault(i => i.Name == c.Name && i.State == InstanceState.Running)))
            .Where(p => p.Instance is not null).ToList();
        foreach (var (container, _) in running) events.Normal(pod, container, "Killing", $"Stopping container {container.Name}");
        var started = time.GetTimestamp();
        await Task.WhenAll(running.Where(p => !p.Container.IsSidecar).Select(p =>
            StopQuietlyAsync(pod, p.Container, p.Instance!.Id, podIp, grace, cancellation))).ConfigureAwait(false);
        foreach (var (container, instance) in running.Where(p => p.Container.IsSidecar).Reverse())
            await StopQuietlyAsync(pod, container, instance!.Id, podIp, grace - time.GetElapsedTime(started), cancellation).ConfigureAwait(false);
    }

    private async Task StopQuietlyAsync(JsonObject pod, ContainerSpec container, string instanceId, string podIp, TimeSpan grace, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        if (container.Json.Object("lifecycle", "preStop") is { } hook && grace > TimeSpan.Zero)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            using var timer = time.CreateTimer(_ => limit.Cancel(), null, grace, Timeout.InfiniteTimeSpan);
            try
            {
                if (await hooks.RunAsync(hook, pod, container, instanceId, podIp, limit.Token).ConfigureAwait(false) is not null)
                    events.Warning(pod, container, "FailedPreStopHook", "PreStopHook failed");
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
            {
                events.Warning(pod, container, "FailedPreStopHook", "PreStopHook failed");
            }
            grace -= time.GetElapsedTime(started);
        }
        if (grace < LeastGrace) grace = LeastGrace;
        try
        {
            await runtime.Runtime.StopContainerAsync(
                new StopContainerRequest { ContainerId = instanceId, Timeout = (long)Math.Ceiling(grace.TotalSeconds) }, cancellationToken: cancellation).ConfigureAwait(false);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            // It is gone already.
        }
    }
}
