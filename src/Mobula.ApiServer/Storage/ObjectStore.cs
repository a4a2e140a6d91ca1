using System.Collections.Immutable;
using System.Threading.Channels;

namespace Mobula.ApiServer.Storage;

/// <summary>The objects of a resource at one revision of the store.</summary>
internal readonly record struct CollectionSnapshot(long Revision, ImmutableSortedDictionary<string, StoredObject> Objects);

/// <summary>
/// All objects. Reads and watches come from memory. Writes go through one thread that makes everything waiting durable
/// in one transaction (group commit) before memory changes and anybody is told.
/// </summary>
internal sealed class ObjectStore : IDisposable
{
    private const int LargestBatch = 1024;

    private readonly Journal _journal;
    private readonly Channel<PendingWrite> _writes = Channel.CreateUnbounded<PendingWrite>(new() { SingleReader = true });
    private readonly Thread _committer;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ObjectCollection> _collections = new(StringComparer.Ordinal);
    private readonly Queue<ObjectCollection> _historyOrder = new();
    private readonly long _loadedRevision;
    private readonly long _historyBytes;
    private long _historySize;
    private long _revision;

    /// <param name="journal">The durable side; disposed of with the store.</param>
    /// <param name="historyBytes">How much of the recent changes stays in memory for watches that resume.</param>
    public ObjectStore(Journal journal, long historyBytes = 64 << 20)
    {
        _journal = journal;
        _historyBytes = historyBytes;
        // Revision 0 means "any" in requests, so that the first object has revision 2 as with etcd.
        _loadedRevision = _revision = Math.Max(journal.Revision, 1);
        foreach (var group in journal.Load().GroupBy(o => o.Key.Collection))
        {
            Collection(group.Key).Objects = ObjectCollection.Empty.AddRange(group.Select(o => KeyValuePair.Create(o.Key.InCollection, o)));
        }
        _committer = new Thread(CommitLoop) { Name = "commit", IsBackground = true };
        _committer.Start();
    }

    /// <summary>The revision of the last commit.</summary>
    public long Revision
    {
        get { lock (_gate) return _revision; }
    }

    public StoredObject? Get(ObjectKey key)
    {
        lock (_gate) return _collections.TryGetValue(key.Collection, out var collection) ? collection.Objects.GetValueOrDefault(key.InCollection) : null;
    }

    /// <summary>The collection as it is.</summary>
    public CollectionSnapshot List(string collection)
    {
        lock (_gate) return new(_revision, _collections.TryGetValue(collection, out var found) ? found.Objects : ObjectCollection.Empty);
    }

    /// <summary>The collection as it was at a revision; null when that is forgotten.</summary>
    public CollectionSnapshot? ListAt(string collection, long revision)
    {
        lock (_gate)
        {
            var found = Collection(collection);
            return revision < found.Horizon ? null : new(revision, found.At(revision));
        }
    }

    /// <summary>Watches a collection from a revision on.</summary>
    /// <returns>Null when the changes since then are no longer known.</returns>
    public Watcher? Watch(string collection, long afterRevision)
    {
        lock (_gate)
        {
            var found = Collection(collection);
            if (afterRevision < found.Horizon) return null;
            var watcher = new Watcher(this, collection, [.. found.History.SkipWhile(e => e.Revision <= afterRevision)]);
            found.Watchers.Add(watcher);
            return watcher;
        }
    }

    /// <summary>Watches a collection from now on, and gives what it holds now.</summary>
    public (Watcher Watcher, CollectionSnapshot Now) Watch(string collection)
    {
        lock (_gate)
        {
            var found = Collection(collection);
            var watcher = new Watcher(this, collection, []);
            found.Watchers.Add(watcher);
            return (watcher, new(_revision, found.Objects));
        }
    }

    public void Unwatch(Watcher watcher)
    {
        lock (_gate) Collection(watcher.Collection).Watchers.Remove(watcher);
    }

    /// <summary>Ends all watches of a collection (its resource is no longer served).</summary>
    public void EndWatches(string collection)
    {
        lock (_gate)
        {
            foreach (var watcher in Collection(collection).Watchers) watcher.Complete();
        }
    }

    /// <summary>Commits a write; the result is durable when the task ends.</summary>
    /// <exception cref="WriteConflictException">The object has not the expected revision.</exception>
    /// <exception cref="StorageUnavailableException">The write could not be made durable.</exception>
    public Task<StoredObject> CommitAsync(PendingWrite write)
    {
        if (!_writes.Writer.TryWrite(write)) throw new StorageUnavailableException("the server is shutting down");
        return write.Done.Task;
    }

    /// <summary>Commits what is waiting and closes the database.</summary>
    public void Dispose()
    {
        _writes.Writer.TryComplete();
        _committer.Join();
        _journal.Dispose();
        lock (_gate)
        {
            foreach (var watcher in _collections.Values.SelectMany(c => c.Watchers)) watcher.Complete();
        }
    }

    private ObjectCollection Collection(string name)
    {
        if (_collections.TryGetValue(name, out var collection)) return collection;
        return _collections[name] = new ObjectCollection(_loadedRevision);
    }

    private void CommitLoop()
    {
        var batch = new List<PendingWrite>();
        while (_writes.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            batch.Clear();
            while (batch.Count < LargestBatch && _writes.Reader.TryRead(out var write)) batch.Add(write);
            Commit(batch);
        }
    }

    private void Commit(List<PendingWrite> batch)
    {
        // Only this thread changes the store, so that reading without the lock is safe here; several writes of one
        // object in a batch see each other through the overlay.
        var overlay = new Dictionary<ObjectKey, StoredObject?>();
        var accepted = new List<(PendingWrite Write, CommittedEvent Change)>(batch.Count);
        var revision = _revision;
        foreach (var write in batch)
        {
            if (!overlay.TryGetValue(write.Key, out var current)) current = Get(write.Key);
            if ((current?.Revision ?? 0) != write.ExpectedRevision)
            {
                write.Done.SetException(new WriteConflictException(write.Key, current));
                continue;
            }
            try
            {
                var stored = new StoredObject(write.Key, revision + 1, write.At(revision + 1));
                accepted.Add((write, new CommittedEvent(++revision, current, stored, write.IsDeletion)));
                overlay[write.Key] = write.IsDeletion ? null : stored;
            }
            catch (InvalidOperationException e)
            {
                write.Done.SetException(e);
            }
        }
        if (accepted.Count == 0) return;
        try
        {
            _journal.Commit([.. accepted.Select(a => a.Change)], revision);
        }
        catch (Exception e)
        {
            foreach (var (write, _) in accepted) write.Done.SetException(e);
            return;
        }
        lock (_gate)
        {
            foreach (var (_, change) in accepted) Apply(change);
            _revision = revision;
        }
        foreach (var (write, change) in accepted) write.Done.SetResult(change.Current);
    }

    private void Apply(CommittedEvent change)
    {
        var key = change.Current.Key;
        var collection = Collection(key.Collection);
        collection.Objects = change.IsDeletion
            ? collection.Objects.Remove(key.InCollection)
            : collection.Objects.SetItem(key.InCollection, change.Current);
        collection.Append(change);
        _historyOrder.Enqueue(collection);
        _historySize += change.Size;
        while (_historySize > _historyBytes && _historyOrder.TryDequeue(out var oldest))
        {
            _historySize -= oldest.History.First().Size;
            oldest.ForgetOldest();
        }
        collection.Watchers.RemoveAll(w => !w.Offer(change));
    }
}
