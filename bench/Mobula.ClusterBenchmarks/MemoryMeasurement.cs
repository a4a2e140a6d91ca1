using System.Text.Json.Nodes;
using Mobula.Client;

namespace Mobula.ClusterBenchmarks;

/// <summary>The server's memory: idle, with 10,000 pods, and after each was updated five times.</summary>
internal static class MemoryMeasurement
{
    private const int Pods = 10_000;
    private const int Updates = 5;

    public static async Task RunAsync(BenchmarkCluster cluster)
    {
        await Task.Delay(TimeSpan.FromSeconds(3));
        Console.WriteLine($"  idle               {cluster.MemoryMiB,8:0} MiB");
        await CreateMeasurement.CreateAsync(cluster, Resources.Pods, Samples.Pod, 32, Pods, "p");
        Console.WriteLine($"  10,000 pods        {cluster.MemoryMiB,8:0} MiB");
        var api = cluster.Connection.CreateApi("bench");
        for (var update = 0; update < Updates; update++)
        {
            var patch = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["update"] = $"{update}" } } };
            await Parallel.ForAsync(0, Pods, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, c) => await api.PatchAsync(Resources.Pods, "default", $"p-32-{i}", PatchType.Merge, patch, cancellation: c));
        }
        Console.WriteLine($"  after {Updates} updates    {cluster.MemoryMiB,8:0} MiB");
        await Task.Delay(TimeSpan.FromSeconds(20));
        Console.WriteLine($"  20 s later         {cluster.MemoryMiB,8:0} MiB");
    }
}
