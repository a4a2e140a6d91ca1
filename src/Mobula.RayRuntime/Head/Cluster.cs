using System.Text.Json.Nodes;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Head;

/// <summary>
/// The head's state: nodes, workers, objects, tasks, actors, placement groups, jobs and the key-value store. One lock guards all of
/// it; handling a message never waits, since what goes out is only put into the peers' queues.
/// </summary>
internal sealed partial class Cluster(TimeProvider clock, string session, string? token = null)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, NodeRecord> _nodes = [];
    private readonly HashSet<Peer> _peers = [];
    private readonly Dictionary<string, byte[]> _keyValues = new(StringComparer.Ordinal);
    private int _nextJob = 1;

    public string Session { get; } = session;
    public string GcsAddress { get; set; } = "";
    public string DashboardAddress { get; set; } = "";

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Runs the connection of one peer until it closes.</summary>
    public async Task ServeAsync(Connection connection)
    {
        var peer = new Peer(connection);
        var known = token is null;
        lock (_gate) _peers.Add(peer);
        try
        {
            while (await connection.ReceiveAsync() is { } frame)
            {
                var header = frame.Parse();
                // Whoever opens a connection shows the token in its first frame, or is heard no further.
                if (!known && !(known = AuthenticationToken.Matches(token!, header.Text("token"))))
                {
                    connection.Send(new() { ["t"] = "denied" });
                    connection.CloseAfterSending();
                    await connection.Writing;
                    return;
                }
                lock (_gate)
                {
                    Handle(peer, header, frame);
                    Schedule();
                }
            }
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException or FormatException)
        {
            await Console.Error.WriteLineAsync($"a peer at {connection.RemoteAddress} sent what is no message: {e.Message}");
        }
        finally
        {
            lock (_gate)
            {
                _peers.Remove(peer);
                Leave(peer);
                Schedule();
            }
            connection.Dispose();
        }
    }

    private void Handle(Peer peer, JsonObject h, Frame frame)
    {
        switch (h.Text("t"))
        {
            case "hello": Hello(peer, h); break;
            case "put": Put(peer, h, frame.Payload); break;
            case "sub": foreach (var id in h.Texts("ids")) Subscribe(peer, id); break;
            case "addref": foreach (var id in h.Texts("ids")) AddHolder(peer, id); break;
            case "release": foreach (var id in h.Texts("ids")) RemoveHolder(peer, id); break;
            case "located": if (_objects.TryGetValue(h.Text("id"), out var o) && peer.Worker?.Node is { } at && !o.Locations.Contains(at)) o.Locations.Add(at); break;
            case "submit": Submit(peer, h, frame); break;
            case "create": CreateActor(peer, h, frame); break;
            case "call": Call(peer, h, frame); break;
            case "done": Done(peer, h, frame.Payload); break;
            case "yield": Yield(peer, h, frame.Payload); break;
            case "blocked": Blocked(peer.Worker); break;
            case "unblocked": Unblocked(peer.Worker); break;
            case "cancel": Cancel(h.Text("id"), h.Flag("force")); break;
            case "kill_actor": if (_actors.TryGetValue(h.Text("actor"), out var a)) Kill(a, h.Flag("no_restart")); break;
            case "exiting": if (peer.Worker is { } w) w.ExitDetail = h.Text("detail"); break;
            case "log": ForwardLog(h, frame); break;
            case "stats": if (peer.Node is { } n) { n.Stats = h; n.StoreUsed = h.Number("store_used"); } break;
            case "worker_exit": WorkerExited(h.Text("worker")); break;
            case "worker_failed": WorkerFailed(h.Text("worker"), h.Text("error")); break;
            case "draining": if (peer.Node is { } d) { d.StateMessage = h.Text("message"); NodeGone(d); } break;
            case "serve_proxy": if (peer.Node is { Proxy: not null } p) p.Proxy = h.Text("status"); break;
            case "job_started": JobStarted(h); break;
            case "job_ended": JobEnded(h); break;
            case "rpc": if (Answer(peer, h, frame.Payload, out var payload) is { } answer) peer.Connection.SendFrame(Reply(h, answer, payload)); break;
        }
    }

    private static Frame Reply(JsonObject request, JsonObject answer, byte[]? payload)
    {
        answer["t"] = "reply";
        answer["i"] = request.Number("i");
        return Frame.Of(answer, payload);
    }

    private void Hello(Peer peer, JsonObject h)
    {
        peer.Role = h.Text("role");
        var answer = new JsonObject { ["t"] = "hello", ["session"] = Session, ["gcs"] = GcsAddress, ["dashboard"] = DashboardAddress };
        switch (peer.Role)
        {
            case "node":
                var node = new NodeRecord(h.Text("node_id"), h, peer).WithPool(ResourceSet.From(h.Object("resources")));
                node.StartedAt = Now;
                _nodes[node.Id] = peer.Node = node;
                break;
            case "worker":
                if (!_workers.TryGetValue(h.Text("worker"), out var worker) || worker.State == WorkerState.Dead)
                {
                    peer.Connection.Send(new() { ["t"] = "exit" });
                    return;
                }
                peer.Worker = worker;
                worker.Peer = peer;
                worker.Pid = (int)h.Number("pid");
                peer.Job = _driverJobs.GetValueOrDefault(worker.JobId);
                answer["job"] = worker.JobId;
                answer["namespace"] = peer.Job?.Namespace ?? "";
                break;
            case "driver":
                AddDriver(peer, h);
                answer["job"] = peer.Job!.JobId;
                answer["namespace"] = peer.Job.Namespace;
                break;
        }
        peer.Connection.Send(answer);
        if (peer.Worker is { } registered) WorkerReady(registered);
    }

    private void Leave(Peer peer)
    {
        foreach (var id in peer.Holds.ToArray()) RemoveHolder(peer, id);
        if (peer.Worker is { } worker) WorkerExited(worker.Id);
        if (peer.Node is { Alive: true } node)
        {
            node.StateMessage ??= "Unexpected termination: health check failed due to missing too many heartbeats";
            NodeGone(node);
        }
        if (peer.Role == "driver") EndDriver(peer);
    }

    private void NodeGone(NodeRecord node)
    {
        if (!node.Alive) return;
        node.Alive = false;
        node.EndedAt = Now;
        foreach (var worker in node.Workers.Values.ToArray())
        {
            worker.Peer?.Connection.Send(new() { ["t"] = "exit" });
            WorkerExited(worker.Id);
        }
        foreach (var o in _objects.Values.ToArray())
            if (o.Locations.Remove(node) && o.Locations.Count == 0 && o.Inline is null && o.State == ObjectState.Ready) Lose(o);
        foreach (var group in _groups.Values)
            if (group.Pools.Any(p => p.Node == node)) Reschedule(group);
        foreach (var job in _submissions.Values)
            if (job.Node == node && !job.Terminal) FinishJob(job, "FAILED", "Unexpected error occurred: The actor died because its node has died.", "JOB_SUPERVISOR_ACTOR_DIED");
    }

    private void ForwardLog(JsonObject h, Frame frame)
    {
        if (_driverJobs.GetValueOrDefault(h.Text("job")) is { Peer: { } driver, LogToDriver: true }) driver.Connection.SendFrame(frame);
    }

    private JsonObject? Answer(Peer peer, JsonObject h, byte[] payload, out byte[]? bytes)
    {
        bytes = null;
        switch (h.Text("m"))
        {
            case "kv_put":
                var added = !_keyValues.ContainsKey(h.Text("key"));
                if (added || h.Flag("overwrite")) _keyValues[h.Text("key")] = payload;
                return new() { ["added"] = added };
            case "kv_get":
                return new() { ["found"] = _keyValues.TryGetValue(h.Text("key"), out bytes) };
            case "kv_del":
                return new() { ["deleted"] = _keyValues.Remove(h.Text("key")) };
            case "kv_keys":
                return new() { ["keys"] = JsonFields.ArrayOf(_keyValues.Keys.Where(k => k.StartsWith(h.Text("prefix"), StringComparison.Ordinal))) };
            case "nodes": return new() { ["nodes"] = new JsonArray([.. _nodes.Values.Select(NodeForPython)]) };
            case "cluster_resources": return new() { ["resources"] = Total(n => n.Pool.Total).ToJson() };
            case "available_resources": return new() { ["resources"] = AvailableWithBundles().ToJson() };
            case "actor_by_name": return ActorByName(peer, h);
            case "named_actors": return NamedActors(peer, h);
            case "pg_create": return CreateGroup(peer, h);
            case "pg_remove": RemoveGroup(h.Text("id")); return new();
            case "pg_wait": return WaitForGroup(peer, h);
            case "pg_table": return new() { ["groups"] = new JsonArray([.. _groups.Values.Select(GroupForPython)]) };
            case "state": return State(h.Text("kind"));
            case "info": return new() { ["dashboard"] = DashboardAddress, ["session"] = Session, ["status"] = StatusText() };
            default: return new() { ["error"] = $"no method {h.Text("m")}" };
        }
    }

    private ResourceSet Total(Func<NodeRecord, ResourceSet> part)
    {
        var total = new ResourceSet();
        foreach (var node in _nodes.Values)
            if (node.Alive) total.Add(part(node));
        return total;
    }

    private ResourceSet AvailableWithBundles() => Total(n => n.Pool.Free);

    private static JsonNode NodeForPython(NodeRecord n) => new JsonObject
    {
        ["NodeID"] = n.Id,
        ["Alive"] = n.Alive,
        ["NodeManagerAddress"] = n.Ip,
        ["NodeManagerHostname"] = n.Host,
        ["NodeManagerPort"] = n.AgentPort,
        ["ObjectManagerPort"] = n.AgentPort,
        ["ObjectStoreSocketName"] = n.StoreDir,
        ["RayletSocketName"] = n.SessionDir,
        ["MetricsExportPort"] = n.MetricsPort,
        ["NodeName"] = n.Ip,
        ["RuntimeEnvAgentPort"] = n.AgentPort,
        ["AgentPort"] = n.AgentPort,
        ["DeathReason"] = n.Alive ? 0 : 1,
        ["DeathReasonMessage"] = n.StateMessage ?? "",
        ["alive"] = n.Alive,
        ["Resources"] = n.Alive ? n.Pool.Total.ToJson() : new JsonObject(),
        ["Labels"] = n.Labels.DeepClone(),
        ["IsHead"] = n.IsHead,
    };

    /// <summary>Stores a package or reads it, for the HTTP API.</summary>
    public byte[]? GetValue(string key)
    {
        lock (_gate) return _keyValues.GetValueOrDefault(key);
    }

    public void SetValue(string key, byte[] value)
    {
        lock (_gate) _keyValues[key] = value;
    }
}
