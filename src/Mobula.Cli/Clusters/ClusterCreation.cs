using Mobula.Cli.Kubeconfigs;
using Mobula.Cli.Terminal;

namespace Mobula.Cli.Clusters;

/// <summary>Makes a cluster: claims its folder, starts its server, writes the kubeconfig; or leaves nothing behind.</summary>
internal static class ClusterCreation
{
    /// <summary>Makes a cluster.</summary>
    /// <exception cref="UsageException">It cannot be made; nothing is left of it.</exception>
    public static async Task RunAsync(ClusterRequest request, string? dataDirectory, string? kubeconfigPath, TimeSpan wait, TerminalOutput terminal, CancellationToken cancellation)
    {
        var directory = ClusterDirectory.Of(dataDirectory, ClusterPlan.NameOf(request));
        var kubeconfig = KubeconfigFile.Default(kubeconfigPath);
        // A kubeconfig that cannot be read is told before anything is made.
        _ = kubeconfig.Read();
        if (request.HasNodes) ClusterPrerequisites.CheckForNodes();
        var plan = ClusterPlan.Make(request, directory, kubeconfig.Path, File.Exists);
        var record = Claim(directory, plan.Record);
        terminal.Error.WriteLine($"Creating cluster \"{directory.Name}\" (Kubernetes {record.KubernetesVersion})");
        foreach (var warning in plan.Warnings) terminal.Warn(warning);
        try
        {
            await ServerProcess.StartAsync(directory, terminal, cancellation).ConfigureAwait(false);
            kubeconfig.Put(new KubeconfigFile(directory.AdminKubeconfig).Read().Entry(ContextName(directory.Name)));
            if (wait > TimeSpan.Zero) await NodeReadiness.WaitAsync(directory, record, wait, terminal, cancellation).ConfigureAwait(false);
        }
        catch
        {
            await ClusterRemoval.RunAsync(directory).ConfigureAwait(false);
            throw;
        }
        terminal.Error.WriteLine($"kubectl context is now \"{ContextName(directory.Name)}\". Try:  kubectl get {(record.Nodes.Count > 0 ? "nodes" : "namespaces")}");
    }

    /// <summary>The context, user and cluster of a cluster in a kubeconfig.</summary>
    public static string ContextName(string cluster) => $"mobula-{cluster}";

    /// <summary>Writes the record under a lock, so that two commands at once neither make one cluster twice nor share a network.</summary>
    private static ClusterRecord Claim(ClusterDirectory directory, ClusterRecord planned)
    {
        var clusters = Path.GetDirectoryName(directory.Root)!;
        CreatePrivate(clusters);
        using var held = TakeLock(Path.Combine(clusters, ".lock"));
        if (directory.Exists)
        {
            throw new UsageException($"there is a cluster \"{directory.Name}\" already\nDelete it with:  mobula delete cluster --name {directory.Name}   or choose another --name");
        }
        var taken = Directory.EnumerateDirectories(clusters).Select(d => new ClusterDirectory(d)).Where(d => d.Exists).Select(d => ClusterRecord.Read(d).NetworkIndex).ToHashSet();
        var record = planned with
        {
            Port = ClusterPrerequisites.FreePort(planned.Address, planned.Port),
            NetworkIndex = planned.Nodes.Count == 0 ? ClusterRecord.NoNetwork : FreeNetwork(directory, taken),
        };
        CreatePrivate(directory.Root);
        record.Write(directory);
        return record;
    }

    private static int FreeNetwork(ClusterDirectory directory, HashSet<int> taken)
    {
        try
        {
            return NetworkClaims.OfMachine.Take(directory, taken);
        }
        catch (InvalidOperationException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static FileStream TakeLock(string path)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (attempt < 100 && File.Exists(path))
            {
                Thread.Sleep(50);
            }
        }
    }

    private static void CreatePrivate(string path) => Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}
