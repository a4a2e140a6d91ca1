using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Mobula.RayRuntime.Head;
using Mobula.RayRuntime.Node;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Dashboard;

/// <summary>/nodes and /api/cluster_status.</summary>
internal sealed class NodesApi(Cluster cluster, NodeOptions options)
{
    public Task ListAsync(HttpContext http)
    {
        var view = http.Request.Query["view"].ToString();
        if (view.Equals("summary", StringComparison.OrdinalIgnoreCase))
            return HttpAnswers.ResultAsync(http, 200, true, "Node summary fetched.", cluster.WithNodes(nodes =>
            {
                var list = nodes.ToList();
                var logical = new JsonObject();
                foreach (var n in list.Where(n => n.Alive)) logical[n.Id] = Logical(n);
                return new JsonObject { ["summary"] = new JsonArray([.. list.Select(n => (JsonNode)Summary(n))]), ["nodeLogicalResources"] = logical };
            }));
        if (view.Equals("hostNameList", StringComparison.OrdinalIgnoreCase))
            return HttpAnswers.ResultAsync(http, 200, true, "Node hostname list fetched.", new JsonObject
            {
                ["hostNameList"] = cluster.WithNodes(nodes => JsonFields.ArrayOf(nodes.Where(n => n.Alive).Select(n => n.Host))),
            });
        return HttpAnswers.ResultAsync(http, 500, false, $"Unknown view {(view.Length == 0 ? "None" : view)}", new JsonObject());
    }

    public Task DetailAsync(HttpContext http, string id)
    {
        var detail = cluster.WithNodes(nodes => nodes.FirstOrDefault(n => n.Id == id) is { } n ? Summary(n) : null) ?? new JsonObject
        {
            ["raylet"] = new JsonObject { ["objectStoreUsedMemory"] = 0, ["objectStoreAvailableMemory"] = 0, ["stateMessage"] = null },
            ["tpus"] = new JsonArray(),
        };
        detail["actors"] = new JsonObject();
        detail["workers"] ??= new JsonArray();
        return HttpAnswers.ResultAsync(http, 200, true, "Node details fetched.", new JsonObject { ["detail"] = detail });
    }

    public Task StatusAsync(HttpContext http)
    {
        var text = cluster.ReadStatusText();
        if (http.Request.Query["format"] == "1") return HttpAnswers.ResultAsync(http, 200, true, "Got formatted cluster status.", new JsonObject { ["clusterStatus"] = text });
        return HttpAnswers.ResultAsync(http, 200, true, "Got cluster status.", new JsonObject { ["autoscalingStatus"] = text, ["autoscalingError"] = null, ["clusterStatus"] = new JsonObject() });
    }

    private static string Logical(NodeRecord n)
    {
        var lines = new List<string>();
        foreach (var name in n.Pool.Total.Names.Where(r => !r.StartsWith("node:", StringComparison.Ordinal) && !r.Contains("_store_", StringComparison.Ordinal) && r != "memory"))
            lines.Add($"{Cluster.Decimal(n.Pool.Total[name] - n.Pool.Free[name])}/{Cluster.Decimal(n.Pool.Total[name])} {name}");
        lines.Add($"{Cluster.Size(n.Pool.Total["memory"] - n.Pool.Free["memory"])}/{Cluster.Size(n.Pool.Total["memory"])} memory");
        lines.Add($"{Cluster.Size(n.StoreUsed)}/{Cluster.Size(n.Pool.Total["object_store_memory"])} object_store_memory");
        return string.Join('\n', lines);
    }

    private static string CamelCase(string resource) => resource switch
    {
        "object_store_memory" => "objectStoreMemory",
        "node:__internal_head__" => "node:InternalHead",
        _ => resource,
    };

    /// <summary>Rates that this runtime does not measure.</summary>
    private static JsonArray Zeros(int count) => new([.. Enumerable.Range(0, count).Select(_ => PythonJson.Float(0))]);

    private JsonObject Summary(NodeRecord n)
    {
        var total = n.Stats.Number("mem_total");
        var available = n.Stats.Number("mem_available");
        var load = n.Stats["load"]?.DeepClone() ?? new JsonArray(0.0, 0.0, 0.0);
        var resources = new JsonObject();
        foreach (var (name, value) in n.Pool.Total.ToJson()) resources[CamelCase(name)] = value!.DeepClone();
        return new()
        {
            ["now"] = PythonJson.Float(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0),
            ["hostname"] = n.Host,
            ["ip"] = n.Ip,
            ["cpu"] = PythonJson.Float(n.Stats.Real("cpu")),
            ["cpus"] = new JsonArray(n.Stats.Number("cpus"), n.Stats.Number("cpus")),
            ["mem"] = new JsonArray(total, available, PythonJson.Float(total == 0 ? 0 : Math.Round(100.0 * (total - available) / total, 1)), total - available),
            ["hostMem"] = new JsonArray(total, total - available),
            ["cgroupMem"] = new JsonArray(total, total - available),
            ["shm"] = n.Stats.Number("shmem"),
            ["raylet"] = new JsonObject
            {
                ["numWorkers"] = n.Workers.Count,
                ["storeStats"] = new JsonObject(),
                ["objectStoreUsedMemory"] = n.StoreUsed,
                ["objectStoreAvailableMemory"] = (long)n.Pool.Total["object_store_memory"] - n.StoreUsed,
                ["nodeId"] = n.Id,
                ["nodeManagerAddress"] = n.Ip,
                ["rayletSocketName"] = $"{n.SessionDir}/sockets/raylet",
                ["objectStoreSocketName"] = $"{n.SessionDir}/sockets/plasma_store",
                ["nodeManagerPort"] = n.AgentPort,
                ["objectManagerPort"] = n.AgentPort,
                ["nodeManagerHostname"] = n.Host,
                ["metricsExportPort"] = n.MetricsPort,
                ["resourcesTotal"] = resources,
                ["nodeName"] = n.Ip,
                ["startTimeMs"] = n.StartedAt.ToString(),
                ["isHeadNode"] = n.IsHead,
                ["runtimeEnvAgentPort"] = n.AgentPort,
                ["stateSnapshot"] = new JsonObject { ["state"] = "ACTIVE", ["idleDurationMs"] = "0", ["nodeActivity"] = new JsonArray() },
                ["metricsAgentPort"] = n.AgentPort,
                ["dashboardAgentListenPort"] = n.AgentPort,
                ["tempDir"] = options.TempDir,
                ["sessionDir"] = n.SessionDir,
                ["state"] = n.Alive ? "ALIVE" : "DEAD",
                ["instanceId"] = "",
                ["nodeTypeName"] = "",
                ["instanceTypeName"] = "",
                ["endTimeMs"] = n.EndedAt.ToString(),
                ["stateMessage"] = n.StateMessage,
                ["labels"] = n.Labels.DeepClone(),
            },
            ["workers"] = new JsonArray([.. n.Workers.Values.Select(w => (JsonNode)new JsonObject
            {
                ["pid"] = w.Pid,
                ["workerId"] = w.Id,
                ["jobId"] = w.JobId,
                ["name"] = w.Actor is { } a ? $"ray::{a.Class}" : w.Task is { } t ? $"ray::{t.Name}" : "ray::IDLE",
            })]),
            ["agent"] = new JsonObject { ["pid"] = n.Stats.Number("pid"), ["rss"] = n.Stats.Number("rss") },
            ["bootTime"] = PythonJson.Float(n.Stats.Number("boot")),
            ["loadAvg"] = new JsonArray(load, load.DeepClone()),
            ["disk"] = new JsonObject { ["/"] = new JsonObject { ["total"] = n.Stats.Number("disk_total"), ["free"] = n.Stats.Number("disk_free"), ["used"] = n.Stats.Number("disk_total") - n.Stats.Number("disk_free") } },
            ["diskIo"] = new JsonArray(0, 0, 0, 0),
            ["diskIoSpeed"] = Zeros(4),
            ["gpus"] = new JsonArray(),
            ["tpus"] = new JsonArray(),
            ["network"] = new JsonArray(0, 0),
            ["networkSpeed"] = Zeros(2),
            ["gcs"] = new JsonObject(),
            ["cmdline"] = new JsonArray(),
        };
    }
}
