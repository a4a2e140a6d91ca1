using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Mobula.RayRuntime.Head;

// What the state API, the dashboard and `ray status` show.
internal sealed partial class Cluster
{
    public JsonObject Read(string kind)
    {
        lock (_gate) return State(kind);
    }

    private JsonObject State(string kind) => new()
    {
        ["items"] = new JsonArray([.. kind switch
        {
            "nodes" => _nodes.Values.Select(NodeEntry),
            "actors" => _actors.Values.Select(ActorEntry),
            "tasks" => _history.Select(TaskEntry),
            "workers" => _workers.Values.Select(WorkerEntry),
            "objects" => _objects.Values.Where(o => o.Actor is null).Select(o => (JsonNode)new JsonObject { ["object_id"] = o.Id, ["object_size"] = o.Size, ["task_status"] = o.State == ObjectState.Pending ? "PENDING" : "FINISHED", ["reference_type"] = "LOCAL_REFERENCE" }),
            "placement_groups" => _groups.Values.Select(g => (JsonNode)new JsonObject { ["placement_group_id"] = g.Id, ["name"] = g.Name, ["creator_job_id"] = g.JobId, ["state"] = g.State }),
            "jobs" => _submissions.Values.Concat(_driverJobs.Values.Where(j => j.SubmissionId is null)).Select(j => (JsonNode)JobJson(j, redact: false)),
            _ => [],
        }]),
    };

    private static JsonNode NodeEntry(NodeRecord n) => new JsonObject
    {
        ["node_id"] = n.Id,
        ["node_ip"] = n.Ip,
        ["is_head_node"] = n.IsHead,
        ["state"] = n.Alive ? "ALIVE" : "DEAD",
        ["state_message"] = n.StateMessage,
        ["node_name"] = n.Ip,
        ["resources_total"] = n.Pool.Total.ToJson(),
        ["labels"] = n.Labels.DeepClone(),
        ["start_time_ms"] = n.StartedAt,
        ["end_time_ms"] = n.EndedAt,
    };

    private static JsonNode ActorEntry(ActorRecord a) => new JsonObject
    {
        ["actor_id"] = a.Id,
        ["class_name"] = a.Class,
        ["state"] = a.State,
        ["job_id"] = a.JobId,
        ["name"] = a.Name,
        ["node_id"] = a.NodeId,
        ["pid"] = a.Pid,
        ["ray_namespace"] = a.Namespace,
    };

    private static JsonNode TaskEntry(TaskRecord t) => new JsonObject
    {
        ["task_id"] = t.Id,
        ["attempt_number"] = t.Attempt,
        ["name"] = t.Kind == TaskKind.ActorCreation && t.Actor!.Name != "" ? $"{t.Actor.Name}:{t.Function}" : t.Name,
        ["state"] = t.State,
        ["job_id"] = t.JobId,
        ["actor_id"] = t.Actor?.Id,
        ["type"] = t.Kind switch { TaskKind.Normal => "NORMAL_TASK", TaskKind.ActorCreation => "ACTOR_CREATION_TASK", _ => "ACTOR_TASK" },
        ["func_or_class_name"] = t.Function,
        ["parent_task_id"] = t.Submitter.Worker?.Task?.Id ?? new string('f', 40) + t.JobId,
        ["node_id"] = t.NodeId == "" ? null : t.NodeId,
        ["worker_id"] = t.Worker?.Id,
        ["worker_pid"] = t.Worker?.Pid,
        ["error_type"] = t.ErrorType,
        ["error_message"] = t.ErrorMessage,
        ["language"] = "PYTHON",
        ["required_resources"] = t.Demand.ToJson(),
        ["runtime_env_info"] = t.Environment.DeepClone(),
        ["placement_group_id"] = null,
        ["creation_time_ms"] = t.CreatedAt,
        ["start_time_ms"] = t.StartedAt == 0 ? null : t.StartedAt,
        ["end_time_ms"] = t.EndedAt == 0 ? null : t.EndedAt,
    };

    private static JsonNode WorkerEntry(WorkerRecord w) => new JsonObject
    {
        ["worker_id"] = w.Id,
        ["is_alive"] = w.State != WorkerState.Dead,
        ["worker_type"] = "WORKER",
        ["exit_type"] = null,
        ["node_id"] = w.Node.Id,
        ["ip"] = w.Node.Ip,
        ["pid"] = w.Pid,
        ["name"] = w.Actor is { } a ? $"ray::{a.Class}" : w.Task is { } t ? $"ray::{t.Name}" : "ray::IDLE",
        ["job_id"] = w.JobId,
    };

    public static JsonObject JobJson(JobRecord j, bool redact)
    {
        var submission = j.SubmissionId is not null;
        var environment = (JsonObject?)j.RuntimeEnv?.DeepClone();
        if (redact && environment?["env_vars"] is JsonObject variables)
            foreach (var name in variables.Select(v => v.Key).ToArray()) variables[name] = "<redacted>";
        return new()
        {
            ["type"] = submission ? "SUBMISSION" : "DRIVER",
            ["job_id"] = j.JobId,
            ["submission_id"] = j.SubmissionId,
            ["driver_info"] = j.JobId is null ? null : new JsonObject { ["id"] = j.JobId, ["node_ip_address"] = j.DriverIp, ["pid"] = j.DriverPid.ToString(CultureInfo.InvariantCulture) },
            ["status"] = j.Status,
            ["entrypoint"] = j.Entrypoint,
            ["message"] = j.Message,
            ["error_type"] = j.ErrorType,
            ["start_time"] = j.StartTime,
            ["end_time"] = j.EndTime is { } end ? end : submission ? null : 0,
            ["metadata"] = j.Metadata?.DeepClone(),
            ["runtime_env"] = environment,
            ["driver_agent_http_address"] = submission && j.Node is { } n ? $"http://{n.Ip}:{n.AgentPort}" : null,
            ["driver_node_id"] = submission ? j.Node?.Id : null,
            ["driver_exit_code"] = j.ExitCode,
        };
    }

    public T WithNodes<T>(Func<IEnumerable<NodeRecord>, T> read)
    {
        lock (_gate) return read(_nodes.Values);
    }

    public string ReadStatusText()
    {
        lock (_gate) return StatusText();
    }

    private string StatusText()
    {
        var text = new StringBuilder();
        var time = clock.GetLocalNow().ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        text.Append(CultureInfo.InvariantCulture, $"======== Autoscaler status: {time} ========\nNode status\n---------------------------------------------------------------\nActive:\n");
        var alive = _nodes.Values.Where(n => n.Alive).ToList();
        foreach (var n in alive) text.Append(CultureInfo.InvariantCulture, $" 1 node_{n.Id}\n");
        if (alive.Count == 0) text.Append(" (no active nodes)\n");
        text.Append("Pending:\n (no pending nodes)\nRecent failures:\n (no failures)\n\nResources\n---------------------------------------------------------------\nTotal Usage:\n");
        var total = Total(n => n.Pool.Total);
        var free = Total(n => n.Pool.Free);
        foreach (var name in total.Names.Where(n => !n.StartsWith("node:", StringComparison.Ordinal) && !n.Contains("_store_", StringComparison.Ordinal) && n != "memory").Order(StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $" {Decimal(total[name] - free[name])}/{Decimal(total[name])} {name}\n");
        text.Append(CultureInfo.InvariantCulture, $" {Size(total["memory"] - free["memory"])}/{Size(total["memory"])} memory\n");
        text.Append(CultureInfo.InvariantCulture, $" {Size(alive.Sum(n => n.StoreUsed))}/{Size(total["object_store_memory"])} object_store_memory\n");
        text.Append("\nFrom request_resources:\n (none)\nPending Demands:\n");
        var demands = _lines.Values.Select(l => (l.First!.Value.Demand, l.Count)).Concat(_submissions.Values.Where(j => j.Status == "PENDING" && j.Node is null).Select(j => (j.Demand, 1))).ToList();
        foreach (var (demand, count) in demands) text.Append(CultureInfo.InvariantCulture, $" {PythonDictionary(demand)}: {count}+ pending tasks/actors\n");
        if (demands.Count == 0) text.Append(" (no resource demands)\n");
        return text.ToString().TrimEnd('\n');
    }

    private static string PythonDictionary(ResourceSet demand) => "{" + string.Join(", ", demand.Names.Select(n => $"'{n}': {Decimal(demand[n])}")) + "}";

    internal static string Decimal(double value) => value == Math.Floor(value) ? value.ToString("0.0", CultureInfo.InvariantCulture) : value.ToString("0.####", CultureInfo.InvariantCulture);

    internal static string Size(double bytes) => bytes switch
    {
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1L << 30):0.00}GiB"),
        >= 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 20):0.00}MiB"),
        >= 1 << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 10):0.00}KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes:0}B"),
    };
}
