using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.RayRuntime.Dashboard;
using Mobula.RayRuntime.Head;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Commands;

/// <summary>`ray list nodes|actors|tasks|jobs|workers|placement-groups|objects`.</summary>
internal static class ListCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        var a = Arguments.Parse(args, ["--address", "--format", "--limit", "--filter", "-f", "--timeout"], ["--detail", "-d"]);
        if (a.Positional is not [var kind]) throw new UsageException("Missing argument 'RESOURCE'.");
        var path = kind.Replace('-', '_');
        if (!StateApi.Knows(path)) throw new UsageException($"Invalid value for '[nodes|actors|tasks|jobs|workers|placement-groups|objects]': '{kind}'.");
        var query = $"limit={a.Integer("--limit") ?? 100}{(a.Has("--detail") || a.Has("-d") ? "&detail=1" : "")}";
        if (a.Value("--filter", "-f") is { } filter)
        {
            var not = filter.Contains("!=", StringComparison.Ordinal);
            var parts = filter.Split(not ? "!=" : "=", 2);
            query += $"&filter_keys={Uri.EscapeDataString(parts[0])}&filter_predicates={(not ? "!%3D" : "%3D")}&filter_values={Uri.EscapeDataString(parts[^1])}";
        }
        using var http = new HttpClient { BaseAddress = await ClusterAddress.DashboardAsync(a.Value("--address")) };
        JsonObject answer;
        try
        {
            answer = JsonNode.Parse(await http.GetStringAsync($"api/v0/{path}?{query}"))!.AsObject();
        }
        catch (HttpRequestException)
        {
            throw new ConnectionException($"Failed to connect to Ray at address: {http.BaseAddress.ToString().TrimEnd('/')}.");
        }
        var rows = answer.Object("data").Object("result")["result"] as JsonArray ?? [];
        foreach (var row in rows.Select(r => r!.AsObject()))
            if (row["resources_total"] is JsonObject resources)
                foreach (var name in resources.Select(r => r.Key).ToArray())
                    if (name.EndsWith("memory", StringComparison.Ordinal)) resources[name] = string.Create(CultureInfo.InvariantCulture, $"{resources.Real(name) / (1 << 30):0.000} GiB");
        if (a.Value("--format") == "json") Console.WriteLine(PythonJson.Write(rows));
        else Console.Write(Table(rows));
        return 0;
    }

    private static string Table(JsonArray rows)
    {
        var text = new StringBuilder();
        var time = DateTime.Now.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        text.Append(CultureInfo.InvariantCulture, $"\n======== List: {time} ========\nStats:\n{new string('-', 30)}\nTotal: {rows.Count}\n\nTable:\n{new string('-', 30)}\n");
        if (rows.Count == 0) return text.Append('\n').ToString();
        var columns = rows[0]!.AsObject().Select(f => f.Key).ToArray();
        var cells = rows.Select(r => columns.Select(c => Cell(r![c])).ToArray()).ToList();
        var widths = columns.Select((c, i) => cells.SelectMany(r => r[i]).Append(c).Max(s => s.Length)).ToArray();
        var index = (rows.Count - 1).ToString(CultureInfo.InvariantCulture).Length;
        void Line(string first, Func<int, string> cell) => text.Append("    " + first.PadLeft(index) + "  " + string.Join("  ", columns.Select((_, i) => cell(i).PadRight(widths[i])))).Length -= 0;
        Line("", i => columns[i].ToUpperInvariant());
        text.Append('\n');
        for (var r = 0; r < cells.Count; r++)
            for (var line = 0; line < cells[r].Max(c => c.Length); line++)
            {
                var (row, part) = (cells[r], line);
                Line(line == 0 ? r.ToString(CultureInfo.InvariantCulture) : "", i => part < row[i].Length ? row[i][part] : "");
                text.Append('\n');
            }
        return text.Append('\n').ToString();
    }

    private static string[] Cell(JsonNode? value) => value switch
    {
        JsonObject o => o.Count == 0 ? ["{}"] : [.. o.Select(f => $"{f.Key}: {Cell(f.Value)[0]}")],
        JsonValue v when v.GetValueKind() == JsonValueKind.String => [v.GetValue<string>()],
        JsonValue v when v.GetValueKind() is JsonValueKind.True or JsonValueKind.False => [v.GetValue<bool>() ? "True" : "False"],
        null => [""],
        _ => [value.ToJsonString()],
    };
}
