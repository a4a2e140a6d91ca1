using Microsoft.Extensions.Logging.Abstractions;
using Mobula.Node.Containerd;
using Mobula.Node.Network;

namespace Mobula.Node.Tests.Containerd;

/// <summary>
/// A containerd for tests, with folders, subnet and bridge of its own; <see cref="SkipReason"/> says where it cannot run.
/// Its images are there from the start when they are named.
/// </summary>
internal sealed class ContainerdHost : IAsyncDisposable
{
    private readonly FileStream _claim;

    private ContainerdHost(FileStream claim, ContainerdSupervisor supervisor, string folder)
    {
        _claim = claim;
        Supervisor = supervisor;
        Folder = folder;
    }

    public static string? SkipReason { get; } =
        !OperatingSystem.IsLinux() ? "containers need Linux"
        : Environment.UserName != "root" ? "containers need root"
        : !File.Exists("/usr/bin/containerd") ? "containerd is not installed"
        : !File.Exists("/usr/lib/cni/bridge") ? "the CNI plugins are not installed"
        : null;

    public ContainerdSupervisor Supervisor { get; }

    public ContainerdConnection Connection => Supervisor.Connection;

    public ContainerdOptions Options => Supervisor.Options;

    /// <summary>Removed with everything in it when the host is disposed.</summary>
    public string Folder { get; }

    public static async Task<ContainerdHost> StartAsync()
    {
        Assert.SkipUnless(SkipReason is null, SkipReason ?? "");
        var (claim, network) = ClaimNetwork();
        var folder = Directory.CreateTempSubdirectory("mobula-test-").FullName;
        var options = new ContainerdOptions
        {
            DataDirectory = Path.Combine(folder, "data"),
            RunDirectory = $"/run/mobula-test-{network.Index}",
            Network = network,
        };
        var supervisor = new ContainerdSupervisor(options, TimeProvider.System, NullLogger.Instance);
        await supervisor.StartAsync(TestContext.Current.CancellationToken);
        return new ContainerdHost(claim, supervisor, folder);
    }

    public async ValueTask DisposeAsync()
    {
        await Supervisor.DisposeAsync();
        Assert.Empty(await NodeRemoval.RemoveAsync(Options, TimeProvider.System, NullLogger.Instance));
        Directory.Delete(Folder, recursive: true);
        await _claim.DisposeAsync();
    }

    /// <summary>A network that no other test process on this machine uses, from the end that clusters use last.</summary>
    internal static (FileStream Claim, ClusterNetwork Network) ClaimNetwork()
    {
        for (var index = ClusterNetwork.MaximumClusters - 1; index >= 0; index--)
        {
            var network = new ClusterNetwork(index);
            if (Directory.Exists($"/sys/class/net/{network.Bridge}")) continue;
            try
            {
                var claim = new FileStream($"/run/mobula-test-{index}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return (claim, network);
            }
            catch (IOException)
            {
                // Another test process has it.
            }
        }

        throw new InvalidOperationException("no free cluster network");
    }
}
