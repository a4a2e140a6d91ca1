using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Node.Containerd.Cri;

namespace Mobula.Node.Pods;

/// <summary>Takes sandboxes and containers out of the runtime, and the files of pods off the disk.</summary>
internal sealed class RuntimeRemoval(PodServices services)
{
    /// <summary>Each container keeps the newest instance and the one before.</summary>
    private const int KeptInstances = 2;

    public async Task StopSandboxesAsync(PodRuntime runtime, CancellationToken cancellation)
    {
        foreach (var sandbox in runtime.Sandboxes)
            await services.Runtime.Runtime.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = sandbox.Id }, cancellationToken: cancellation).ConfigureAwait(false);
    }

    public async Task RemoveContainerAsync(string id, CancellationToken cancellation)
    {
        await services.Runtime.Runtime.RemoveContainerAsync(new RemoveContainerRequest { ContainerId = id }, cancellationToken: cancellation).ConfigureAwait(false);
        services.Reader.Forget(id);
    }

    /// <summary>Removes instances that are too old to be asked for, and their logs.</summary>
    public async Task PruneAsync(PodRuntime runtime, CancellationToken cancellation)
    {
        foreach (var old in runtime.Containers.GroupBy(c => c.Name).SelectMany(g => g.Skip(KeptInstances)).Where(c => c.State != InstanceState.Running).ToList())
        {
            await RemoveContainerAsync(old.Id, cancellation).ConfigureAwait(false);
            if (old.LogPath.Length == 0) continue;
            foreach (var rotated in LogRotation.Rotated(old.LogPath)) File.Delete(rotated);
            File.Delete(old.LogPath);
        }
    }

    /// <summary>Removes everything that the node has of a pod whose containers have ended.</summary>
    public async Task RemovePodAsync(JsonObject pod, PodRuntime runtime, CancellationToken cancellation)
    {
        await StopSandboxesAsync(runtime, cancellation).ConfigureAwait(false);
        foreach (var container in runtime.Containers) await RemoveContainerAsync(container.Id, cancellation).ConfigureAwait(false);
        foreach (var sandbox in runtime.Sandboxes)
            await services.Runtime.Runtime.RemovePodSandboxAsync(new RemovePodSandboxRequest { PodSandboxId = sandbox.Id }, cancellationToken: cancellation).ConfigureAwait(false);
        ReleaseVolumes(pod);
        services.Tokens.Forget(pod.Uid);
        PodCgroup.Remove(pod, services.Node.CgroupRoot);
        var logs = services.Node.PodLogDirectory(pod.Namespace ?? "", pod.Name, pod.Uid);
        if (Directory.Exists(logs)) Directory.Delete(logs, recursive: true);
        var links = Path.Combine(services.Node.LogDirectory, "containers");
        foreach (var container in runtime.Containers) File.Delete(Path.Combine(links, $"{pod.Name}_{pod.Namespace}_{container.Name}-{container.Id}.log"));
    }

    /// <summary>Unmounts the pod's volumes and lets go of the objects they came from.</summary>
    public void ReleaseVolumes(JsonObject pod)
    {
        services.Volumes.TearDown(pod.Uid);
        services.Objects.Release(pod.Uid);
    }
}
