using System.Text.Json.Nodes;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Head;

// The directory of objects: small values live here, large ones in the stores of nodes; a value goes when nobody holds it.
internal sealed partial class Cluster
{
    private readonly Dictionary<string, ObjectRecord> _objects = new(StringComparer.Ordinal);

    private ObjectRecord Object(string id)
    {
        if (!_objects.TryGetValue(id, out var o)) _objects[id] = o = new ObjectRecord(id);
        return o;
    }

    private void Put(Peer peer, JsonObject h, byte[] payload)
    {
        var o = Object(h.Text("id"));
        AddHolder(peer, o.Id);
        Store(o, h, payload, peer.Worker?.Node ?? _nodes.GetValueOrDefault(h.Text("node")));
    }

    /// <summary>Gives an object its value; <paramref name="h"/> says whether it is an error, stored at a node, and what it contains.</summary>
    private void Store(ObjectRecord o, JsonObject h, byte[] value, NodeRecord? node)
    {
        if (o.State != ObjectState.Pending) return;
        o.IsError = h.Flag("err");
        o.Size = h.Number("size", value.Length);
        if (h.Flag("stored") && node is not null) o.Locations.Add(node);
        else o.Inline = value;
        o.Contains = h.Texts("refs");
        foreach (var id in o.Contains) Pin(id);
        Settle(o, ObjectState.Ready);
    }

    private void Fail(ObjectRecord o, JsonObject failure)
    {
        if (o.State != ObjectState.Pending) return;
        o.Failure = failure;
        Settle(o, ObjectState.Failed);
    }

    private void Settle(ObjectRecord o, ObjectState state)
    {
        o.State = state;
        o.Producer = null;
        foreach (var waiter in o.Waiters ?? []) SendObject(waiter, o, dependency: false);
        o.Waiters = null;
        var dependents = o.Dependents;
        o.Dependents = null;
        foreach (var task in dependents ?? [])
            if (--task.Missing == 0) Ready(task);
        Collect(o);
    }

    private void Lose(ObjectRecord o)
    {
        o.Failure = new() { ["kind"] = "ObjectLostError", ["id"] = o.Id };
        o.State = ObjectState.Failed;
    }

    private void Subscribe(Peer peer, string id)
    {
        if (!_objects.TryGetValue(id, out var o))
        {
            peer.Connection.Send(new() { ["t"] = "obj", ["id"] = id, ["fail"] = new JsonObject { ["kind"] = "ObjectFreedError", ["id"] = id } });
            return;
        }
        if (o.State == ObjectState.Pending) (o.Waiters ??= []).Add(peer);
        else SendObject(peer, o, dependency: false);
    }

    private static void SendObject(Peer peer, ObjectRecord o, bool dependency)
    {
        var h = new JsonObject { ["t"] = "obj", ["id"] = o.Id };
        if (dependency) h["dep"] = 1;
        if (o.State == ObjectState.Failed) h["fail"] = o.Failure!.DeepClone();
        else
        {
            if (o.IsError) h["err"] = 1;
            if (o.Inline is null)
            {
                h["size"] = o.Size;
                h["at"] = new JsonArray([.. o.Locations.Select(n => (JsonNode)new JsonObject { ["node"] = n.Id, ["ip"] = n.Ip, ["port"] = n.AgentPort, ["dir"] = n.StoreDir })]);
            }
        }
        peer.Connection.Send(h, o.Inline);
    }

    private void AddHolder(Peer peer, string id)
    {
        if (!peer.Holds.Add(id)) return;
        Object(id).Holders.Add(peer);
    }

    private void RemoveHolder(Peer peer, string id)
    {
        if (!peer.Holds.Remove(id) || !_objects.TryGetValue(id, out var o)) return;
        o.Holders.Remove(peer);
        Collect(o);
    }

    private void Pin(string id) => Object(id).Pins++;

    private void Unpin(string id)
    {
        if (!_objects.TryGetValue(id, out var o)) return;
        o.Pins--;
        Collect(o);
    }

    private void Collect(ObjectRecord o)
    {
        if (o.Holders.Count > 0 || o.Pins > 0 || !_objects.ContainsKey(o.Id)) return;
        if (o.Actor is { } actor)
        {
            if (actor.Detached || actor.State == "DEAD") return;
            Terminate(actor, ActorDeath(actor, "OUT_OF_SCOPE", "The actor is dead because all references to the actor were removed."), graceful: true);
            return;
        }
        if (o.State == ObjectState.Pending) return;
        _objects.Remove(o.Id);
        foreach (var node in o.Locations) node.Peer.Connection.Send(new() { ["t"] = "free", ["id"] = o.Id });
        foreach (var id in o.Contains) Unpin(id);
    }
}
