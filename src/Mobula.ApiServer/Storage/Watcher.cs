using System.Threading.Channels;

namespace Mobula.ApiServer.Storage;

/// <summary>
/// The changes of a collection as one watcher gets them. The queue is bounded: a watcher that does not read is cut off
/// instead of holding memory or the others.
/// </summary>
internal sealed class Watcher(ObjectStore store, string collection, IReadOnlyList<CommittedEvent> missed) : IDisposable
{
    /// <summary>Changes that may wait for a watcher.</summary>
    public const int Capacity = 8192;

    private readonly Channel<CommittedEvent> _queue = Channel.CreateBounded<CommittedEvent>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true, FullMode = BoundedChannelFullMode.Wait });

    /// <summary>The changes between the revision asked for and the start of the queue.</summary>
    public IReadOnlyList<CommittedEvent> Missed { get; } = missed;

    public string Collection { get; } = collection;

    public ChannelReader<CommittedEvent> Changes => _queue.Reader;

    /// <summary>Called by the commit thread.</summary>
    /// <returns>False when the watcher is too slow and was cut off.</returns>
    public bool Offer(CommittedEvent change)
    {
        if (_queue.Writer.TryWrite(change)) return true;
        _queue.Writer.TryComplete();
        return false;
    }

    public void Complete() => _queue.Writer.TryComplete();

    public void Dispose()
    {
        store.Unwatch(this);
        Complete();
    }
}
