using System.CommandLine;
using Mobula.Cli.Clusters;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Terminal;
using Mobula.Node;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula load image-archive</c>.</summary>
internal static class LoadCommand
{
    /// <summary>The verb with its nouns.</summary>
    public static Command Create(TerminalOutput terminal) => new("load", "Load images into a cluster's nodes, from one of [image-archive]") { ImageArchive(terminal) };

    private static ExampleCommand ImageArchive(TerminalOutput terminal)
    {
        var archives = new Argument<string[]>("FILE") { Description = "docker or OCI archives", Arity = ArgumentArity.OneOrMore };
        var name = ClusterOptions.Name();
        var data = ClusterOptions.DataDirectory();
        var command = new ExampleCommand(
            "image-archive",
            "Load the images of archives, as docker save or deploy/images/build write them",
            "mobula load image-archive images.tar",
            "mobula load image-archive --name tests a.tar b.tar")
        {
            archives, name, data,
        };
        command.SetAction(async (result, cancellation) =>
        {
            var directory = ClusterDirectory.Of(result.GetValue(data), result.GetValue(name) ?? ClusterPlan.DefaultName);
            var record = ClusterRecord.Read(directory);
            if (record.Nodes.Count == 0) throw new UsageException($"cluster \"{directory.Name}\" has no nodes to load images into");
            var files = result.GetValue(archives)!;
            if (files.FirstOrDefault(f => !File.Exists(f)) is { } missing) throw new UsageException($"{missing} is not there");
            foreach (var node in record.Nodes) await LoadAsync(ClusterNodes.Options(directory, record, node), files, terminal, cancellation).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    private static async Task LoadAsync(NodeAgentOptions node, IEnumerable<string> archives, TerminalOutput terminal, CancellationToken cancellation)
    {
        foreach (var archive in archives)
        {
            var began = TimeProvider.System.GetTimestamp();
            try
            {
                var images = await NodeImages.ImportAsync(node, archive, cancellation).ConfigureAwait(false);
                terminal.Step("image", string.Join(", ", images), TimeProvider.System.GetElapsedTime(began));
            }
            catch (InvalidDataException e)
            {
                var problem = e.Message.Contains(archive, StringComparison.Ordinal) ? e.Message : $"{archive}: {e.Message}";
                throw new UsageException($"{problem}\nTaken are archives as `docker save`, `podman save` and deploy/images/build write them.");
            }
        }
    }
}
