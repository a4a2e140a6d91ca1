using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using Mobula.Cli.Terminal;

namespace Mobula.Cli.Clusters;

/// <summary>The process that is a cluster: found by its pid file, started detached, stopped by a signal.</summary>
internal static class ServerProcess
{
    /// <summary>The running server of a cluster; null when none runs.</summary>
    public static Process? Find(ClusterDirectory directory)
    {
        if (!File.Exists(directory.ProcessFile) ||
            !int.TryParse(File.ReadAllText(directory.ProcessFile).Trim(), CultureInfo.InvariantCulture, out var pid) ||
            !CommandLineOf(pid).Contains(directory.Root, StringComparison.Ordinal))
        {
            return null;
        }
        try
        {
            return Process.GetProcessById(pid);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Starts the server of a cluster, detached from this terminal, and shows its steps until it is ready.</summary>
    /// <exception cref="UsageException">The server could not start; it has ended.</exception>
    public static async Task StartAsync(ClusterDirectory directory, TerminalOutput terminal, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(directory.LogFile)!);
        using var pipe = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        // The shell redirects the streams before it becomes the server, so that nothing ties the server to this terminal.
        using var process = Process.Start(new ProcessStartInfo("/bin/sh")
        {
            ArgumentList =
            {
                "-c", "exec \"$0\" \"$@\" </dev/null >>\"$MOBULA_SERVER_LOG\" 2>&1",
                Environment.ProcessPath!, "serve", directory.Root, "--progress", pipe.GetClientHandleAsString(),
            },
            Environment = { ["MOBULA_SERVER_LOG"] = directory.LogFile },
            WorkingDirectory = "/",
        })!;
        pipe.DisposeLocalCopyOfClientHandle();
        try
        {
            await FollowAsync(pipe, directory, terminal, cancellation).ConfigureAwait(false);
        }
        catch
        {
            await StopAsync(process, TimeSpan.FromSeconds(20)).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Asks a server to end, and makes it end when it does not within the time given.</summary>
    public static async Task StopAsync(Process process, TimeSpan patience)
    {
        if (process.HasExited) return;
        _ = Posix.Kill(process.Id, Posix.Terminate);
        using var deadline = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task FollowAsync(Stream pipe, ClusterDirectory directory, TerminalOutput terminal, CancellationToken cancellation)
    {
        using var reader = new StreamReader(pipe);
        while (await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            var parts = line.Split('\t');
            switch (parts[0])
            {
                case "ready": return;
                case "failed": throw new UsageException(ServerProgress.Unescape(parts[1]));
                case "warn": terminal.Warn(ServerProgress.Unescape(parts[1])); break;
                case "step":
                    terminal.Step(parts[1], parts[2], TimeSpan.FromSeconds(double.Parse(parts[3], CultureInfo.InvariantCulture)));
                    break;
            }
        }
        throw new UsageException($"the cluster's server ended while it started. Its last words, from {directory.LogFile}:\n{LastLines(directory.LogFile, 12)}");
    }

    private static string LastLines(string file, int count) =>
        File.Exists(file) ? string.Join('\n', File.ReadLines(file).TakeLast(count).Select(l => "  " + l)) : "  (none)";

    private static string CommandLineOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ');
        }
        catch (IOException)
        {
            return "";
        }
        catch (UnauthorizedAccessException)
        {
            return "";
        }
    }
}
