using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Mobula.RayRuntime.Dashboard;
using Mobula.RayRuntime.Head;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Node;

/// <summary>The process of one node: workers, objects, health; on the head also the cluster's state and the dashboard.</summary>
internal static class NodeProcess
{
    /// <summary>Runs until told to stop or the head is gone for too long; the exit code.</summary>
    public static async Task<int> RunAsync(NodeOptions options)
    {
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => { c.Cancel = true; stop.Cancel(); });
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => { c.Cancel = true; stop.Cancel(); });
        Cluster? cluster = null;
        Task? dashboard = null;
        if (options.Head)
        {
            cluster = new Cluster(TimeProvider.System, options.SessionName, AuthenticationToken.Current) { GcsAddress = $"{options.Ip}:{options.GcsPort}" };
            var shown = options.DashboardHost is "0.0.0.0" or "::" ? options.Ip : options.DashboardHost == "localhost" ? "127.0.0.1" : options.DashboardHost;
            cluster.DashboardAddress = $"{shown}:{options.DashboardPort}";
            var listener = new TcpListener(IPAddress.Any, options.GcsPort);
            listener.Start(512);
            _ = AcceptAsync(listener, cluster, stop.Token);
            dashboard = new DashboardServer(cluster, options).RunAsync(stop.Token);
            _ = TidyAsync(cluster, stop.Token);
        }
        await using var agent = new NodeAgent(options, TimeProvider.System);
        var http = new AgentServer(agent, options).RunAsync(stop.Token);
        var running = agent.RunAsync(stop.Token);
        await File.WriteAllTextAsync(Path.Combine(options.SessionDir, $"node_{options.NodeId}.json"), options.ToJson().ToJsonString(), CancellationToken.None);
        // Whatever ends first ends the node: a lost head, a port in use, or the signal.
        var first = await Task.WhenAny(running, http, dashboard ?? running);
        var failed = !stop.IsCancellationRequested;
        if (first.Exception is { } error) await Console.Error.WriteLineAsync(error.InnerException!.Message);
        await stop.CancelAsync();
        await agent.DrainAsync();
        return failed ? 1 : 0;
    }

    private static async Task AcceptAsync(TcpListener listener, Cluster cluster, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptSocketAsync(cancel);
                _ = cluster.ServeAsync(new Connection(socket));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                if (cancel.IsCancellationRequested) return;
            }
        }
    }

    private static async Task TidyAsync(Cluster cluster, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(5));
        try
        {
            while (await timer.WaitForNextTickAsync(cancel)) cluster.Tidy(TimeSpan.FromSeconds(10));
        }
        catch (OperationCanceledException) { }
    }

    /// <summary>The options of nodes of this machine that run, the newest session first.</summary>
    public static IEnumerable<NodeOptions> Local(string tempDir)
    {
        var latest = Path.Combine(tempDir, "session_latest");
        if (!Directory.Exists(latest)) yield break;
        foreach (var file in Directory.GetFiles(latest, "node_*.json"))
            if (JsonNode.Parse(File.ReadAllText(file)) is JsonObject o) yield return NodeOptions.From(o);
    }
}
