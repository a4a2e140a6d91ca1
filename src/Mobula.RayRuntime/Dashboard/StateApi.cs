using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Mobula.RayRuntime.Head;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Dashboard;

/// <summary>The state API, /api/v0/…: lists with filters, a limit and detail, and the summary of tasks.</summary>
internal sealed class StateApi(Cluster cluster)
{
    private const int DefaultLimit = 100, GreatestLimit = 10_000;
    private static readonly string[] Kinds = ["nodes", "actors", "tasks", "workers", "objects", "placement_groups", "jobs", "runtime_envs"];
    private static readonly string[] Details =
    [
        "start_time_ms", "end_time_ms", "creation_time_ms", "language", "required_resources", "runtime_env_info", "error_message", "placement_group_id",
    ];

    public static bool Knows(string path) => Kinds.Contains(path) || path is "tasks/summarize" or "actors/summarize" or "objects/summarize";

    public async Task RouteAsync(HttpContext http, string path)
    {
        var query = http.Request.Query;
        var keys = query["filter_keys"].ToArray();
        var predicates = query["filter_predicates"].ToArray();
        var values = query["filter_values"].ToArray();
        if (keys.Length != predicates.Length || keys.Length != values.Length)
        {
            await HttpAnswers.InternalErrorAsync(http);
            return;
        }
        var limit = DefaultLimit;
        if (query["limit"].ToString() is { Length: > 0 } given && !int.TryParse(given, out limit))
        {
            await RefuseAsync(http, $"invalid literal for int() with base 10: '{given}'");
            return;
        }
        if (limit > GreatestLimit)
        {
            await RefuseAsync(http, $"Given limit {limit} exceeds the supported limit {GreatestLimit}. Use a lower limit, or set the `RAY_MAX_LIMIT_FROM_API_SERVER` environment variable to a larger value.");
            return;
        }
        if (predicates.FirstOrDefault(p => p is not ("=" or "!=")) is { } odd)
        {
            await RefuseAsync(http, $"Unsupported filter predicate {odd} is given. Available predicates: =, !=.");
            return;
        }
        var kind = path.Split('/')[0];
        var all = ((JsonArray)cluster.Read(kind)["items"]!).Select(i => i!.AsObject()).ToList();
        foreach (var key in keys)
            if (all.Count > 0 && !all[0].ContainsKey(key!))
            {
                await RefuseAsync(http, $"Invalid filter key {key} for the resource {kind}. Available keys: {string.Join(", ", all[0].Select(f => f.Key))}.");
                return;
            }
        // Tasks are counted after the job filter, which real Ray applies at the source; other kinds count all there are.
        var before = kind == "tasks" ? Filter(all, keys, predicates, values, only: k => k is "job_id" or "name" or "task_id" or "actor_id" or "state") : all;
        var matching = Filter(before, keys, predicates, values, only: _ => true);
        if (path.EndsWith("/summarize", StringComparison.Ordinal))
        {
            await SummariseAsync(http, matching);
            return;
        }
        var detail = query["detail"].ToString() is "1" or "true" or "True";
        var shown = matching.Take(limit).Select(i => (JsonNode)Shape(kind, i, detail)).ToArray();
        await AnswerAsync(http, kind is "tasks" ? before.Count : all.Count, kind is "tasks" ? before.Count : Math.Min(before.Count, matching.Count), matching.Count, new JsonArray(shown));
    }

    private static List<JsonObject> Filter(List<JsonObject> items, string?[] keys, string?[] predicates, string?[] values, Func<string, bool> only) =>
        [.. items.Where(item =>
        {
            for (var i = 0; i < keys.Length; i++)
            {
                if (!only(keys[i]!)) continue;
                var text = item[keys[i]!] is JsonValue v ? v.TryGetValue(out string? s) ? s : v.ToJsonString() : "";
                if (string.Equals(text, values[i], StringComparison.OrdinalIgnoreCase) != (predicates[i] == "=")) return false;
            }
            return true;
        })];

    private static JsonObject Shape(string kind, JsonObject item, bool detail)
    {
        var shape = (JsonObject)item.DeepClone();
        if (!detail && kind is not "jobs")
        {
            foreach (var name in Details)
                if (name is not "placement_group_id" || kind != "placement_groups") shape.Remove(name);
        }
        else if (kind == "tasks")
        {
            shape["runtime_env_info"] = new JsonObject
            {
                ["serialized_runtime_env"] = PythonJson.Write(item.Object("runtime_env_info")),
                ["runtime_env_config"] = new JsonObject { ["setup_timeout_seconds"] = 600, ["eager_install"] = true, ["log_files"] = new JsonArray() },
            };
            foreach (var (name, value) in new (string, JsonNode?)[] { ("is_debugger_paused", null), ("call_site", null), ("label_selector", new JsonObject()), ("fallback_strategy", new JsonObject { ["options"] = new JsonArray() }) })
                shape[name] = value;
            foreach (var time in new[] { "creation_time_ms", "start_time_ms", "end_time_ms" })
                if (shape[time] is JsonValue t && t.TryGetValue(out long ms)) shape[time] = ms + 0.001;
            shape["events"] = new JsonArray();
            shape["profiling_data"] = new JsonObject();
            shape["task_log_info"] = null;
        }
        return shape;
    }

    private static Task SummariseAsync(HttpContext http, List<JsonObject> tasks)
    {
        var summary = new JsonObject();
        foreach (var group in tasks.GroupBy(t => t.Text("name")))
        {
            var states = new JsonObject();
            foreach (var state in group.GroupBy(t => t.Text("state"))) states[state.Key] = state.Count();
            summary[group.Key] = new JsonObject
            {
                ["func_or_class_name"] = group.First().Text("type") == "ACTOR_CREATION_TASK" ? group.Key : group.First().Text("func_or_class_name"),
                ["type"] = group.First().Text("type"),
                ["state_counts"] = states,
            };
        }
        int Count(string type) => tasks.Count(t => t.Text("type") == type);
        var result = new JsonObject
        {
            ["node_id_to_summary"] = new JsonObject
            {
                ["cluster"] = new JsonObject
                {
                    ["summary"] = summary,
                    ["total_tasks"] = Count("NORMAL_TASK"),
                    ["total_actor_tasks"] = Count("ACTOR_TASK"),
                    ["total_actor_scheduled"] = Count("ACTOR_CREATION_TASK"),
                    ["summary_by"] = "func_name",
                },
            },
        };
        return AnswerAsync(http, tasks.Count, tasks.Count, tasks.Count, result);
    }

    private static Task AnswerAsync(HttpContext http, int total, int truncated, int filtered, JsonNode result) =>
        HttpAnswers.ResultAsync(http, 200, true, "", new JsonObject
        {
            ["result"] = new JsonObject
            {
                ["total"] = total,
                ["num_after_truncation"] = truncated,
                ["num_filtered"] = filtered,
                ["result"] = result,
                ["partial_failure_warning"] = "",
                ["warnings"] = null,
            },
        });

    private static Task RefuseAsync(HttpContext http, string message) => HttpAnswers.ResultAsync(http, 400, false, message, new JsonObject { ["result"] = null });
}
