using System.CommandLine;
using Mobula.Cli.Clusters;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Terminal;
using Mobula.Cli.Tutorials;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula tutorial</c>.</summary>
internal static class TutorialCommand
{
    /// <summary>The verb with its tutorials.</summary>
    public static Command Create(TerminalOutput terminal) => new("tutorial", "Walk through a guide, for real, one of [pod-security]") { PodSecurity(terminal) };

    private static ExampleCommand PodSecurity(TerminalOutput terminal)
    {
        var keep = new Option<bool>("--keep") { Description = "leave the cluster up, and print how to use it" };
        var step = new Option<bool>("--step") { Description = "wait for Enter before each step" };
        var kubectl = new Option<string?>("--kubectl") { Description = "the kubectl to use (default: the one on the PATH)", HelpName = "PATH" };
        var port = new Option<int?>("--port") { Description = "the local port for Ray's dashboard (default 8265, or a free one if that is taken)", HelpName = "PORT" };
        var data = ClusterOptions.DataDirectory();
        var command = new ExampleCommand(
            "pod-security",
            "The Pod Security guide: Ray under the restricted standard, in real containers",
            "mobula tutorial pod-security",
            "mobula tutorial pod-security --step --keep")
        {
            keep, step, kubectl, port, data,
        };
        command.SetAction(async (result, cancellation) =>
        {
            ClusterPrerequisites.CheckForNodes();
            var program = result.GetValue(kubectl) ?? "kubectl";
            if (!ClusterPrerequisites.IsOnPath(program)) throw new UsageException($"{program} is not there.\nInstall kubectl, or name one with --kubectl PATH.");
            var archives = ImageArchives.Find("operator", "ray");
            using var folder = TutorialFolder.Create();
            var environment = new Dictionary<string, string> { ["KUBECONFIG"] = folder.Kubeconfig };
            if (result.GetValue(data) is { } directory) environment[ClusterDirectory.DataDirectoryVariable] = Path.GetFullPath(directory);
            var dashboardPort = result.GetValue(port) ?? ChooseDashboardPort();
            var shell = new TutorialShell(terminal, program, folder.Path, environment);
            using var tutorial = new PodSecurityTutorial(shell, result.GetValue(data), archives, dashboardPort);
            if (tutorial.Cluster.Exists) throw new UsageException($"the tutorial's cluster is there already, from an earlier walk.\nDelete it with:  mobula delete cluster --name {PodSecurityTutorial.ClusterName}");
            var steps = result.GetValue(keep) ? tutorial.Steps.SkipLast(1).ToList() : tutorial.Steps;
            var succeeded = false;
            try
            {
                succeeded = await new TutorialRunner(terminal, TimeProvider.System)
                    .RunAsync("The Pod Security guide: Ray under the restricted standard.", steps, result.GetValue(step), () => tutorial.Cluster.LogFile, cancellation).ConfigureAwait(false);
            }
            finally
            {
                if (!result.GetValue(keep) && tutorial.Cluster.Exists && (succeeded || cancellation.IsCancellationRequested))
                {
                    await ClusterRemoval.RunAsync(tutorial.Cluster).ConfigureAwait(false);
                }
            }
            Conclude(terminal, folder, tutorial, succeeded);
            return succeeded ? 0 : 1;
        });
        return command;
    }

    private static void Conclude(TerminalOutput terminal, TutorialFolder folder, PodSecurityTutorial tutorial, bool succeeded)
    {
        if (!tutorial.Cluster.Exists)
        {
            terminal.Output.WriteLine("Everything was removed. Keep the cluster next time with --keep.");
            return;
        }
        folder.Keep();
        terminal.Output.WriteLine(succeeded ? "The cluster is up. To use it:" : "The cluster is left as it is, to look into:");
        terminal.Output.WriteLine($"  export KUBECONFIG={folder.Kubeconfig}");
        terminal.Output.WriteLine("  kubectl get pods -n pod-security");
        terminal.Output.WriteLine($"  mobula delete cluster --name {PodSecurityTutorial.ClusterName}");
    }

    private static int ChooseDashboardPort()
    {
        try
        {
            return ClusterPrerequisites.FreePort("127.0.0.1", 8265);
        }
        catch (UsageException)
        {
            return ClusterPrerequisites.FreePort("127.0.0.1", 0);
        }
    }
}
