using System.Diagnostics;
using Mobula.Client;

namespace Mobula.ClusterBenchmarks;

/// <summary>From the command to a server that answers, and to a namespace in which pods can be made.</summary>
internal static class StartMeasurement
{
    private const int Runs = 5;

    public static async Task RunAsync(BenchmarkCluster first)
    {
        var ready = new List<double> { first.CreateTime.TotalMilliseconds };
        var account = new List<double> { await ServiceAccountAsync(first) };
        for (var i = 1; i < Runs; i++)
        {
            await using var cluster = await BenchmarkCluster.CreateAsync(withNode: false);
            ready.Add(cluster.CreateTime.TotalMilliseconds);
            account.Add(await ServiceAccountAsync(cluster));
        }
        Console.WriteLine($"  ready                   {Figures.Spread(ready)} ms");
        Console.WriteLine($"  default ServiceAccount  {Figures.Spread(account)} ms");
    }

    private static async Task<double> ServiceAccountAsync(BenchmarkCluster cluster)
    {
        var api = cluster.Connection.CreateApi("bench");
        while (await api.FindAsync(Resources.ServiceAccounts, "default", "default") is null) await Task.Delay(2);
        return Stopwatch.GetElapsedTime(cluster.Began).TotalMilliseconds;
    }
}
