using System.Diagnostics;
using Mobula.Client;

namespace Mobula.ClusterBenchmarks;

/// <summary>A whole list of 10,000 pods.</summary>
internal static class ListMeasurement
{
    private const int Pods = 10_000;
    private const int Runs = 5;

    public static async Task RunAsync(BenchmarkCluster cluster)
    {
        await CreateMeasurement.CreateAsync(cluster, Resources.Pods, Samples.Pod, 32, Pods, "p");
        using var http = cluster.Connection.CreateHttpClient();
        foreach (var (title, accept) in new[] { ("JSON", "application/json"), ("Table", "application/json;as=Table;v=v1;g=meta.k8s.io") })
        {
            var times = new List<double>();
            var cpu = cluster.CpuTime;
            long bytes = 0;
            for (var i = 0; i < Runs; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, Resources.Pods.Path("default"));
                request.Headers.TryAddWithoutValidation("Accept", accept);
                var began = Stopwatch.GetTimestamp();
                using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                response.EnsureSuccessStatusCode();
                bytes = await CountAsync(await response.Content.ReadAsStreamAsync());
                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
            Console.WriteLine($"  {title,-6} {Figures.Spread(times)} ms  {(cluster.CpuTime - cpu).TotalMilliseconds / Runs:0.0} ms CPU each, {bytes / 1048576.0:0.0} MiB");
        }
    }

    private static async Task<long> CountAsync(Stream stream)
    {
        var buffer = new byte[1 << 16];
        long count = 0;
        for (var read = await stream.ReadAsync(buffer); read > 0; read = await stream.ReadAsync(buffer)) count += read;
        return count;
    }
}
