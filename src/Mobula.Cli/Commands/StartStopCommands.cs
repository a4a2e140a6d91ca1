using System.CommandLine;
using Mobula.Cli.Clusters;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Kubeconfigs;
using Mobula.Cli.Terminal;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula start cluster</c> and <c>mobula stop cluster</c>: for a cluster that is there.</summary>
internal static class StartStopCommands
{
    /// <summary>The verb <c>start</c>.</summary>
    public static Command CreateStart(TerminalOutput terminal)
    {
        var (name, data) = (ClusterOptions.Name(), ClusterOptions.DataDirectory());
        var command = new ExampleCommand("cluster", "Start a cluster's server again, after stop, a crash or a reboot", "mobula start cluster", "mobula start cluster --name tests") { name, data };
        command.SetAction(async (result, cancellation) =>
        {
            var directory = ClusterDirectory.Of(result.GetValue(data), result.GetValue(name) ?? ClusterPlan.DefaultName);
            var record = ClusterRecord.Read(directory);
            using (var running = ServerProcess.Find(directory))
            {
                if (running is not null)
                {
                    terminal.Error.WriteLine($"Cluster \"{directory.Name}\" runs already.");
                    return 0;
                }
            }
            if (record.Nodes.Count > 0) ClusterPrerequisites.CheckForNodes();
            _ = ClusterPrerequisites.FreePort(record.Address, record.Port);
            await ServerProcess.StartAsync(directory, terminal, cancellation).ConfigureAwait(false);
            new KubeconfigFile(record.Kubeconfig).Put(new KubeconfigFile(directory.AdminKubeconfig).Read().Entry(ClusterCreation.ContextName(directory.Name)));
            return 0;
        });
        return new("start", "Start one of [cluster]") { command };
    }

    /// <summary>The verb <c>stop</c>.</summary>
    public static Command CreateStop(TerminalOutput terminal)
    {
        var (name, data) = (ClusterOptions.Name(), ClusterOptions.DataDirectory());
        var command = new ExampleCommand("cluster", "Stop a cluster's server; its objects stay, and its pods run on", "mobula stop cluster") { name, data };
        command.SetAction(async result =>
        {
            var directory = ClusterDirectory.Of(result.GetValue(data), result.GetValue(name) ?? ClusterPlan.DefaultName);
            _ = ClusterRecord.Read(directory);
            using var running = ServerProcess.Find(directory);
            if (running is null) terminal.Error.WriteLine($"Cluster \"{directory.Name}\" does not run.");
            else await ServerProcess.StopAsync(running, TimeSpan.FromSeconds(30)).ConfigureAwait(false);
            return 0;
        });
        return new("stop", "Stop one of [cluster]") { command };
    }
}
