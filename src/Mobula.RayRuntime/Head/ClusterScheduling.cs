using System.Text.Json.Nodes;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Head;

// Which task goes where: tasks of the same shape (job, resources, strategy, environment) wait in one line, so that a
// pass costs as much as there are shapes, not tasks.
internal sealed partial class Cluster
{
    private const int MostStartingWorkers = 8;
    private readonly Dictionary<string, LinkedList<TaskRecord>> _lines = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WorkerRecord> _workers = new(StringComparer.Ordinal);
    private int _spread;

    private void Enqueue(TaskRecord task)
    {
        if (!_lines.TryGetValue(task.Shape, out var line)) _lines[task.Shape] = line = new();
        line.AddLast(task);
    }

    private void Dequeue(TaskRecord task)
    {
        if (_lines.TryGetValue(task.Shape, out var line) && line.Remove(task) && line.Count == 0) _lines.Remove(task.Shape);
    }

    private void Schedule()
    {
        PlaceGroups();
        StartWaitingJobs();
        foreach (var (shape, line) in _lines.ToArray())
        {
            while (line.First?.Value is { } task && TryPlace(task)) line.RemoveFirst();
            if (line.Count == 0) _lines.Remove(shape);
        }
    }

    /// <summary>True when the task has left the line: given to a worker, or refused for good.</summary>
    private bool TryPlace(TaskRecord task)
    {
        if (task.Finished) return true;
        if (Choose(task, out var refusal) is not { } pool)
        {
            if (refusal is null) return false;
            if (task.Kind == TaskKind.ActorCreation) ActorUnschedulable(task.Actor!, refusal);
            else FailTask(task, refusal);
            return true;
        }
        var key = $"{task.JobId}|{task.EnvironmentKey}";
        var node = pool.Node;
        var worker = task.Kind == TaskKind.ActorCreation ? null : node.Workers.Values.FirstOrDefault(w => w.State == WorkerState.Idle && w.Key == key);
        worker ??= node.Workers.Values.FirstOrDefault(w => w.State == WorkerState.Idle && w.Key == key);
        if (worker is null)
        {
            if (node.Starting >= MostStartingWorkers) return false;
            worker = StartWorker(node, key, task);
        }
        worker.Task = task;
        task.Worker = worker;
        worker.Pool = pool;
        worker.Held = task.Demand;
        pool.Free.Subtract(task.Demand);
        if (task.Kind == TaskKind.ActorCreation)
        {
            worker.Actor = task.Actor;
            task.Actor!.Worker = worker;
            task.Actor.NodeId = node.Id;
        }
        if (worker.State != WorkerState.Starting) Begin(worker);
        return true;
    }

    private Pool? Choose(TaskRecord task, out JsonObject? refusal)
    {
        refusal = null;
        var strategy = task.Strategy;
        if (strategy.TextOrNull("pg") is { } groupId)
        {
            if (!_groups.TryGetValue(groupId, out var group))
            {
                refusal = new() { ["kind"] = task.Kind == TaskKind.Normal ? "TaskPlacementGroupRemoved" : "ActorPlacementGroupRemoved" };
                return null;
            }
            var index = (int)strategy.Number("bundle", -1);
            return group.Pools.Where((p, i) => (index < 0 || i == index) && p.Free.Fits(task.Demand)).FirstOrDefault();
        }
        var alive = _nodes.Values.Where(n => n.Alive && Matches(n, strategy.Object("labels")));
        if (strategy.TextOrNull("node") is { } wanted)
        {
            var node = _nodes.GetValueOrDefault(wanted);
            var feasible = node is { Alive: true } && node.Pool.Total.Fits(task.Demand);
            if (feasible) return node!.Pool.Free.Fits(task.Demand) ? node.Pool : null;
            if (!strategy.Flag("soft"))
            {
                refusal = new()
                {
                    ["kind"] = task.Kind == TaskKind.Normal ? "TaskUnschedulableError" : "ActorUnschedulableError",
                    ["text"] = "The node specified via NodeAffinitySchedulingStrategy doesn't exist any more or is infeasible, and soft=False was specified.",
                };
                return null;
            }
        }
        var fitting = alive.Where(n => n.Pool.Free.Fits(task.Demand)).ToList();
        if (fitting.Count <= 1) return fitting.FirstOrDefault()?.Pool;
        if (strategy.Flag("spread")) return fitting[_spread++ % fitting.Count].Pool;
        if (strategy.Flag("prefer_workers")) return fitting.OrderBy(n => n.IsHead).ThenBy(Utilisation).First().Pool;
        // Ray's default: the submitter's own node until half of it is used, then the least used one.
        var own = task.Submitter.Worker?.Node ?? task.Submitter.Job?.Node;
        if (own is not null && fitting.Contains(own) && Utilisation(own) < 0.5) return own.Pool;
        return fitting.OrderBy(Utilisation).ThenBy(n => n.IsHead).First().Pool;
    }

    private static bool Matches(NodeRecord node, JsonObject labels)
    {
        foreach (var (key, value) in labels)
        {
            var wanted = (string?)value ?? "";
            var has = node.Labels.TextOrNull(key);
            var negative = wanted.StartsWith('!');
            var body = wanted.TrimStart('!');
            var options = body.StartsWith("in(", StringComparison.Ordinal) ? body[3..^1].Split(',', StringSplitOptions.TrimEntries) : [body];
            if ((has is not null && options.Contains(has)) == negative) return false;
        }
        return true;
    }

    private static double Utilisation(NodeRecord node)
    {
        var total = node.Pool.Total["CPU"];
        return total == 0 ? 1 : 1 - node.Pool.Free["CPU"] / total;
    }

    private WorkerRecord StartWorker(NodeRecord node, string key, TaskRecord task)
    {
        var id = RandomId(28);
        var worker = new WorkerRecord(id, node, key, task.JobId);
        _workers[id] = node.Workers[id] = worker;
        node.Starting++;
        node.Peer.Connection.Send(new()
        {
            ["t"] = "start_worker",
            ["worker"] = id,
            ["job"] = task.JobId,
            ["env"] = task.Environment.DeepClone(),
            ["script_dir"] = ScriptDirectories.GetValueOrDefault(task.JobId),
            ["threads"] = Math.Max(1, (int)task.Demand["CPU"]),
        });
        return worker;
    }

    private void WorkerReady(WorkerRecord worker)
    {
        if (worker.State != WorkerState.Starting) return;
        worker.Node.Starting--;
        worker.State = WorkerState.Idle;
        worker.IdleSince = Now;
        if (worker.Task is not null) Begin(worker);
    }

    private void Begin(WorkerRecord worker)
    {
        var task = worker.Task!;
        worker.State = task.Kind == TaskKind.ActorCreation ? WorkerState.Actor : WorkerState.Busy;
        if (task.Finished)
        {
            if (task.Kind == TaskKind.Normal) FreeWorker(worker, last: false);
            return;
        }
        SendTask(worker, task);
    }

    private void FreeWorker(WorkerRecord worker, bool last)
    {
        GiveBack(worker);
        worker.Task = null;
        worker.State = WorkerState.Idle;
        worker.IdleSince = Now;
        if (last) KillWorker(worker);
    }

    private void GiveBack(WorkerRecord worker)
    {
        var held = worker.Held;
        if (worker.Blocked > 0)
        {
            held = held.Copy();
            held.Subtract(worker.Held.Processors());
        }
        worker.Blocked = 0;
        worker.Pool?.Free.Add(held);
        worker.Held = new();
        worker.Pool = null;
    }

    private static void Blocked(WorkerRecord? worker)
    {
        if (worker is { State: WorkerState.Busy } && worker.Blocked++ == 0) worker.Pool?.Free.Add(worker.Held.Processors());
    }

    private static void Unblocked(WorkerRecord? worker)
    {
        if (worker is { State: WorkerState.Busy, Blocked: > 0 } && --worker.Blocked == 0) worker.Pool?.Free.Subtract(worker.Held.Processors());
    }

    private void KillWorker(WorkerRecord worker)
    {
        if (worker.State == WorkerState.Dead) return;
        worker.Node.Peer.Connection.Send(new() { ["t"] = "kill_worker", ["worker"] = worker.Id });
        WorkerExited(worker.Id);
    }

    private void WorkerFailed(string id, string error)
    {
        if (!_workers.TryGetValue(id, out var worker)) return;
        worker.SetupError = error;
        WorkerExited(id);
    }

    private void WorkerExited(string id)
    {
        if (!_workers.TryGetValue(id, out var worker) || worker.State == WorkerState.Dead) return;
        if (worker.State == WorkerState.Starting) worker.Node.Starting--;
        GiveBack(worker);
        worker.State = WorkerState.Dead;
        worker.Node.Workers.Remove(id);
        _workers.Remove(id);
        if (worker.Actor is { } actor) ActorWorkerExited(actor, worker);
        else if (worker.Task is { Finished: false } task)
        {
            if (worker.SetupError is { } error) FailTask(task, new() { ["kind"] = "RuntimeEnvSetupError", ["text"] = error });
            else if (task.RetriesLeft != 0 && !task.Cancelled) Retry(task, "Worker crashed.");
            else FailTask(task, new() { ["kind"] = "WorkerCrashedError" });
        }
    }

    /// <summary>Ends workers that nobody needed for a while; called now and then.</summary>
    public void Tidy(TimeSpan idle)
    {
        lock (_gate)
        {
            foreach (var node in _nodes.Values)
            {
                var idlers = node.Workers.Values.Where(w => w.State == WorkerState.Idle).OrderBy(w => w.IdleSince).ToList();
                var surplus = idlers.Count - Math.Max(1, (int)node.Pool.Total["CPU"]);
                foreach (var worker in idlers.Take(Math.Max(0, surplus)))
                    if (Now - worker.IdleSince > idle.TotalMilliseconds && !worker.Peer!.Holds.Any(id => _objects.TryGetValue(id, out var o) && o.Holders.Count == 1)) KillWorker(worker);
            }
            Schedule();
        }
    }

    private static string RandomId(int bytes) => Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(bytes));
}
