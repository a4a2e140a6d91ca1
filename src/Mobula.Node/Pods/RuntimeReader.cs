using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Node.Containerd;
using Mobula.Node.Containerd.Cri;

namespace Mobula.Node.Pods;

/// <summary>Reads what the runtime knows of pods.</summary>
internal sealed class RuntimeReader(ContainerdConnection runtime)
{
    private const int LongestMessage = 4096;
    private const int LongestLogMessage = 2048;
    private const int MostLogLines = 80;

    /// <summary>Ended containers do not change any more.</summary>
    private readonly ConcurrentDictionary<string, ContainerInstance> _ended = [];
    private readonly ConcurrentDictionary<string, ProcessUser?> _users = [];

    /// <summary>The sandboxes and containers of one pod.</summary>
    public async Task<PodRuntime> ReadAsync(string podUid, CancellationToken cancellation)
    {
        var label = new Dictionary<string, string> { [RuntimeLabels.PodUid] = podUid };
        var sandboxFilter = new PodSandboxFilter();
        sandboxFilter.LabelSelector.Add(label);
        var containerFilter = new ContainerFilter();
        containerFilter.LabelSelector.Add(label);
        var listedSandboxes = runtime.Runtime.ListPodSandboxAsync(new ListPodSandboxRequest { Filter = sandboxFilter }, cancellationToken: cancellation);
        var listedContainers = runtime.Runtime.ListContainersAsync(new ListContainersRequest { Filter = containerFilter }, cancellationToken: cancellation);
        var sandboxes = new List<SandboxInstance>();
        foreach (var item in (await listedSandboxes.ConfigureAwait(false)).Items)
        {
            var status = (await runtime.Runtime.PodSandboxStatusAsync(new PodSandboxStatusRequest { PodSandboxId = item.Id }, cancellationToken: cancellation).ConfigureAwait(false)).Status;
            var ips = new List<string>();
            if (status.Network is { Ip.Length: > 0 } network) ips = [network.Ip, .. network.AdditionalIps.Select(a => a.Ip)];
            sandboxes.Add(new()
            {
                Id = item.Id,
                Attempt = (int)item.Metadata.Attempt,
                Ready = status.State == PodSandboxState.SandboxReady,
                CreatedAt = Time(item.CreatedAt) ?? default,
                Ips = ips,
            });
        }
        var containers = new List<ContainerInstance>();
        foreach (var item in (await listedContainers.ConfigureAwait(false)).Containers)
        {
            if (_ended.TryGetValue(item.Id, out var known)) containers.Add(known);
            else if (await ReadContainerAsync(item, cancellation).ConfigureAwait(false) is { } read) containers.Add(read);
        }
        return new(
            [.. sandboxes.OrderByDescending(s => s.CreatedAt)],
            [.. containers.OrderByDescending(c => c.CreatedAt)]);
    }

    /// <summary>All sandboxes with the uid of their pod.</summary>
    public async Task<IReadOnlyList<PodSandbox>> ListSandboxesAsync(CancellationToken cancellation) =>
        (await runtime.Runtime.ListPodSandboxAsync(new ListPodSandboxRequest(), cancellationToken: cancellation).ConfigureAwait(false)).Items;

    /// <summary>The instance was removed.</summary>
    public void Forget(string instanceId)
    {
        _ended.TryRemove(instanceId, out _);
        _users.TryRemove(instanceId, out _);
    }

    private async Task<ContainerInstance?> ReadContainerAsync(Container item, CancellationToken cancellation)
    {
        var knowsUser = _users.TryGetValue(item.Id, out var user);
        ContainerStatusResponse answer;
        try
        {
            answer = await runtime.Runtime.ContainerStatusAsync(
                new ContainerStatusRequest { ContainerId = item.Id, Verbose = !knowsUser }, cancellationToken: cancellation).ConfigureAwait(false);
        }
        catch (Grpc.Core.RpcException e) when (e.StatusCode == Grpc.Core.StatusCode.NotFound)
        {
            return null;
        }
        var status = answer.Status;
        if (!knowsUser) _users[item.Id] = user = User(answer);
        var ended = status.State == ContainerState.ContainerExited;
        var instance = new ContainerInstance
        {
            Id = item.Id,
            Name = item.Labels.TryGetValue(RuntimeLabels.ContainerName, out var name) ? name : status.Metadata.Name,
            SandboxId = item.PodSandboxId,
            Attempt = (int)status.Metadata.Attempt,
            State = status.State switch
            {
                ContainerState.ContainerCreated => InstanceState.Created,
                ContainerState.ContainerRunning => InstanceState.Running,
                ContainerState.ContainerExited => InstanceState.Exited,
                _ => InstanceState.Unknown,
            },
            CreatedAt = Time(status.CreatedAt) ?? default,
            StartedAt = Time(status.StartedAt),
            FinishedAt = Time(status.FinishedAt),
            ExitCode = status.ExitCode,
            Reason = status.Reason,
            Message = ended ? TerminationMessage(status) : status.Message,
            Image = status.Image?.Image ?? "",
            ImageId = status.ImageRef,
            User = user,
            LogPath = status.LogPath,
            Resources = status.Annotations.TryGetValue(RuntimeLabels.Resources, out var resources) ? JsonNode.Parse(resources) as JsonObject : null,
        };
        if (ended) _ended[item.Id] = instance;
        return instance;
    }

    /// <summary>The runtime's own message, and what the container left in its termination log.</summary>
    private static string TerminationMessage(ContainerStatus status)
    {
        var text = "";
        var path = status.Annotations.TryGetValue(RuntimeLabels.TerminationMessagePath, out var annotated) ? annotated : "/dev/termination-log";
        if (status.Mounts.FirstOrDefault(m => m.ContainerPath == path)?.HostPath is { } file && File.Exists(file)) text = ReadHead(file);
        var fallsBack = status.Annotations.TryGetValue(RuntimeLabels.TerminationMessagePolicy, out var policy) && policy == "FallbackToLogsOnError";
        if (text.Length == 0 && fallsBack && status.ExitCode != 0 && File.Exists(status.LogPath)) text = LogTail(status.LogPath);
        return text.Length == 0 ? status.Message : status.Message.Length == 0 ? text : $"{status.Message}: {text}";
    }

    private static string ReadHead(string file)
    {
        using var stream = File.OpenRead(file);
        var buffer = new byte[LongestMessage];
        return Encoding.UTF8.GetString(buffer, 0, stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false));
    }

    private static string LogTail(string file)
    {
        // Each line is "TIME STREAM F|P TEXT"; a part (P) goes on in the next line.
        var lines = File.ReadLines(file).TakeLast(MostLogLines * 4).Select(l => l.Split(' ', 4)).Where(p => p.Length == 4)
            .Select(p => p[2] == "P" ? p[3] : p[3] + "\n").TakeLast(MostLogLines);
        var text = string.Concat(lines);
        var bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length <= LongestLogMessage ? text : Encoding.UTF8.GetString(bytes, bytes.Length - LongestLogMessage, LongestLogMessage);
    }

    /// <summary>The user from the status (containerd 2) or from the container's OCI specification (before).</summary>
    private static ProcessUser? User(ContainerStatusResponse answer)
    {
        if (answer.Status.User?.Linux is { } linux) return new(linux.Uid, linux.Gid, [.. linux.SupplementalGroups]);
        if (!answer.Info.TryGetValue("info", out var info) || JsonNode.Parse(info) is not JsonObject parsed) return null;
        if (parsed.Object("runtimeSpec", "process", "user") is not { } user) return null;
        var gid = user.Integer("gid") ?? 0;
        var groups = user.List("additionalGids")?.Select(g => long.Parse(g!.ToJsonString(), CultureInfo.InvariantCulture)).ToList() ?? [];
        return new(user.Integer("uid") ?? 0, gid, groups.Contains(gid) ? groups : [gid, .. groups]);
    }

    private static DateTimeOffset? Time(long nanoseconds) => nanoseconds <= 0 ? null : DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);
}
