using System.Text.Json.Nodes;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Head;

// Tasks from submission to their end.
internal sealed partial class Cluster
{
    private const int RememberedTasks = 10_000;
    private readonly Queue<TaskRecord> _history = [];
    private readonly Dictionary<string, TaskRecord> _running = new(StringComparer.Ordinal);

    private void Submit(Peer peer, JsonObject h, Frame frame)
    {
        var task = new TaskRecord(TaskKind.Normal, h, frame, peer);
        Accept(task);
        if (task.Missing == 0) Ready(task);
    }

    /// <summary>Books a new task: its return objects exist from now on, its arguments stay until it is finished.</summary>
    private void Accept(TaskRecord task)
    {
        task.CreatedAt = Now;
        _history.Enqueue(task);
        if (_history.Count > RememberedTasks) _history.Dequeue();
        _running[task.Id] = task;
        for (var i = 0; i < Math.Max(1, task.Returns); i++)
        {
            var o = Object(task.ReturnId(i));
            o.Producer = task;
            AddHolder(task.Submitter, o.Id);
            // The submitter is told as soon as there is a result: it rarely has to ask.
            (o.Waiters ??= []).Add(task.Submitter);
        }
        foreach (var id in task.References) Pin(id);
        foreach (var id in task.Dependencies)
        {
            Pin(id);
            var o = Object(id);
            if (o.State != ObjectState.Pending) continue;
            task.Missing++;
            (o.Dependents ??= []).Add(task);
        }
    }

    private void Ready(TaskRecord task)
    {
        if (task.Finished) return;
        task.State = "PENDING_NODE_ASSIGNMENT";
        if (task.Kind == TaskKind.ActorCall) Pump(task.Actor!);
        else Enqueue(task);
    }

    private void SendTask(WorkerRecord worker, TaskRecord task)
    {
        task.State = "RUNNING";
        task.StartedAt = Now;
        task.NodeId = worker.Node.Id;
        foreach (var id in task.Dependencies.Distinct()) SendObject(worker.Peer!, Object(id), dependency: true);
        worker.Peer!.Connection.SendFrame(task.Frame);
    }

    private void Done(Peer peer, JsonObject h, byte[] payload)
    {
        if (peer.Worker is not { } worker || !_running.TryGetValue(h.Text("task"), out var task)) return;
        var retry = h.Flag("retry") && (task.RetriesLeft != 0) && !task.Cancelled;
        if (task.Kind == TaskKind.Normal) FreeWorker(worker, h.Flag("last"));
        else if (task.Kind == TaskKind.ActorCall) task.Actor!.InFlight.Remove(task);
        if (retry)
        {
            Retry(task, h.Text("error"));
            return;
        }
        var failed = h.Flag("err");
        task.ErrorType = failed ? "TASK_EXECUTION_EXCEPTION" : null;
        task.ErrorMessage = h.TextOrNull("error");
        var offset = 0;
        var i = 0;
        foreach (var result in h["results"] as JsonArray ?? [])
        {
            var r = result!.AsObject();
            var length = (int)r.Number("len");
            Store(Object(task.ReturnId(i++)), r, payload.AsSpan(offset, length).ToArray(), worker.Node);
            offset += length;
        }
        if (task.Kind == TaskKind.ActorCreation) ActorCreated(worker, task, h, failed);
        Finish(task, failed ? "FAILED" : "FINISHED");
    }

    private void Yield(Peer peer, JsonObject h, byte[] payload)
    {
        if (!_running.TryGetValue(h.Text("task"), out var task)) return;
        var o = Object(h.Text("id"));
        AddHolder(task.Submitter, o.Id);
        Store(o, h, payload, peer.Worker?.Node);
        SendObject(task.Submitter, o, dependency: true);
        task.Submitter.Connection.Send(new() { ["t"] = "gen", ["task"] = task.Id, ["id"] = o.Id });
    }

    private void Retry(TaskRecord task, string error)
    {
        if (task.RetriesLeft > 0) task.RetriesLeft--;
        task.Attempt++;
        var message = $"Task {task.Name} failed. There are {(task.RetriesLeft < 0 ? "infinite" : task.RetriesLeft)} retries remaining, so the task will be retried. Error: {error}";
        Tell(task.JobId, message);
        task.Worker = null;
        if (task.Kind == TaskKind.ActorCall)
        {
            Requeue(task);
            return;
        }
        Ready(task);
    }

    private void Tell(string jobId, string message)
    {
        if (_driverJobs.GetValueOrDefault(jobId)?.Peer is { } driver) driver.Connection.Send(new() { ["t"] = "notice", ["text"] = message });
    }

    private void Finish(TaskRecord task, string state)
    {
        if (task.Finished) return;
        task.Finished = true;
        task.State = state;
        task.EndedAt = Now;
        _running.Remove(task.Id);
        task.Frame = default;
        if (task.Returns == -1) task.Submitter.Connection.Send(new() { ["t"] = "gen", ["task"] = task.Id, ["end"] = 1 });
        foreach (var id in task.Dependencies) Unpin(id);
        foreach (var id in task.References) Unpin(id);
    }

    private void FailTask(TaskRecord task, JsonObject failure, string state = "FAILED")
    {
        if (task.Finished) return;
        task.ErrorType ??= failure.Text("kind");
        for (var i = 0; i < Math.Max(1, task.Returns); i++) Fail(Object(task.ReturnId(i)), (JsonObject)failure.DeepClone());
        Finish(task, state);
    }

    private void Cancel(string objectId, bool force)
    {
        if (!_objects.TryGetValue(objectId, out var o) || o.Producer is not { Finished: false } task) return;
        task.Cancelled = true;
        var failure = new JsonObject { ["kind"] = "TaskCancelledError", ["task"] = task.Id };
        if (task.Worker is { State: WorkerState.Busy or WorkerState.Actor, Peer: { } running } worker && task.State == "RUNNING")
        {
            if (!force)
            {
                running.Connection.Send(new() { ["t"] = "cancel", ["task"] = task.Id });
                return;
            }
            FailTask(task, failure);
            KillWorker(worker);
            return;
        }
        if (task.Kind == TaskKind.Normal && task.Worker is null) Dequeue(task);
        else if (task.Kind == TaskKind.ActorCall && task.State == "RUNNING" && task.Actor!.Worker?.Peer is { } actor)
        {
            actor.Connection.Send(new() { ["t"] = "cancel", ["task"] = task.Id });
            return;
        }
        FailTask(task, failure);
    }
}
