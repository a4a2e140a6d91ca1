using System.CommandLine;
using Mobula.Cli.Clusters;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Kubeconfigs;
using Mobula.Cli.Terminal;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula delete cluster</c> and <c>mobula delete clusters</c>.</summary>
internal static class DeleteCommand
{
    /// <summary>The verb with its nouns.</summary>
    public static Command Create(TerminalOutput terminal) => new("delete", "Delete one of [cluster, clusters]") { Cluster(terminal), Clusters(terminal) };

    private static ExampleCommand Cluster(TerminalOutput terminal)
    {
        var name = ClusterOptions.Name();
        var kubeconfig = ClusterOptions.Kubeconfig();
        var data = ClusterOptions.DataDirectory();
        var command = new ExampleCommand("cluster", "Delete a cluster and all it made on this machine", "mobula delete cluster", "mobula delete cluster --name tests") { name, kubeconfig, data };
        command.SetAction(async (result, _) =>
        {
            var directory = ClusterDirectory.Of(result.GetValue(data), result.GetValue(name) ?? ClusterPlan.DefaultName);
            await DeleteAsync(directory, result.GetValue(kubeconfig), terminal).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    private static ExampleCommand Clusters(TerminalOutput terminal)
    {
        var names = new Argument<string[]>("NAME") { Description = "the clusters' names", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all", "-A") { Description = "all clusters" };
        var kubeconfig = ClusterOptions.Kubeconfig();
        var data = ClusterOptions.DataDirectory();
        var command = new ExampleCommand("clusters", "Delete several clusters", "mobula delete clusters a b", "mobula delete clusters --all") { names, all, kubeconfig, data };
        command.SetAction(async (result, _) =>
        {
            var named = result.GetValue(names) ?? [];
            if (named.Length == 0 && !result.GetValue(all)) throw new UsageException("name the clusters, or say --all\nSee:  mobula delete clusters --help");
            var directories = result.GetValue(all) ? ClusterDirectory.All(result.GetValue(data)) : [.. named.Select(n => ClusterDirectory.Of(result.GetValue(data), n))];
            foreach (var directory in directories) await DeleteAsync(directory, result.GetValue(kubeconfig), terminal).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    private static async Task DeleteAsync(ClusterDirectory directory, string? kubeconfig, TerminalOutput terminal)
    {
        if (!Directory.Exists(directory.Root))
        {
            terminal.Error.WriteLine($"There is no cluster \"{directory.Name}\".");
            return;
        }
        var began = TimeProvider.System.GetTimestamp();
        var file = kubeconfig ?? (directory.Exists && ClusterRecord.ReadForRemoval(directory).Kubeconfig is { Length: > 0 } recorded ? recorded : null);
        await ClusterRemoval.RunAsync(directory).ConfigureAwait(false);
        KubeconfigFile.Default(file).Remove(ClusterCreation.ContextName(directory.Name));
        terminal.Step($"deleted cluster \"{directory.Name}\"", "", TimeProvider.System.GetElapsedTime(began));
    }
}
