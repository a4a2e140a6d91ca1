using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Grpc.Core;
using Mobula.Kubernetes;
using Mobula.Node.Containerd;
using Mobula.Node.Containerd.Cri;
using Mobula.Node.Volumes;

namespace Mobula.Node.Pods;

/// <summary>Takes one container from its spec to a running process.</summary>
internal sealed class ContainerStarter(
    ContainerdConnection runtime, ImageProvider images, ContainerEnvironment environment, PodVolumes volumes, LifecycleHooks hooks,
    ContainerStopper stopper, PodEvents events, NodeSettings node)
{
    /// <summary>Starts the container in the sandbox.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="start">Which container.</param>
    /// <param name="sandbox">Where.</param>
    /// <param name="sandboxConfig">As the sandbox was made.</param>
    /// <param name="observed">For the processes an ephemeral container looks at.</param>
    /// <param name="created">Told the id as soon as there is one.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <exception cref="StartException">It did not start; the reason is that of its status. The events have been told.</exception>
    public async Task StartAsync(
        JsonObject pod, ContainerStart start, SandboxInstance sandbox, PodSandboxConfig sandboxConfig, PodRuntime observed, Action<string> created, CancellationToken cancellation)
    {
        var container = start.Container;
        try
        {
            await StartOrThrowAsync(pod, start, sandbox, sandboxConfig, observed, created, cancellation).ConfigureAwait(false);
        }
        catch (StartException e) when (e.Why.Reason != "PostStartHookError")
        {
            var text = e.Why.Reason is "ErrImagePull" or "ImagePullBackOff" or "ErrImageNeverPull" or "InvalidImageName" ? e.Why.Reason : e.Why.Message;
            events.Warning(pod, container, "Failed", $"Error: {text}");
            throw;
        }
    }

    private async Task StartOrThrowAsync(
        JsonObject pod, ContainerStart start, SandboxInstance sandbox, PodSandboxConfig sandboxConfig, PodRuntime observed, Action<string> created, CancellationToken cancellation)
    {
        var container = start.Container;
        var image = await images.ProvideAsync(pod, container, cancellation).ConfigureAwait(false);
        IReadOnlyList<string> ips = pod.Flag("spec", "hostNetwork") == true ? [node.HostIp] : sandbox.Ips;
        var variables = await environment.ResolveAsync(pod, container, ips, cancellation).ConfigureAwait(false);
        var target = container.Json.Text("targetContainerName") is { Length: > 0 } name ? observed.Newest(name)?.Id : null;
        var mounts = volumes.Mounts(pod, container, variables).ToList();
        AddHostsFile(pod, ips, mounts);
        AddTerminationLog(pod, container, mounts);
        var config = ContainerConfigBuilder.Build(pod, container, start.Attempt, image, variables, mounts, target, node);
        Directory.CreateDirectory(Path.Combine(sandboxConfig.LogDirectory, container.Name));
        string id;
        try
        {
            var request = new CreateContainerRequest { PodSandboxId = sandbox.Id, Config = config, SandboxConfig = sandboxConfig };
            id = (await runtime.Runtime.CreateContainerAsync(request, cancellationToken: cancellation).ConfigureAwait(false)).ContainerId;
        }
        catch (RpcException e) when (!cancellation.IsCancellationRequested)
        {
            throw new StartException("CreateContainerError", RpcText.Short(e));
        }
        created(id);
        events.Normal(pod, container, "Created", "Container created");
        try
        {
            await runtime.Runtime.StartContainerAsync(new StartContainerRequest { ContainerId = id }, cancellationToken: cancellation).ConfigureAwait(false);
        }
        catch (RpcException e) when (!cancellation.IsCancellationRequested)
        {
            throw new StartException("RunContainerError", RpcText.Short(e));
        }
        events.Normal(pod, container, "Started", "Container started");
        LinkLog(pod, container, id, Path.Combine(sandboxConfig.LogDirectory, config.LogPath));
        if (container.Json.Object("lifecycle", "postStart") is not { } hook) return;
        var podIp = ips.Count > 0 ? ips[0] : "";
        if (await hooks.RunAsync(hook, pod, container, id, podIp, cancellation).ConfigureAwait(false) is not { } failure) return;
        events.Warning(pod, container, "FailedPostStartHook", "PostStartHook failed");
        await stopper.StopAsync(pod, container, id, "FailedPostStartHook", podIp, ContainerStopper.Grace(pod), cancellation).ConfigureAwait(false);
        throw new StartException("PostStartHookError", failure);
    }

    private void AddHostsFile(JsonObject pod, IReadOnlyList<string> ips, List<Mount> mounts)
    {
        if (mounts.Any(m => m.ContainerPath == "/etc/hosts")) return;
        var file = Path.Combine(node.PodDirectory(pod.Uid), "etc-hosts");
        Directory.CreateDirectory(node.PodDirectory(pod.Uid));
        var host = pod.Flag("spec", "hostNetwork") == true ? File.ReadAllText("/etc/hosts") : null;
        // Written in place: other containers of the pod have this very file mounted.
        File.WriteAllText(file, HostsFile.Of(pod, ips, node.ClusterDomain, host));
        File.SetUnixFileMode(file, (UnixFileMode)0x1A4);
        mounts.Add(new Mount { ContainerPath = "/etc/hosts", HostPath = file });
    }

    private void AddTerminationLog(JsonObject pod, ContainerSpec container, List<Mount> mounts)
    {
        var path = container.Json.Text("terminationMessagePath") is { Length: > 0 } given ? given : "/dev/termination-log";
        if (mounts.Any(m => m.ContainerPath == path)) return;
        var folder = Directory.CreateDirectory(Path.Combine(node.PodDirectory(pod.Uid), "containers", container.Name)).FullName;
        var file = Path.Combine(folder, RandomNumberGenerator.GetHexString(8, lowercase: true));
        File.WriteAllBytes(file, []);
        File.SetUnixFileMode(file, (UnixFileMode)0x1B6);
        mounts.Add(new Mount { ContainerPath = path, HostPath = file });
    }

    private void LinkLog(JsonObject pod, ContainerSpec container, string id, string log)
    {
        var folder = Directory.CreateDirectory(Path.Combine(node.LogDirectory, "containers")).FullName;
        var link = Path.Combine(folder, $"{pod.Name}_{pod.Namespace}_{container.Name}-{id}.log");
        File.Delete(link);
        File.CreateSymbolicLink(link, log);
    }
}
