using Microsoft.Extensions.Logging.Abstractions;
using Mobula.Node.Containerd;
using Mobula.Node.Network;
using Mobula.Node.Tests.Containerd;

namespace Mobula.Node.Tests.Network;

public sealed class NodeRemovalTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_of_a_node_is_left_on_the_host(bool containerdLives)
    {
        await using var host = await ContainerdHost.StartAsync();
        var options = host.Options;
        var before = Traces(options);
        var pod = await TestPod.StartAsync(host, "p", ["sleep", "1000"]);
        await host.Supervisor.DisposeAsync();
        if (!containerdLives)
        {
            var process = ContainerdSupervisor.FindRunning(options)!;
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.NotEqual(before, Traces(options));
        Assert.NotNull(pod.Pod.Ip);
        Assert.Empty(await NodeRemoval.RemoveAsync(options, TimeProvider.System, NullLogger.Instance));

        Assert.Empty(Traces(options));
    }

    /// <summary>What a host shows of a node: processes, mounts, network, cgroups, files.</summary>
    private static List<string> Traces(ContainerdOptions options)
    {
        var traces = new List<string>();
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(f => char.IsAsciiDigit(Path.GetFileName(f)[0])))
        {
            try
            {
                var command = File.ReadAllText($"{folder}/cmdline").Replace('\0', ' ');
                if (command.Contains(options.RunDirectory) || command.Contains(options.DataDirectory)) traces.Add($"process {command}");
            }
            catch (IOException)
            {
                // It has ended.
            }
        }

        traces.AddRange(File.ReadLines("/proc/self/mountinfo").Where(m => m.Contains(options.RunDirectory) || m.Contains(options.DataDirectory)));
        traces.AddRange(Directory.GetDirectories("/sys/class/net", options.Network.Bridge));
        traces.AddRange(Directory.GetDirectories("/sys/fs/cgroup").Select(h => Path.Combine(h, options.Network.Bridge)).Where(Directory.Exists));
        traces.AddRange(new[] { options.RunDirectory, options.DataDirectory }.Where(Directory.Exists));
        if (Directory.Exists("/var/lib/cni/results")) traces.AddRange(Directory.GetFiles("/var/lib/cni/results", options.Network.Bridge + "-*"));
        return traces;
    }
}
