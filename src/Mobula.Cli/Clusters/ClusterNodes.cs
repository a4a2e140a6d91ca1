using Mobula.ApiServer;

namespace Mobula.Cli.Clusters;

internal sealed class ClusterNodes : IAsyncDisposable
{
    public static Task<ClusterNodes> StartAsync(ClusterDirectory directory, ClusterRecord record, ApiServerHost apiServer, ServerProgress progress, TimeProvider clock, Action<string> log, CancellationToken cancellation) => Task.FromResult(new ClusterNodes());

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public static Task RemoveAsync(ClusterDirectory d, ClusterRecord r, NodeRecord n, CancellationToken c) => Task.CompletedTask;
}
