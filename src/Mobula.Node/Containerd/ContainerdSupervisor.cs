using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Mobula.Node.Containerd.Cri;

namespace Mobula.Node.Containerd;

/// <summary>
/// Keeps the cluster's containerd running. It is a process of its own session: the agent may end and start again without any pod
/// noticing, and a new agent takes over the containerd it finds.
/// </summary>
internal sealed class ContainerdSupervisor(ContainerdOptions options, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan LongestRestartDelay = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _ending = new();
    private Process? _process;
    private Task _watching = Task.CompletedTask;
    private bool _disposed;

    public ContainerdOptions Options => options;

    /// <summary>Usable after <see cref="StartAsync"/>; survives restarts of containerd.</summary>
    public ContainerdConnection Connection { get; } = new(options.Socket);

    /// <summary>Whether containerd answered last. False from its death until it is back.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Called with the new value of <see cref="IsReady"/> each time it changes.</summary>
    public event Action<bool>? ReadyChanged;

    /// <summary>Writes the configuration, starts containerd or takes over the running one, and returns when CRI is ready.</summary>
    /// <exception cref="InvalidOperationException">It cannot be started or does not become ready; the message says why and where the log is.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        WriteConfiguration();
        _process = FindRunning() ?? Spawn();
        await WaitUntilReadyAsync(_process, cancellation).ConfigureAwait(false);
        SetReady(true);
        _watching = WatchAsync(_ending.Token);
    }

    /// <summary>Ends containerd. Pods that still run go on running, without it.</summary>
    public async Task StopAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_process is { } process) await TerminateAsync(process, time).ConfigureAwait(false);
        File.Delete(options.PidFile);
        SetReady(false);
    }

    /// <summary>Lets go of containerd, which runs on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        await _ending.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Connection.Dispose();
        _process?.Dispose();
        _ending.Dispose();
    }

    /// <summary>The running containerd of these options, or null.</summary>
    internal static Process? FindRunning(ContainerdOptions options)
    {
        if (!File.Exists(options.PidFile) ||
            !int.TryParse(File.ReadAllText(options.PidFile), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            return null;
        try
        {
            // The number may have gone to another process since.
            var arguments = File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
            return arguments.Contains(options.ConfigFile) ? Process.GetProcessById(pid) : null;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>SIGTERM, and SIGKILL when that has had no effect for five seconds.</summary>
    internal static async Task TerminateAsync(Process process, TimeProvider time)
    {
        if (process.HasExited) return;
        _ = Libc.Kill(process.Id, Libc.SigTerm);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5), time);
        try
        {
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private Process? FindRunning() => FindRunning(options);

    private void WriteConfiguration()
    {
        Directory.CreateDirectory(options.DataDirectory);
        Directory.CreateDirectory(options.RunDirectory);
        Directory.CreateDirectory(options.CniConfigDirectory);
        File.WriteAllText(options.ConfigFile, ContainerdConfig.Toml(options));
        File.WriteAllText(Path.Combine(options.CniConfigDirectory, "10-mobula.conflist"), ContainerdConfig.CniConfigList(options));
    }

    private Process Spawn()
    {
        // A stale socket would accept nothing but look ready; containerd makes a new one.
        File.Delete(options.Socket);

        // The shell opens the log and is then replaced, setsid too: the process started is containerd itself, in a session of its
        // own, so that neither Ctrl-C in the agent's terminal nor the agent's end reaches it.
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        foreach (var argument in (string[])["-c", "exec setsid \"$0\" -c \"$1\" </dev/null >>\"$2\" 2>&1", options.Binary, options.ConfigFile, options.LogFile])
            start.ArgumentList.Add(argument);
        var process = Process.Start(start) ?? throw new InvalidOperationException("no process for containerd");
        File.WriteAllText(options.PidFile, process.Id.ToString(CultureInfo.InvariantCulture));
        logger.LogInformation("started containerd, process {Pid}, log {Log}", process.Id, options.LogFile);
        return process;
    }

    private async Task WaitUntilReadyAsync(Process process, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        string last;
        while (true)
        {
            try
            {
                var answer = await Connection.Runtime.StatusAsync(new StatusRequest(), cancellationToken: cancellation).ConfigureAwait(false);
                if (answer.Status.Conditions.FirstOrDefault(c => !c.Status) is not { } condition) return;
                last = $"{condition.Type}: {condition.Reason} {condition.Message}";
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.Unimplemented or StatusCode.Unknown)
            {
                last = e.Status.Detail;
            }

            if (process.HasExited)
                throw new InvalidOperationException($"containerd ended while starting: {LastLogLine()}; its log is {options.LogFile}");
            if (time.GetElapsedTime(started) > options.StartTimeout)
                throw new InvalidOperationException($"containerd is not ready after {options.StartTimeout.TotalSeconds:0} s ({last}); its log is {options.LogFile}");
            await Task.Delay(TimeSpan.FromMilliseconds(4), time, cancellation).ConfigureAwait(false);
        }
    }

    private string LastLogLine() => File.Exists(options.LogFile) ? File.ReadLines(options.LogFile).LastOrDefault() ?? "no output" : "no output";

    private async Task WatchAsync(CancellationToken ending)
    {
        var delay = TimeSpan.Zero;
        while (true)
        {
            var up = time.GetTimestamp();
            await _process!.WaitForExitAsync(ending).ConfigureAwait(false);
            SetReady(false);
            if (time.GetElapsedTime(up) > LongestRestartDelay) delay = TimeSpan.Zero;
            logger.LogWarning("containerd ended; starting it again in {Delay} s", delay.TotalSeconds);
            await Task.Delay(delay, time, ending).ConfigureAwait(false);
            delay = delay == TimeSpan.Zero ? TimeSpan.FromSeconds(1) : Min(delay * 2, LongestRestartDelay);
            try
            {
                _process.Dispose();
                _process = Spawn();
                await WaitUntilReadyAsync(_process, ending).ConfigureAwait(false);
                SetReady(true);
            }
            catch (InvalidOperationException e)
            {
                logger.LogError("{Message}", e.Message);
                await TerminateAsync(_process, time).ConfigureAwait(false);
            }
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private void SetReady(bool ready)
    {
        if (IsReady == ready) return;
        IsReady = ready;
        ReadyChanged?.Invoke(ready);
    }
}
