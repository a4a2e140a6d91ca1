using Mobula.Cli.Terminal;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Cli.Clusters;

/// <summary>Waits for a cluster's nodes, as <c>--wait</c> asks.</summary>
internal static class NodeReadiness
{
    /// <summary>Waits until every node is Ready; tells it when the time is over, without failing, as kind does.</summary>
    public static async Task WaitAsync(ClusterDirectory directory, ClusterRecord record, TimeSpan patience, TerminalOutput terminal, CancellationToken cancellation)
    {
        if (record.Nodes.Count == 0) return;
        var began = TimeProvider.System.GetTimestamp();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(patience);
        using var connection = ClusterConnection.Open(directory);
        try
        {
            await WaitForAllAsync(connection.Api, record.Nodes.Count, deadline.Token).ConfigureAwait(false);
            terminal.Step("nodes ready", "", TimeProvider.System.GetElapsedTime(began));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            terminal.Warn($"the nodes are not ready after {TerminalOutput.Seconds(patience)}; see  kubectl describe nodes");
        }
    }

    private static async Task WaitForAllAsync(KubernetesApi api, int count, CancellationToken cancellation)
    {
        var list = await api.ListAsync(Resources.Nodes, cancellation: cancellation).ConfigureAwait(false);
        var ready = list.Objects("items").Where(IsReady).Select(n => n.Name).ToHashSet();
        while (ready.Count < count)
        {
            await foreach (var e in api.WatchAsync(Resources.Nodes, null, list.Text("metadata", "resourceVersion") ?? "", cancellation: cancellation).ConfigureAwait(false))
            {
                if (e.Type is not ("ADDED" or "MODIFIED")) continue;
                if (IsReady(e.Object)) ready.Add(e.Object.Name);
                if (ready.Count >= count) return;
            }
        }
    }

    private static bool IsReady(System.Text.Json.Nodes.JsonObject node) =>
        node.Objects("status", "conditions").Any(c => c.Text("type") == "Ready" && c.Text("status") == "True");
}
