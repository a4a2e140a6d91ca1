using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Mobula.Node.Containerd;
using Mobula.Node.Containerd.Cri;

namespace Mobula.Node.Tests.Containerd;

public sealed class ContainerdSupervisorTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_returns_when_cri_is_ready()
    {
        await using var host = await ContainerdHost.StartAsync();

        var status = await host.Connection.Runtime.StatusAsync(new StatusRequest(), cancellationToken: Cancellation);

        Assert.All(status.Status.Conditions, c => Assert.True(c.Status, c.Message));
        Assert.True(host.Supervisor.IsReady);
    }

    [Fact]
    public async Task Killed_containerd_is_started_again()
    {
        await using var host = await ContainerdHost.StartAsync();
        var changes = new List<bool>();
        var back = new TaskCompletionSource();
        host.Supervisor.ReadyChanged += ready =>
        {
            changes.Add(ready);
            if (ready) back.TrySetResult();
        };
        var first = ContainerdSupervisor.FindRunning(host.Options);
        Assert.NotNull(first);

        first.Kill();
        await back.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);

        Assert.Equal([false, true], changes);
        Assert.NotEqual(first.Id, ContainerdSupervisor.FindRunning(host.Options)?.Id);
        await host.Connection.Runtime.VersionAsync(new VersionRequest(), cancellationToken: Cancellation);
    }

    [Fact]
    public async Task New_supervisor_takes_over_the_running_containerd()
    {
        await using var host = await ContainerdHost.StartAsync();
        var pid = ContainerdSupervisor.FindRunning(host.Options)?.Id;

        await using var second = new ContainerdSupervisor(host.Options, TimeProvider.System, NullLogger.Instance);
        await second.StartAsync(Cancellation);

        Assert.Equal(pid, ContainerdSupervisor.FindRunning(host.Options)?.Id);
        await second.Connection.Runtime.VersionAsync(new VersionRequest(), cancellationToken: Cancellation);
    }

    [Fact]
    public async Task Containerd_that_cannot_start_is_told_with_the_way_to_its_log()
    {
        Assert.SkipUnless(ContainerdHost.SkipReason is null, ContainerdHost.SkipReason ?? "");
        var folder = Directory.CreateTempSubdirectory("mobula-test-");
        var options = new ContainerdOptions
        {
            DataDirectory = Path.Combine(folder.FullName, "data"),
            RunDirectory = Path.Combine(folder.FullName, "run"),
            Network = new(15),
            Binary = "/nonexistent/containerd",
        };
        await using var supervisor = new ContainerdSupervisor(options, TimeProvider.System, NullLogger.Instance);

        var watch = Stopwatch.StartNew();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => supervisor.StartAsync(Cancellation));

        Assert.Contains("/nonexistent/containerd", error.Message);
        Assert.Contains(options.LogFile, error.Message);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5));
        folder.Delete(recursive: true);
    }
}
