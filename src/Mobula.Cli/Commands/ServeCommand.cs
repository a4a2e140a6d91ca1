using System.CommandLine;
using System.IO.Pipes;
using Mobula.Cli.Clusters;

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
            using var writer = result.GetValue(pipe) is { } handle ? new StreamWriter(new AnonymousPipeClientStream(PipeDirection.Out, handle)) : null;
            var progress = new ServerProgress(writer);
            try
            {
                await new ClusterServer(new(Path.GetFullPath(result.GetValue(folder)!)), progress).RunAsync().ConfigureAwait(false);
                return 0;
            }
            catch (Exception e) when (e is UsageException or IOException)
            {
                Console.Out.WriteLine(e.Message);
                progress.Failed(e.Message);
                return 2;
            }
        });
        return command;
    }
}
