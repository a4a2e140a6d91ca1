namespace Mobula.Cli.Clusters;

/// <summary>Removes a cluster whole, whatever state it is in: server, nodes, networks, files.</summary>
internal static class ClusterRemoval
{
    /// <summary>Removes a cluster, also one half made; what is not there is no error.</summary>
    public static async Task RunAsync(ClusterDirectory directory)
    {
        if (ServerProcess.Find(directory) is { } server)
        {
            using (server) await ServerProcess.StopAsync(server, TimeSpan.FromSeconds(30)).ConfigureAwait(false);
        }
        if (directory.Exists)
        {
            var record = ClusterRecord.ReadForRemoval(directory);
            if (record is { NetworkIndex: ClusterRecord.NoNetwork, Nodes.Count: > 0 })
            {
                throw new UsageException($"{directory.RecordFile} does not tell the network of cluster \"{directory.Name}\", and the machine was restarted since\nRemove its folder by hand:  rm -r {directory.Root}");
            }
            foreach (var node in record.Nodes) await ClusterNodes.RemoveAsync(directory, record, node).ConfigureAwait(false);
            if (record.NetworkIndex != ClusterRecord.NoNetwork) NetworkClaims.OfMachine.Release(directory, record.NetworkIndex);
        }
        if (Directory.Exists(directory.Root)) Directory.Delete(directory.Root, recursive: true);
    }
}
