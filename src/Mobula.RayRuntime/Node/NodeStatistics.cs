using System.Globalization;
using System.Text.Json.Nodes;

namespace Mobula.RayRuntime.Node;

/// <summary>How busy the machine is, from /proc.</summary>
internal sealed class NodeStatistics
{
    private long _busy, _total;

    public JsonObject Read(NodeOptions options)
    {
        var memory = new Dictionary<string, long>();
        foreach (var line in ReadLines("/proc/meminfo"))
        {
            var parts = line.Split(':', ' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length > 1 && long.TryParse(parts[1], out var kilobytes)) memory[parts[0]] = kilobytes << 10;
        }
        var load = (ReadLines("/proc/loadavg").FirstOrDefault() ?? "0 0 0").Split(' ');
        var disk = new DriveInfo(options.SessionDir);
        return new()
        {
            ["cpu"] = Processor(),
            ["cpus"] = Environment.ProcessorCount,
            ["mem_total"] = memory.GetValueOrDefault("MemTotal"),
            ["mem_available"] = memory.GetValueOrDefault("MemAvailable"),
            ["shmem"] = memory.GetValueOrDefault("Shmem"),
            ["load"] = new JsonArray([.. load.Take(3).Select(l => (JsonNode)double.Parse(l, CultureInfo.InvariantCulture))]),
            ["disk_total"] = disk.TotalSize,
            ["disk_free"] = disk.AvailableFreeSpace,
            ["store_used"] = ObjectFiles.Used(options.StoreDir),
            ["boot"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - Environment.TickCount64 / 1000,
            ["pid"] = Environment.ProcessId,
            ["rss"] = Environment.WorkingSet,
        };
    }

    private double Processor()
    {
        var fields = (ReadLines("/proc/stat").FirstOrDefault() ?? "cpu 0 0 0 0").Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(f => long.TryParse(f, out var n) ? n : 0).ToArray();
        var total = fields.Sum();
        var busy = total - fields.ElementAtOrDefault(3) - fields.ElementAtOrDefault(4);
        var percent = total > _total ? 100.0 * (busy - _busy) / (total - _total) : 0;
        (_busy, _total) = (busy, total);
        return Math.Round(percent, 1);
    }

    private static IEnumerable<string> ReadLines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (IOException)
        {
            return [];
        }
    }
}
