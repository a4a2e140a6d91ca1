using System.Threading.Channels;

namespace Mobula.Client;

/// <summary>Hands items to one consumer in the background and in order. Adding never blocks.</summary>
public sealed class BackgroundQueue<T> : IAsyncDisposable
{
    private const int Capacity = 1000;
    private static readonly TimeSpan LastChance = TimeSpan.FromSeconds(5);
    private readonly Channel<T> _items = Channel.CreateBounded<T>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<T, CancellationToken, Task> _consume;
    private readonly Task _consuming;

    /// <summary>Makes a queue; it consumes at once.</summary>
    /// <param name="consume">Takes one item. What it throws, other than for the token, ends the queue.</param>
    public BackgroundQueue(Func<T, CancellationToken, Task> consume)
    {
        _consume = consume;
        _consuming = Task.Run(ConsumeAllAsync);
    }

    /// <summary>Adds an item; it is dropped when a thousand wait already.</summary>
    public void Add(T item) => _items.Writer.TryWrite(item);

    /// <summary>Consumes what waits, for 5 seconds at most, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _items.Writer.TryComplete();
        try
        {
            await _consuming.WaitAsync(LastChance).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await _consuming.ConfigureAwait(false);
        }
        _stop.Dispose();
    }

    private async Task ConsumeAllAsync()
    {
        try
        {
            await foreach (var item in _items.Reader.ReadAllAsync(_stop.Token).ConfigureAwait(false)) await _consume(item, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
        }
    }
}
