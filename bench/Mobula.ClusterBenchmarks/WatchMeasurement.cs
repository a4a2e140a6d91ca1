using System.Diagnostics;
using Mobula.Client;

namespace Mobula.ClusterBenchmarks;

/// <summary>How fast events reach a thousand watchers.</summary>
internal static class WatchMeasurement
{
    private const int Watchers = 1000;
    private const int Writes = 200;

    public static async Task RunAsync(BenchmarkCluster cluster)
    {
        var api = cluster.Connection.CreateApi("bench");
        var list = await api.ListAsync(Resources.ConfigMaps, "default");
        var revision = Mobula.Kubernetes.ObjectAccess.Text(list, "metadata", "resourceVersion")!;
        using var stop = new CancellationTokenSource();
        using var http = cluster.Connection.CreateHttpClient();
        var received = 0;
        var all = new TaskCompletionSource();
        var open = new CountdownEvent(Watchers);
        for (var i = 0; i < Watchers; i++) _ = WatchAsync();
        await Task.Run(() => open.Wait(TimeSpan.FromSeconds(60)));

        var cpu = cluster.CpuTime;
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < Writes; i++) await api.CreateAsync(Resources.ConfigMaps, Samples.ConfigMap($"w-{i}"));
        await all.Task.WaitAsync(TimeSpan.FromSeconds(120));
        Console.WriteLine($"  {Watchers} watchers, {Writes} writes  {Figures.Rate(Watchers * Writes, Stopwatch.GetElapsedTime(began), cluster.CpuTime - cpu)}");
        await stop.CancelAsync();

        async Task WatchAsync()
        {
            var buffer = new byte[1 << 15];
            var path = $"{Resources.ConfigMaps.Path("default")}?watch=true&resourceVersion={revision}";
            using var response = await http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            open.Signal();
            var stream = await response.Content.ReadAsStreamAsync(stop.Token);
            // Only lines are counted: parsing here would measure this program.
            for (var read = await stream.ReadAsync(buffer, stop.Token); read > 0; read = await stream.ReadAsync(buffer, stop.Token))
            {
                if (Interlocked.Add(ref received, buffer.AsSpan(0, read).Count((byte)'\n')) >= Watchers * Writes) all.TrySetResult();
            }
        }
    }
}
