using System.Text.Json.Nodes;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Head;

// Actors: creation, calls in each caller's order, death and restart.
internal sealed partial class Cluster
{
    private readonly Dictionary<string, ActorRecord> _actors = new(StringComparer.Ordinal);

    private void CreateActor(Peer peer, JsonObject h, Frame frame)
    {
        var request = h["i"] is not null;
        if (h.Text("aname") is { Length: > 0 } name && Named(name, h.Text("ns")) is { } taken)
        {
            if (h.Flag("get_if_exists"))
            {
                AddHolder(peer, taken.Id);
                peer.Connection.SendFrame(Reply(h, new() { ["actor"] = taken.Id, ["handle"] = taken.Handle.DeepClone() }, null));
            }
            else peer.Connection.SendFrame(Reply(h, new() { ["taken"] = true }, null));
            return;
        }
        var actor = new ActorRecord(h.Text("actor"), h);
        var task = new TaskRecord(TaskKind.ActorCreation, h, frame, peer) { Actor = actor };
        actor.Creation = task;
        actor.CreationFrame = frame;
        // A restart needs the arguments once more.
        if (actor.RestartsLeft != 0) foreach (var id in task.Dependencies.Concat(task.References)) Pin(id);
        _actors[actor.Id] = actor;
        var handle = Object(actor.Id);
        handle.Actor = actor;
        handle.State = ObjectState.Ready;
        AddHolder(peer, actor.Id);
        if (request) peer.Connection.SendFrame(Reply(h, new() { ["actor"] = actor.Id }, null));
        Accept(task);
        actor.State = "PENDING_CREATION";
        if (task.Missing == 0) Ready(task);
    }

    private ActorRecord? Named(string name, string ns) =>
        _actors.Values.FirstOrDefault(a => a.Name == name && a.Namespace == ns && a.State != "DEAD");

    private void Call(Peer peer, JsonObject h, Frame frame)
    {
        var task = new TaskRecord(TaskKind.ActorCall, h, frame, peer) { Actor = _actors.GetValueOrDefault(h.Text("actor")) };
        Accept(task);
        if (task.Actor is not { } actor)
        {
            FailTask(task, new() { ["kind"] = "ActorDiedError", ["text"] = "The actor died unexpectedly before finishing this task." });
            return;
        }
        if (actor.State == "DEAD")
        {
            FailTask(task, (JsonObject)actor.Death!.DeepClone());
            return;
        }
        if (!actor.Queues.TryGetValue(peer, out var queue)) actor.Queues[peer] = queue = new();
        queue.Enqueue(task);
        Pump(actor);
    }

    /// <summary>Sends the calls that may go: in the order of each caller, those whose arguments are there.</summary>
    private void Pump(ActorRecord actor)
    {
        if (actor.State != "ALIVE" || actor.Worker?.Peer is null) return;
        foreach (var queue in actor.Queues.Values)
            while (queue.TryPeek(out var call) && (call.Finished || call.Missing == 0))
            {
                queue.Dequeue();
                if (call.Finished) continue;
                actor.InFlight.AddLast(call);
                call.Worker = actor.Worker;
                SendTask(actor.Worker, call);
            }
    }

    private void Requeue(TaskRecord task)
    {
        var actor = task.Actor!;
        if (!actor.Queues.TryGetValue(task.Submitter, out var queue)) actor.Queues[task.Submitter] = queue = new();
        actor.Queues[task.Submitter] = new Queue<TaskRecord>(queue.Prepend(task));
        Pump(actor);
    }

    private void ActorCreated(WorkerRecord worker, TaskRecord task, JsonObject h, bool failed)
    {
        var actor = task.Actor!;
        actor.Pid = worker.Pid;
        actor.Ip = worker.Node.Ip;
        if (failed)
        {
            Terminate(actor, new() { ["kind"] = "ActorDiedError", ["creation"] = h.Text("error"), ["actor"] = actor.Id }, graceful: false);
            return;
        }
        // While it lives an actor holds what it asked for running; what it needed to be placed is given back.
        var pool = worker.Pool;
        GiveBack(worker);
        worker.Pool = pool;
        worker.Held = actor.RunningDemand;
        pool?.Free.Subtract(actor.RunningDemand);
        actor.State = "ALIVE";
        if (_objects.TryGetValue(actor.Id, out var handle)) Collect(handle);
        Pump(actor);
    }

    private static JsonObject ActorDeath(ActorRecord actor, string cause, string text) => new()
    {
        ["kind"] = "ActorDiedError",
        ["cause"] = cause,
        ["text"] = text,
        ["class"] = actor.Class,
        ["actor"] = actor.Id,
        ["pid"] = actor.Pid,
        ["ip"] = actor.Ip,
        ["name"] = actor.Name,
        ["namespace"] = actor.Namespace,
        ["started"] = actor.Pid != 0,
    };

    private void Kill(ActorRecord actor, bool noRestart)
    {
        if (actor.State == "DEAD") return;
        if (noRestart)
        {
            actor.RestartsLeft = 0;
            Terminate(actor, ActorDeath(actor, "RAY_KILL", "The actor is dead because it was killed by `ray.kill`."), graceful: false);
        }
        else if (actor.Worker is { } worker) KillWorker(worker);
    }

    private void ActorUnschedulable(ActorRecord actor, JsonObject refusal) => Terminate(actor, refusal, graceful: false);

    /// <summary>Ends an actor for good. Gracefully: calls it already has are finished first, and exit handlers run.</summary>
    private void Terminate(ActorRecord actor, JsonObject death, bool graceful)
    {
        if (actor.State == "DEAD") return;
        if (graceful && (actor.InFlight.Count > 0 || actor.Queues.Values.Any(q => q.Count > 0) || actor.State is not ("ALIVE" or "DEAD")))
        {
            return;
        }
        actor.State = "DEAD";
        actor.Death = death;
        if (actor.Worker is { } worker)
        {
            actor.Worker = null;
            worker.Actor = null;
            worker.Task = null;
            if (graceful && worker.Peer is { } peer)
            {
                GiveBack(worker);
                peer.Connection.Send(new() { ["t"] = "exit", ["graceful"] = 1 });
            }
            else KillWorker(worker);
        }
        else Dequeue(actor.Creation);
        FailTask(actor.Creation, (JsonObject)death.DeepClone());
        FailCalls(actor, death);
        _objects.Remove(actor.Id);
    }

    private void FailCalls(ActorRecord actor, JsonObject death)
    {
        var calls = actor.InFlight.Concat(actor.Queues.Values.SelectMany(q => q)).ToArray();
        actor.InFlight.Clear();
        actor.Queues.Clear();
        foreach (var call in calls) FailTask(call, (JsonObject)death.DeepClone());
    }

    private void ActorWorkerExited(ActorRecord actor, WorkerRecord worker)
    {
        actor.Worker = null;
        worker.Actor = null;
        if (actor.State == "DEAD") return;
        var intended = worker.ExitDetail is not null;
        var text = worker.SetupError is { } setup ? setup : "The actor is dead because its worker process has died. " + (intended
            ? $"Worker exit type: INTENDED_USER_EXIT Worker exit detail: {worker.ExitDetail}"
            : worker.Node.Alive
                ? "Worker exit type: SYSTEM_ERROR Worker exit detail: Worker unexpectedly exits with a connection error code 2. End of file. There are some potential root causes. (1) The process is killed by SIGKILL by OOM killer due to high memory usage. (2) ray stop --force is called. (3) The worker is crashed unexpectedly due to SIGSEGV or other unexpected errors."
                : "Worker exit type: NODE_DIED Worker exit detail: The node has died.");
        var death = ActorDeath(actor, "WORKER_DIED", text);
        if (intended || worker.SetupError is not null || actor.RestartsLeft == 0)
        {
            Terminate(actor, death, graceful: false);
            return;
        }
        if (actor.RestartsLeft > 0) actor.RestartsLeft--;
        actor.Restarts++;
        actor.State = "RESTARTING";
        foreach (var call in actor.InFlight.Reverse().ToArray())
        {
            actor.InFlight.Remove(call);
            if (call.RetriesLeft != 0) Retry(call, "The actor died.");
            else
            {
                var unavailable = (JsonObject)death.DeepClone();
                FailTask(call, unavailable);
            }
        }
        var again = actor.CreationFrame.Parse();
        again["restarts"] = actor.Restarts;
        again["task"] = RandomId(8) + actor.Id;
        again.Remove("i");
        var creation = new TaskRecord(TaskKind.ActorCreation, again, Frame.Of(again, actor.CreationFrame.Payload), actor.Creation.Submitter) { Actor = actor };
        actor.Creation = creation;
        Accept(creation);
        if (creation.Missing == 0) Ready(creation);
    }

    private JsonObject ActorByName(Peer peer, JsonObject h)
    {
        if (Named(h.Text("name"), h.Text("ns")) is not { } actor) return new() { ["found"] = false };
        AddHolder(peer, actor.Id);
        return new() { ["found"] = true, ["actor"] = actor.Id, ["handle"] = actor.Handle.DeepClone() };
    }

    private JsonObject NamedActors(Peer peer, JsonObject h)
    {
        var list = new JsonArray();
        foreach (var a in _actors.Values)
            if (a.Name != "" && a.State != "DEAD" && (h.Flag("all") || a.Namespace == (peer.Job?.Namespace ?? "")))
                list.Add((JsonNode)new JsonObject { ["name"] = a.Name, ["namespace"] = a.Namespace });
        return new() { ["actors"] = list };
    }
}
