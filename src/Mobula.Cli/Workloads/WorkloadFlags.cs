using System.CommandLine;
using Mobula.Cli.Clusters;
using Mobula.Cli.Terminal;
using Mobula.Client;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Workloads;

/// <summary>The flags by which a cluster and its namespaces are chosen; kubectl's names.</summary>
internal sealed class WorkloadFlags
{
    private readonly Option<string?> _namespace = new("--namespace", "-n") { Description = "the namespace (default: the context's)", HelpName = "NAMESPACE" };
    private readonly Option<bool> _all = new("--all-namespaces", "-A") { Description = "all namespaces" };
    private readonly Option<string?> _kubeconfig = new("--kubeconfig") { Description = "the kubeconfig (default: kubectl's)", HelpName = "FILE" };
    private readonly Option<string?> _context = new("--context") { Description = "the kubeconfig's context (default: the current one)", HelpName = "CONTEXT" };

    /// <summary>Adds the flags to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _namespace, _all, _kubeconfig, _context }) command.Options.Add(option);
    }

    /// <summary>Whether any of the flags is given.</summary>
    public bool IsGiven(ParseResult result) =>
        result.GetValue(_namespace) is not null || result.GetValue(_all) || result.GetValue(_kubeconfig) is not null || result.GetValue(_context) is not null;

    /// <summary>Reads and judges what is in the cluster.</summary>
    /// <exception cref="UsageException">The flags contradict each other, or the kubeconfig is not usable.</exception>
    public async Task<WorkloadScan> ScanAsync(ParseResult result, ManifestOptions options, TerminalOutput terminal, CancellationToken cancellation)
    {
        if (result.GetValue(_all) && result.GetValue(_namespace) is not null) throw new UsageException("choose -n NAMESPACE or -A");
        ClusterConnection connection;
        try
        {
            connection = ClusterConnection.OpenKubeconfig(result.GetValue(_kubeconfig), result.GetValue(_context));
        }
        catch (KubeconfigException e)
        {
            throw new UsageException(e.Message);
        }
        using (connection)
        {
            var ns = result.GetValue(_all) ? null : result.GetValue(_namespace) ?? connection.Connection.Namespace;
            var scan = new WorkloadScan(options);
            var shown = DateTime.UtcNow.AddSeconds(1);
            await scan.RunAsync(connection.Api, ns, read =>
            {
                if (!terminal.ColourError || DateTime.UtcNow < shown) return;
                shown = DateTime.UtcNow.AddMilliseconds(200);
                terminal.Error.Write($"\r{read} objects read …");
            }, cancellation).ConfigureAwait(false);
            if (terminal.ColourError) terminal.Error.Write("\r\e[K");
            return scan;
        }
    }
}
