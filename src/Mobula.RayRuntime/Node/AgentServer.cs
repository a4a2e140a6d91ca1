using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Mobula.RayRuntime.Dashboard;

namespace Mobula.RayRuntime.Node;

/// <summary>What every node answers over HTTP: health for probes, metrics, and to other nodes its objects and job logs.</summary>
internal sealed class AgentServer(NodeAgent agent, NodeOptions options)
{
    private readonly BearerToken _token = new();

    public async Task RunAsync(CancellationToken cancel)
    {
        await using var app = HttpHost.Build(kestrel =>
        {
            kestrel.Listen(IPAddress.Any, options.AgentPort);
            if (options.MetricsPort != 0) kestrel.Listen(IPAddress.Any, options.MetricsPort);
        });
        app.Run(AnswerAsync);
        await app.StartAsync(cancel);
        try
        {
            await Task.Delay(Timeout.Infinite, cancel);
        }
        catch (OperationCanceledException) { }
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "/";
        var metrics = http.Connection.LocalPort == options.MetricsPort;
        if (metrics && path == "/metrics") await HttpAnswers.TextAsync(http, 200, Metrics(), "text/plain; version=0.0.4; charset=utf-8");
        else if (metrics) await HttpAnswers.TextAsync(http, 404, "404: Not Found");
        else if (path == "/api/local_raylet_healthz") await HttpAnswers.TextAsync(http, 200, "success", "application/text; charset=utf-8");
        else if (path == "/api/healthz")
            await HttpAnswers.TextAsync(http, 200, $"raylet: success\ngcs: success{(options.Head ? "" : " (no local gcs)")}", "application/text; charset=utf-8");
        else if (!_token.AllowsAgent(http.Request)) await HttpAnswers.TextAsync(http, 403, "Forbidden: Invalid authentication token");
        else if (path.StartsWith("/objects/", StringComparison.Ordinal) && ObjectFiles.PathOf(options.StoreDir, path["/objects/".Length..]) is { } file) await http.Response.SendFileAsync(file);
        else if (path.StartsWith("/logs/", StringComparison.Ordinal) && LogFile(path["/logs/".Length..]) is { } log) await CopyAsync(http, log);
        else await HttpAnswers.TextAsync(http, 404, "404: Not Found");
    }

    private string? LogFile(string name)
    {
        var file = Path.GetFullPath(Path.Combine(options.LogDir, name));
        return file.StartsWith(options.LogDir + "/", StringComparison.Ordinal) && File.Exists(file) ? file : null;
    }

    private static async Task CopyAsync(HttpContext http, string file)
    {
        await using var log = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (long.TryParse(http.Request.Query["offset"], out var offset)) log.Seek(Math.Min(offset, log.Length), SeekOrigin.Begin);
        await log.CopyToAsync(http.Response.Body, http.RequestAborted);
    }

    private string Metrics()
    {
        var text = new StringBuilder();
        var stats = new NodeStatistics().Read(options);
        var labels = $"{{NodeAddress=\"{options.Ip}\",SessionName=\"{options.SessionName}\",Version=\"{Versions.Ray}\",IsHeadNode=\"{(options.Head ? "true" : "false")}\"}}";
        void Gauge(string name, string help, string value) => text.Append($"# HELP {name} {help}\n# TYPE {name} gauge\n{name}{labels} {value}\n");
        Gauge("ray_node_cpu_count", "Total CPUs available on a ray node", stats["cpus"]!.ToJsonString());
        Gauge("ray_node_mem_total", "Total memory on a ray node", stats["mem_total"]!.ToJsonString());
        Gauge("ray_node_mem_available", "Memory available on a ray node", stats["mem_available"]!.ToJsonString());
        Gauge("ray_object_store_used_memory", "Bytes used by the object store of a ray node", stats["store_used"]!.ToJsonString());
        Gauge("ray_node_gcs_connected", "1 while the node is connected to the head", agent.Connected ? "1" : "0");
        return text.ToString();
    }
}
