using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Mobula.Node.Containerd;
using Mobula.Node.Containerd.Cri;

namespace Mobula.Node.Network;

/// <summary>
/// Removes all that a node has put on this host: containers, containerd, mounts, network namespaces, the bridge, iptables
/// chains, cgroups and folders. It needs no running agent, and may be repeated after it was interrupted.
/// </summary>
public static class NodeRemoval
{
    /// <summary>Removes the node.</summary>
    /// <param name="options">The node; its agent must have ended.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For people who look for trouble.</param>
    /// <returns>What could not be removed, a line each; empty when nothing is left.</returns>
    public static async Task<IReadOnlyList<string>> RemoveAsync(NodeAgentOptions options, TimeProvider time, ILogger logger)
    {
        var left = await RemoveAsync(options.ToContainerd(), time, logger).ConfigureAwait(false);
        Unmount(options.DataDirectory);
        return [.. left, .. DeleteFolder(options.DataDirectory)];
    }

    /// <summary>Removes what belongs to the node's containerd and network.</summary>
    /// <param name="options">The node's containerd; the node's agent must have ended.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For people who look for trouble.</param>
    /// <returns>What could not be removed, a line each; empty when nothing is left.</returns>
    public static async Task<IReadOnlyList<string>> RemoveAsync(ContainerdOptions options, TimeProvider time, ILogger logger)
    {
        var left = new List<string>();
        if (Directory.Exists(options.RunDirectory)) await StopPodsAsync(options, time, logger).ConfigureAwait(false);
        if (ContainerdSupervisor.FindRunning(options) is { } containerd) await ContainerdSupervisor.TerminateAsync(containerd, time).ConfigureAwait(false);
        KillShims(options.Socket);
        Unmount(options.RunDirectory);
        Unmount(options.DataDirectory);
        await ServiceRules.RemoveAsync(options.Network).ConfigureAwait(false);
        if (Directory.Exists($"/sys/class/net/{options.Network.Bridge}"))
        {
            var (code, _, error) = await HostCommand.RunAsync("ip", ["link", "delete", options.Network.Bridge]).ConfigureAwait(false);
            if (code != 0) left.Add($"the bridge {options.Network.Bridge}: {error.Trim()}");
        }

        DeleteResults(options.Network.Bridge);
        RemoveCgroups(options.Network.Bridge);
        left.AddRange(DeleteFolder(options.RunDirectory));
        left.AddRange(DeleteFolder(options.DataDirectory));
        return left;
    }

    private static async Task StopPodsAsync(ContainerdOptions options, TimeProvider time, ILogger logger)
    {
        await using var supervisor = new ContainerdSupervisor(options, time, logger);
        try
        {
            // Only containerd knows its containers; one that is gone is started for their removal.
            await supervisor.StartAsync(CancellationToken.None).ConfigureAwait(false);
            var runtime = supervisor.Connection.Runtime;
            var sandboxes = await runtime.ListPodSandboxAsync(new ListPodSandboxRequest()).ConfigureAwait(false);
            await Parallel.ForEachAsync(sandboxes.Items, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (sandbox, cancellation) =>
            {
                try
                {
                    await runtime.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = sandbox.Id }, cancellationToken: cancellation).ConfigureAwait(false);
                    await runtime.RemovePodSandboxAsync(new RemovePodSandboxRequest { PodSandboxId = sandbox.Id }, cancellationToken: cancellation).ConfigureAwait(false);
                }
                catch (RpcException e)
                {
                    logger.LogWarning("the sandbox of {Pod} was not removed in order: {Error}", sandbox.Metadata.Name, e.Status.Detail);
                }
            }).ConfigureAwait(false);
            await supervisor.StopAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidOperationException or RpcException)
        {
            logger.LogWarning("containerd did not help to remove the pods: {Error}", e.Message);
        }
    }

    /// <summary>Ends containers that containerd did not, by their shims and the processes these started.</summary>
    private static void KillShims(string socket)
    {
        var shims = new HashSet<int>();
        var children = new List<(int Pid, int Parent)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)) continue;
            try
            {
                if (File.ReadAllText($"{folder}/cmdline").Split('\0').Contains(socket)) shims.Add(pid);
                var status = File.ReadAllText($"{folder}/stat");
                children.Add((pid, int.Parse(status[(status.LastIndexOf(')') + 4)..].Split(' ')[0], CultureInfo.InvariantCulture)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
            {
                // The process has ended.
            }
        }

        // A container's first process takes all others of its namespace with it.
        foreach (var (pid, parent) in children.Where(c => shims.Contains(c.Parent))) _ = Libc.Kill(pid, Libc.SigKill);
        foreach (var pid in shims) _ = Libc.Kill(pid, Libc.SigKill);
        var watch = Stopwatch.StartNew();
        while (shims.Any(pid => Directory.Exists($"/proc/{pid}")) && watch.Elapsed < TimeSpan.FromSeconds(2)) Thread.Sleep(10);
    }

    /// <summary>Unmounts everything below the folder, the newest mounts first.</summary>
    private static void Unmount(string folder)
    {
        var mounts = File.ReadLines("/proc/self/mountinfo")
            .Select(line => line.Split(' ')[4].Replace("\\040", " ", StringComparison.Ordinal))
            .Where(path => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal))
            .Reverse()
            .ToList();
        foreach (var mount in mounts) _ = Libc.Unmount(mount, Libc.MountDetach);
    }

    /// <summary>What the CNI library remembers of the network.</summary>
    private static void DeleteResults(string network)
    {
        const string Results = "/var/lib/cni/results";
        if (!Directory.Exists(Results)) return;
        foreach (var file in Directory.EnumerateFiles(Results, network + "-*")) File.Delete(file);
    }

    private static void RemoveCgroups(string name)
    {
        if (!Directory.Exists("/sys/fs/cgroup")) return;
        foreach (var root in Directory.EnumerateDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup").Select(h => Path.Combine(h, name)).Where(Directory.Exists))
            RemoveCgroup(root);
    }

    private static void RemoveCgroup(string folder)
    {
        // The files of a cgroup are not deletable and not in the way: only the folders count.
        foreach (var child in Directory.EnumerateDirectories(folder)) RemoveCgroup(child);
        _ = Libc.RemoveDirectory(folder);
    }

    private static IEnumerable<string> DeleteFolder(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [$"{folder}: {e.Message}"];
        }
    }
}
