using System.Diagnostics;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.ClusterBenchmarks;

/// <summary>Creates that are on disk before they are answered, from several clients at once.</summary>
internal static class CreateMeasurement
{
    private static readonly int[] ClientCounts = [1, 16, 64];

    public static async Task RunAsync(BenchmarkCluster cluster)
    {
        foreach (var (resource, make) in new (GroupVersionResource, Func<string, JsonObject>)[] { (Resources.ConfigMaps, Samples.ConfigMap), (Resources.Pods, Samples.Pod) })
        {
            foreach (var clients in ClientCounts)
            {
                var count = clients == 1 ? 500 : 4000;
                await CreateAsync(cluster, resource, make, clients, count / 10, "warm");
                var cpu = cluster.CpuTime;
                var began = Stopwatch.GetTimestamp();
                await CreateAsync(cluster, resource, make, clients, count, "n");
                Console.WriteLine($"  {resource.Resource,-11} {clients,3} clients  {Figures.Rate(count, Stopwatch.GetElapsedTime(began), cluster.CpuTime - cpu)}");
            }
        }
    }

    public static async Task CreateAsync(BenchmarkCluster cluster, GroupVersionResource resource, Func<string, JsonObject> make, int clients, int count, string prefix)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            // A connection each, as separate programs would have.
            using var http = cluster.Connection.CreateHttpClient();
            var api = new KubernetesApi(http, "bench");
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next)) await api.CreateAsync(resource, make($"{prefix}-{clients}-{i}"));
        })));
    }
}
