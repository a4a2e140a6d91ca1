using System.Text.Json.Nodes;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Head;

// Placement groups: bundles of resources reserved on nodes.
internal sealed partial class Cluster
{
    private readonly Dictionary<string, PlacementGroupRecord> _groups = new(StringComparer.Ordinal);

    private JsonObject CreateGroup(Peer peer, JsonObject h)
    {
        var group = new PlacementGroupRecord(h.Text("id"), peer.Job?.JobId ?? "", (JsonArray)h["bundles"]!.DeepClone(), h.Text("strategy"), h.Text("name"), h.Flag("detached"));
        _groups[group.Id] = group;
        return [];
    }

    private void PlaceGroups()
    {
        foreach (var group in _groups.Values)
        {
            if (group.State is not ("PENDING" or "RESCHEDULING") || Place(group) is not { } nodes) continue;
            for (var i = 0; i < nodes.Count; i++)
            {
                var bundle = ResourceSet.From(group.Bundles[i] as JsonObject);
                nodes[i].Pool.Free.Subtract(bundle);
                group.Pools.Add(new Pool(nodes[i], bundle));
            }
            group.State = "CREATED";
            foreach (var (waiter, request) in group.Waiters) waiter.Connection.Send(new() { ["t"] = "reply", ["i"] = request, ["state"] = group.State });
            group.Waiters.Clear();
        }
    }

    /// <summary>A node for each bundle, or null while they do not fit: PACK and SPREAD are wishes, the STRICT ones conditions.</summary>
    private List<NodeRecord>? Place(PlacementGroupRecord group)
    {
        var alive = _nodes.Values.Where(n => n.Alive).ToList();
        var free = alive.ToDictionary(n => n, n => n.Pool.Free.Copy());
        var chosen = new List<NodeRecord>();
        foreach (var bundle in group.Bundles.Select(b => ResourceSet.From(b as JsonObject)))
        {
            var fitting = alive.Where(n => free[n].Fits(bundle));
            var node = group.Strategy switch
            {
                "STRICT_PACK" => fitting.FirstOrDefault(n => chosen.Count == 0 ? FitsAll(free[n], group) : chosen[0] == n),
                "STRICT_SPREAD" => fitting.FirstOrDefault(n => !chosen.Contains(n)),
                "SPREAD" => fitting.OrderBy(n => chosen.Count(c => c == n)).FirstOrDefault(),
                _ => fitting.OrderByDescending(n => chosen.Count(c => c == n)).FirstOrDefault(),
            };
            if (node is null) return null;
            free[node].Subtract(bundle);
            chosen.Add(node);
        }
        return chosen;
    }

    private static bool FitsAll(ResourceSet free, PlacementGroupRecord group)
    {
        var sum = new ResourceSet();
        foreach (var bundle in group.Bundles) sum.Add(ResourceSet.From(bundle as JsonObject));
        return free.Fits(sum);
    }

    private void Reschedule(PlacementGroupRecord group)
    {
        foreach (var pool in group.Pools)
            if (pool.Node.Alive) pool.Node.Pool.Free.Add(pool.Total);
        group.Pools.Clear();
        group.State = "RESCHEDULING";
    }

    private void RemoveGroup(string id)
    {
        if (!_groups.TryGetValue(id, out var group) || group.State == "REMOVED") return;
        foreach (var worker in _workers.Values.Where(w => w.Pool is { } p && group.Pools.Contains(p)).ToArray())
        {
            worker.Actor?.RestartsLeft = 0;
            if (worker.Task is { } task && worker.Actor is null) FailTask(task, new() { ["kind"] = "TaskPlacementGroupRemoved" });
            KillWorker(worker);
        }
        foreach (var pool in group.Pools)
            if (pool.Node.Alive) pool.Node.Pool.Free.Add(pool.Total);
        group.Pools.Clear();
        group.State = "REMOVED";
        foreach (var (waiter, request) in group.Waiters) waiter.Connection.Send(new() { ["t"] = "reply", ["i"] = request, ["state"] = group.State });
        group.Waiters.Clear();
    }

    private JsonObject? WaitForGroup(Peer peer, JsonObject h)
    {
        PlaceGroups();
        if (!_groups.TryGetValue(h.Text("id"), out var group)) return new() { ["state"] = "REMOVED" };
        if (group.State is "CREATED" or "REMOVED") return new() { ["state"] = group.State };
        group.Waiters.Add((peer, h.Number("i")));
        return null;
    }

    private static JsonNode GroupForPython(PlacementGroupRecord g)
    {
        var bundles = new JsonObject();
        var nodes = new JsonObject();
        for (var i = 0; i < g.Bundles.Count; i++)
        {
            bundles[i.ToString()] = g.Bundles[i]!.DeepClone();
            nodes[i.ToString()] = i < g.Pools.Count ? g.Pools[i].Node.Id : "";
        }
        return new JsonObject
        {
            ["placement_group_id"] = g.Id,
            ["name"] = g.Name,
            ["bundles"] = bundles,
            ["bundles_to_node_id"] = nodes,
            ["strategy"] = g.Strategy,
            ["state"] = g.State,
            ["creator_job_id"] = g.JobId,
        };
    }
}
