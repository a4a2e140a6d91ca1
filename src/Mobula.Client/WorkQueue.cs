using System.Threading.Channels;

namespace Mobula.Client;

/// <summary>
/// Keys waiting for work. A key that waits already is not added twice; a key added while it is being worked on is worked
/// on once more afterwards, never by two workers at once.
/// </summary>
/// <typeparam name="TKey">What names a piece of work.</typeparam>
public sealed class WorkQueue<TKey> : IDisposable where TKey : notnull
{
    private readonly TimeProvider _time;
    private readonly Backoff _backoff;
    private readonly Lock _gate = new();
    private readonly Channel<TKey> _ready = Channel.CreateUnbounded<TKey>();
    private readonly HashSet<TKey> _dirty = [];
    private readonly HashSet<TKey> _processing = [];
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly Dictionary<TKey, long> _due = [];
    private readonly PriorityQueue<TKey, long> _delayed = new();
    private readonly ITimer _timer;

    /// <summary>Makes an empty queue.</summary>
    /// <param name="time">The clock of delays.</param>
    /// <param name="backoff">The wait after failures of a key; <see cref="Backoff.Keys"/> by default.</param>
    public WorkQueue(TimeProvider? time = null, Backoff? backoff = null)
    {
        _time = time ?? TimeProvider.System;
        _backoff = backoff ?? Backoff.Keys;
        _timer = _time.CreateTimer(_ => Release(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The number of keys that wait for a worker now.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _dirty.Count;
        }
    }

    /// <summary>Adds a key now.</summary>
    public void Add(TKey key)
    {
        lock (_gate)
        {
            if (!_dirty.Add(key) || _processing.Contains(key)) return;
            _ready.Writer.TryWrite(key);
        }
    }

    /// <summary>Adds a key after a delay; of two delays of one key the one that ends first holds.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }
        lock (_gate)
        {
            var due = _time.GetUtcNow().UtcTicks + delay.Ticks;
            if (_due.TryGetValue(key, out var earlier) && earlier <= due) return;
            _due[key] = due;
            _delayed.Enqueue(key, due);
            SetTimer();
        }
    }

    /// <summary>Adds a key after the wait that its failures so far ask for, and counts one more.</summary>
    /// <returns>The wait.</returns>
    public TimeSpan AddAfterFailure(TKey key)
    {
        TimeSpan delay;
        lock (_gate)
        {
            var failures = _failures.GetValueOrDefault(key) + 1;
            _failures[key] = failures;
            delay = _backoff.After(failures);
        }
        AddAfter(key, delay);
        return delay;
    }

    /// <summary>The failures of a key in a row.</summary>
    public int Failures(TKey key)
    {
        lock (_gate) return _failures.GetValueOrDefault(key);
    }

    /// <summary>Forgets the failures of a key: it succeeded.</summary>
    public void Forget(TKey key)
    {
        lock (_gate) _failures.Remove(key);
    }

    /// <summary>Works on keys until cancelled; then it returns when the workers have come to an end.</summary>
    /// <param name="workers">How many keys are worked on at once at most.</param>
    /// <param name="work">Does the work of a key. It must not throw, except for cancellation.</param>
    /// <param name="cancellation">Ends the work.</param>
    public Task RunAsync(int workers, Func<TKey, CancellationToken, Task> work, CancellationToken cancellation) =>
        Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(() => WorkAsync(work, cancellation), CancellationToken.None)));

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private async Task WorkAsync(Func<TKey, CancellationToken, Task> work, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                var key = await _ready.Reader.ReadAsync(cancellation).ConfigureAwait(false);
                lock (_gate)
                {
                    _dirty.Remove(key);
                    _processing.Add(key);
                }
                try
                {
                    await work(key, cancellation).ConfigureAwait(false);
                }
                finally
                {
                    lock (_gate)
                    {
                        _processing.Remove(key);
                        if (_dirty.Contains(key)) _ready.Writer.TryWrite(key);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
    }

    private void Release()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow().UtcTicks;
            while (_delayed.TryPeek(out var key, out var due) && due <= now)
            {
                _delayed.Dequeue();
                if (!_due.TryGetValue(key, out var wanted) || wanted != due) continue;
                _due.Remove(key);
                Add(key);
            }
            SetTimer();
        }
    }

    private void SetTimer()
    {
        while (_delayed.TryPeek(out var key, out var due))
        {
            if (!_due.TryGetValue(key, out var wanted) || wanted != due)
            {
                _delayed.Dequeue();
                continue;
            }
            // Timers count in milliseconds and may round down: one more keeps a release from coming just too early.
            var wait = Math.Max(0, due - _time.GetUtcNow().UtcTicks);
            _timer.Change(TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(TimeSpan.FromTicks(wait).TotalMilliseconds), 1e9)), Timeout.InfiniteTimeSpan);
            return;
        }
    }
}
