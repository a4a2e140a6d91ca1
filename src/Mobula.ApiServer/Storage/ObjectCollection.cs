using System.Collections.Immutable;

namespace Mobula.ApiServer.Storage;

/// <summary>The objects of one resource, with the recent changes and those who watch. Guarded by the store's lock.</summary>
internal sealed class ObjectCollection(long horizon)
{
    public static readonly ImmutableSortedDictionary<string, StoredObject> Empty =
        ImmutableSortedDictionary.Create<string, StoredObject>(StringComparer.Ordinal);

    private readonly Queue<CommittedEvent> _history = new();

    public ImmutableSortedDictionary<string, StoredObject> Objects { get; set; } = Empty;

    public List<Watcher> Watchers { get; } = [];

    /// <summary>Changes up to this revision are forgotten.</summary>
    public long Horizon { get; private set; } = horizon;

    public IReadOnlyCollection<CommittedEvent> History => _history;

    public void Append(CommittedEvent change) => _history.Enqueue(change);

    public void ForgetOldest() => Horizon = _history.Dequeue().Revision;

    /// <summary>The objects as they were at a revision not before the horizon.</summary>
    public ImmutableSortedDictionary<string, StoredObject> At(long revision)
    {
        var objects = Objects.ToBuilder();
        foreach (var change in _history.Reverse())
        {
            if (change.Revision <= revision) break;
            if (change.Previous is null) objects.Remove(change.Current.Key.InCollection);
            else objects[change.Current.Key.InCollection] = change.Previous;
        }
        return objects.ToImmutable();
    }
}
