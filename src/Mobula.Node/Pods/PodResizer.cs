using System.Text.Json.Nodes;
using Grpc.Core;
using Mobula.Kubernetes;
using Mobula.Node.Containerd.Cri;

namespace Mobula.Node.Pods;

/// <summary>What a pod's conditions tell of a resize.</summary>
/// <param name="Pending">Why it has to wait.</param>
/// <param name="InProgress">Whether it is being done.</param>
/// <param name="Error">What kept it from being done.</param>
internal sealed record ResizeState(StatusReason? Pending, bool InProgress, string? Error)
{
    public static readonly ResizeState None = new(null, false, null);
}

/// <summary>Gives the running containers of one pod the resources that its spec asks for now.</summary>
/// <param name="services">What all workers share.</param>
/// <param name="admit">Whether the node has as much.</param>
internal sealed class PodResizer(PodServices services, Func<JsonObject, StatusReason?> admit)
{
    private readonly AppliedResources _applied = new(services.Node);

    public ResizeState State { get; private set; } = ResizeState.None;

    /// <summary>The pod with what is in force in the place of what is asked for.</summary>
    public JsonObject InForce(JsonObject pod, PodRuntime runtime) => _applied.InForce(pod, runtime);

    /// <summary>Resizes what can be resized now. Containers that have to be restarted for it are stopped; the pod's plan starts them.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="runtime">What the runtime has of it.</param>
    /// <param name="tell">Tells the pod's status.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <returns>When to look again though nothing happened.</returns>
    public async Task<TimeSpan?> ResizeAsync(JsonObject pod, PodRuntime runtime, Func<Task> tell, CancellationToken cancellation)
    {
        var resizes = PodResize.Plan(pod, runtime, i => _applied.Of(pod.Uid, i));
        if (resizes.Count == 0)
        {
            if (State.InProgress) services.Events.Normal(pod, null, "ResizeCompleted", $"Pod resize completed: {PodResize.Describe(pod)}");
            State = ResizeState.None;
            return null;
        }
        if (!State.InProgress)
        {
            if (Pending(pod) is { } pending)
            {
                if (State.Pending != pending)
                    services.Events.Warning(pod, null, $"Resize{pending.Reason}", $"Pod resize {pending.Reason.ToLowerInvariant()}: {PodResize.Describe(pod, pending.Message)}");
                State = new(pending, false, null);
                return PodDelays.Retry;
            }
            State = new(null, true, null);
            services.Events.Normal(pod, null, "ResizeStarted", $"Pod resize started: {PodResize.Describe(pod)}");
            await tell().ConfigureAwait(false);
        }
        try
        {
            var before = InForce(pod, runtime);
            // No container may have more than the pod: the pod grows before them and shrinks after them.
            PodCgroup.Widen(before, pod, services.Node.CgroupRoot);
            foreach (var resize in resizes.Where(r => !r.Restarts)) await UpdateAsync(pod, resize, cancellation).ConfigureAwait(false);
            await Task.WhenAll(resizes.Where(r => r.Restarts).Select(r => services.Stopper.StopAsync(
                pod, r.Container, r.Instance.Id, $"Container {r.Container.Name} resize requires restart", runtime.Sandbox?.Ips.FirstOrDefault() ?? "",
                ContainerStopper.Grace(pod), cancellation))).ConfigureAwait(false);
            PodCgroup.Set(pod, services.Node.CgroupRoot);
            State = new(null, true, null);
            return PodDelays.Soon;
        }
        catch (Exception e) when (e is IOException || (e is RpcException && !cancellation.IsCancellationRequested))
        {
            var error = e is RpcException rpc ? RpcText.Short(rpc) : e.Message;
            services.Events.Warning(pod, null, "ResizeError", $"Pod resize error: {PodResize.Describe(pod, error)}");
            State = new(null, true, error);
            return PodDelays.Retry;
        }
    }

    /// <summary>Why the resize has to wait, for other pods to end or for ever.</summary>
    private StatusReason? Pending(JsonObject pod)
    {
        if (PodAdmission.Infeasible(pod, services.Node.Capacity) is { } infeasible) return infeasible;
        return admit(pod) is { } lacking && lacking.Reason.StartsWith("OutOf", StringComparison.Ordinal) ? new("Deferred", lacking.Message) : null;
    }

    private async Task UpdateAsync(JsonObject pod, ContainerResize resize, CancellationToken cancellation)
    {
        var request = new UpdateContainerResourcesRequest
        {
            ContainerId = resize.Instance.Id,
            Linux = ContainerResourcesConfig.Of(pod, resize.Container, services.Node.Capacity.MemoryBytes),
        };
        await services.Runtime.Runtime.UpdateContainerResourcesAsync(request, cancellationToken: cancellation).ConfigureAwait(false);
        _applied.Set(pod.Uid, resize.Instance, resize.Container.Json.Object("resources") ?? []);
    }
}
