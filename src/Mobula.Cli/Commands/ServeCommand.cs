using System.CommandLine;
using System.Globalization;
using System.IO.Pipes;
using Mobula.Cli.Clusters;
using Mobula.Kubernetes;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula serve</c>: the process that is a cluster. <c>create cluster</c> starts it; people have no need to.</summary>
internal static class ServeCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var folder = new Argument<string>("DIR") { Description = "the cluster's folder" };
        var pipe = new Option<string?>("--progress") { Description = "a pipe to tell of the start" };
        var command = new Command("serve", "Run a cluster in this process") { folder, pipe };
        command.Hidden = true;
        command.SetAction(async (result, _) =>
        {
            Posix.SetSession();
            using var writer = result.GetValue(pipe) is { } handle ? OpenPipe(handle) : null;
            var progress = new ServerProgress(writer);
            try
            {
                await new ClusterServer(new(Path.GetFullPath(result.GetValue(folder)!)), progress).RunAsync().ConfigureAwait(false);
                return 0;
            }
            catch (Exception e) when (e is UsageException or IOException or InvalidOperationException or StatusException)
            {
                Console.Out.WriteLine(e);
                progress.Failed(e.Message);
                return 2;
            }
        });
        return command;
    }

    /// <summary>containerd, which this process starts and which outlives it, must not hold the pipe open.</summary>
    private static StreamWriter OpenPipe(string handle)
    {
        Posix.CloseOnExec(int.Parse(handle, CultureInfo.InvariantCulture));
        return new(new AnonymousPipeClientStream(PipeDirection.Out, handle));
    }
}
