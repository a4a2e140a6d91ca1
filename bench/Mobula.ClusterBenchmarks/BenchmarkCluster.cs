using System.Diagnostics;
using System.Globalization;
using Mobula.Client;

namespace Mobula.ClusterBenchmarks;

/// <summary>A cluster of its own for one measurement: the native program, as people run it.</summary>
internal sealed class BenchmarkCluster : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mobula-bench-").FullName;
    private readonly string _name = $"bench{Environment.ProcessId}";
    private int _pid;

    private BenchmarkCluster()
    {
    }

    /// <summary>How long <c>mobula create cluster</c> took.</summary>
    public TimeSpan CreateTime { get; private set; }

    /// <summary>The moment before <c>mobula create cluster</c> was called.</summary>
    public long Began { get; private set; }

    public KubernetesConnection Connection => KubernetesConnection.FromKubeconfig(Path.Combine(_folder, "kubeconfig"));

    public static async Task<BenchmarkCluster> CreateAsync(bool withNode)
    {
        var cluster = new BenchmarkCluster { Began = Stopwatch.GetTimestamp() };
        await cluster.MobulaAsync("create", "cluster", "--node", withNode ? "containerd" : "none");
        cluster.CreateTime = Stopwatch.GetElapsedTime(cluster.Began);
        cluster._pid = int.Parse(await File.ReadAllTextAsync(Path.Combine(cluster._folder, "data", "clusters", cluster._name, "server.pid")), CultureInfo.InvariantCulture);
        return cluster;
    }

    /// <summary>The CPU time the server has used so far, user and system.</summary>
    public TimeSpan CpuTime => Process.GetProcessById(_pid).TotalProcessorTime;

    /// <summary>The server's own memory (proportional set size), in MiB.</summary>
    public double MemoryMiB
    {
        get
        {
            var line = File.ReadLines($"/proc/{_pid}/smaps_rollup").First(l => l.StartsWith("Pss:", StringComparison.Ordinal));
            return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        }
    }

    public Task LoadImagesAsync(params IEnumerable<string> archives) => MobulaAsync(["load", "image-archive", .. archives]);

    public async ValueTask DisposeAsync()
    {
        await MobulaAsync("delete", "cluster");
        Directory.Delete(_folder, recursive: true);
    }

    private async Task MobulaAsync(params IEnumerable<string> arguments)
    {
        var program = Environment.GetEnvironmentVariable("MOBULA_PROGRAM") ?? throw new InvalidOperationException("MOBULA_PROGRAM must name the native program; ./bench/run sets it");
        using var process = Process.Start(new ProcessStartInfo(program, [.. arguments, "--name", _name])
        {
            Environment = { ["KUBECONFIG"] = Path.Combine(_folder, "kubeconfig"), ["MOBULA_DATA_DIR"] = Path.Combine(_folder, "data") },
            RedirectStandardError = true,
        })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"mobula {string.Join(' ', arguments)}: {error}");
    }
}
