using System.Text.Json.Nodes;
using Grpc.Core;
using Mobula.Kubernetes;
using Mobula.Node.Containerd.Cri;
using Mobula.Node.Probes;

namespace Mobula.Node.Pods;

/// <summary>Starts the sandbox and the containers of one pod, and remembers what keeps them from starting.</summary>
/// <param name="services">What all workers share.</param>
/// <param name="observer">Looks at the runtime.</param>
/// <param name="removal">Makes room for a new sandbox.</param>
/// <param name="register">Told each new sandbox and container.</param>
internal sealed class PodStarter(PodServices services, PodObserver observer, RuntimeRemoval removal, Action<string> register)
{
    private readonly Dictionary<string, StatusReason> _failures = [];

    /// <summary>How long after each end a container waits for its restart.</summary>
    public RestartBackoffs Backoffs { get; } = RestartBackoffs.OfKubelet();

    /// <summary>Why containers that do not run wait, by their names.</summary>
    public IReadOnlyDictionary<string, StatusReason> Failures => _failures;

    /// <summary>Makes the pod's sandbox.</summary>
    /// <returns>Whether it is ready; if not, an event was told.</returns>
    public async Task<bool> CreateSandboxAsync(JsonObject pod, PodSandboxConfig config, CancellationToken cancellation)
    {
        try
        {
            PodCgroup.Create(pod, services.Node.CgroupRoot);
            Directory.CreateDirectory(config.LogDirectory);
            // Init containers run again in a new sandbox, as if they never had.
            foreach (var name in ContainerSpec.Init(pod).Select(c => c.Name))
                foreach (var old in observer.Seen.Containers.Where(c => c.Name == name)) await removal.RemoveContainerAsync(old.Id, cancellation).ConfigureAwait(false);
            await services.Creating.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                var answer = await services.Runtime.Runtime.RunPodSandboxAsync(new RunPodSandboxRequest { Config = config }, cancellationToken: cancellation).ConfigureAwait(false);
                register(answer.PodSandboxId);
            }
            finally
            {
                services.Creating.Release();
            }
            return await observer.LookAsync(pod.Uid, cancellation).ConfigureAwait(false) is { Sandbox.Ready: true };
        }
        catch (RpcException e) when (!cancellation.IsCancellationRequested)
        {
            services.Events.Warning(pod, null, "FailedCreatePodSandBox", $"Failed to create pod sandbox: {RpcText.Full(e)}");
            return false;
        }
        catch (IOException e)
        {
            services.Events.Warning(pod, null, "FailedCreatePodContainer", $"unable to ensure pod container exists: {e.Message}");
            return false;
        }
    }

    /// <summary>Starts one container, if its back-off is over.</summary>
    /// <returns>When to look again though nothing happened.</returns>
    public async Task<TimeSpan?> StartAsync(JsonObject pod, ContainerStart start, PodSandboxConfig sandboxConfig, bool sandboxIsNew, CancellationToken cancellation)
    {
        var container = start.Container;
        if (start.Wait > TimeSpan.Zero)
        {
            services.Events.Warning(pod, container, "BackOff", $"Back-off restarting failed container {container.Name} in pod {pod.Name}_{pod.Namespace}({pod.Uid})");
            _failures[container.Name] = new(
                "CrashLoopBackOff", $"back-off {GrpcHealth.Seconds(start.Backoff)} restarting failed container={container.Name} pod={pod.Name}_{pod.Namespace}({pod.Uid})");
            return start.Wait;
        }
        if (start.After is { } after) Backoffs.Next(PodPlanner.BackoffKey(pod, container), after, services.Time.GetUtcNow());
        try
        {
            await services.Starter.StartAsync(pod, start, observer.Seen.Sandbox!, sandboxConfig, observer.Seen, register, cancellation).ConfigureAwait(false);
            _failures.Remove(container.Name);
            // What waited for a sidecar to start may start now; of other init containers the end is waited for.
            return container.IsSidecar ? PodDelays.Soon : null;
        }
        catch (StartException e)
        {
            _failures[container.Name] = e.Why;
            if (e.Why.Reason is "RunContainerError" or "PostStartHookError" || sandboxIsNew) return PodDelays.Soon;
            var wait = services.Images.Wait(pod, container);
            return e.Why.Reason == "ErrImagePull" ? PodDelays.Soon : wait > TimeSpan.Zero ? wait : PodDelays.Retry;
        }
    }
}
