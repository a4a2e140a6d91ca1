namespace Mobula.RayRuntime.Serve;

/// <summary>
/// Gives requests to replicas: of two taken by chance the one with less to do, none more than it takes at once. Requests that find
/// all replicas full, or none there yet, wait in the order of their coming.
/// </summary>
internal sealed class ReplicaChoice
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _ongoing = new(StringComparer.Ordinal);
    private readonly LinkedList<TaskCompletionSource<ServeReplica>> _waiting = [];
    private ServeRoute _route;

    public ReplicaChoice(ServeRoute route) => _route = route;

    /// <summary>Takes new replicas, or limits, into use.</summary>
    public void Update(ServeRoute route)
    {
        lock (_gate)
        {
            _route = route;
            foreach (var gone in _ongoing.Keys.Except(route.Replicas.Select(r => r.Id)).ToArray()) _ongoing.Remove(gone);
            Serve();
        }
    }

    /// <summary>A replica to use until <see cref="Release"/>; null when too many requests wait already.</summary>
    public async Task<ServeReplica?> TakeAsync(CancellationToken cancel)
    {
        LinkedListNode<TaskCompletionSource<ServeReplica>> place;
        lock (_gate)
        {
            if (_waiting.Count == 0 && Free() is { } free) return free;
            if (_route.MaxQueued >= 0 && _waiting.Count >= _route.MaxQueued) return null;
            place = _waiting.AddLast(new TaskCompletionSource<ServeReplica>(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        await using var gaveUp = cancel.Register(() =>
        {
            lock (_gate)
            {
                if (place.List is null) return;
                _waiting.Remove(place);
                place.Value.TrySetCanceled(cancel);
            }
        });
        return await place.Value.Task;
    }

    public void Release(ServeReplica replica)
    {
        lock (_gate)
        {
            if (_ongoing.TryGetValue(replica.Id, out var n)) _ongoing[replica.Id] = Math.Max(0, n - 1);
            Serve();
        }
    }

    /// <summary>No request goes to this one until the controller names it anew.</summary>
    public void Drop(ServeReplica replica)
    {
        lock (_gate)
        {
            _ongoing.Remove(replica.Id);
            _route = _route with { Replicas = [.. _route.Replicas.Where(r => r.Id != replica.Id)] };
        }
    }

    private void Serve()
    {
        while (_waiting.First is { } first && Free() is { } replica)
        {
            _waiting.RemoveFirst();
            first.Value.TrySetResult(replica);
        }
    }

    private ServeReplica? Free()
    {
        var replicas = _route.Replicas;
        if (replicas.Count == 0) return null;
        var (a, b) = (replicas[Random.Shared.Next(replicas.Count)], replicas[Random.Shared.Next(replicas.Count)]);
        var chosen = Ongoing(a) <= Ongoing(b) ? a : b;
        if (Ongoing(chosen) >= _route.MaxOngoing) chosen = replicas.MinBy(Ongoing)!;
        if (Ongoing(chosen) >= _route.MaxOngoing) return null;
        _ongoing[chosen.Id] = Ongoing(chosen) + 1;
        return chosen;
    }

    private int Ongoing(ServeReplica replica) => _ongoing.GetValueOrDefault(replica.Id);
}
