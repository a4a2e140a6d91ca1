namespace Mobula.Cli.Clusters;

internal static class ClusterNodes
{
    public static Task RemoveAsync(ClusterDirectory d, ClusterRecord r, NodeRecord n, CancellationToken c) => Task.CompletedTask;
}
