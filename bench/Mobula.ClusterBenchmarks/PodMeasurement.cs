using System.Diagnostics;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.ClusterBenchmarks;

/// <summary>From the create of a pod to its status Running, in real containers.</summary>
internal static class PodMeasurement
{
    private const int Single = 10;
    private const int AtOnce = 50;

    public static async Task RunAsync(BenchmarkCluster cluster)
    {
        var api = cluster.Connection.CreateApi("bench");
        await UntilAsync(api, Resources.Nodes, null, o => o.Objects("status", "conditions").Any(c => c.Text("type") == "Ready" && c.Text("status") == "True"), 1);
        while (await api.FindAsync(Resources.ServiceAccounts, "default", "default") is null) await Task.Delay(5);
        var times = new List<double>();
        for (var i = 0; i <= Single; i++)
        {
            var took = await MeasureAsync(api, $"one-{i}", 1);
            // The first one warms the node up.
            if (i > 0) times.Add(took);
        }
        Console.WriteLine($"  one           {Figures.Spread(times)} ms");
        Console.WriteLine($"  {AtOnce} at once    {await MeasureAsync(api, "many", AtOnce) / 1000:0.0} s until all run");
    }

    private static async Task<double> MeasureAsync(KubernetesApi api, string prefix, int count)
    {
        var began = Stopwatch.GetTimestamp();
        var running = UntilAsync(api, Resources.Pods, "default", o => o.Name.StartsWith(prefix, StringComparison.Ordinal) && o.Text("status", "phase") == "Running", count);
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => api.CreateAsync(Resources.Pods, Samples.Pod($"{prefix}-{i}"))));
        await running;
        var took = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        var gone = Enumerable.Range(0, count).Select(i => api.DeleteAsync(Resources.Pods, "default", $"{prefix}-{i}"));
        await Task.WhenAll(gone);
        while ((await api.ListAsync(Resources.Pods, "default")).Objects("items").Any()) await Task.Delay(20);
        return took;
    }

    private static async Task UntilAsync(KubernetesApi api, GroupVersionResource resource, string? ns, Func<System.Text.Json.Nodes.JsonObject, bool> holds, int count)
    {
        var list = await api.ListAsync(resource, ns);
        var names = list.Objects("items").Where(holds).Select(o => o.Name).ToHashSet();
        if (names.Count >= count) return;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await foreach (var e in api.WatchAsync(resource, ns, list.Text("metadata", "resourceVersion")!, cancellation: patience.Token))
        {
            if (e.Type is "ADDED" or "MODIFIED" && holds(e.Object) && names.Add(e.Object.Name) && names.Count >= count) return;
        }
    }
}
