using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Client;

/// <summary>
/// Reconciles keys that informers name. An error of a reconcile brings the key back after a growing wait; a reconcile
/// that returns a delay comes back after it.
/// </summary>
public sealed class ControlLoop : IDisposable
{
    private readonly WorkQueue<ObjectKey> _queue;
    private readonly Func<ObjectKey, CancellationToken, Task<TimeSpan?>> _reconcile;
    private readonly List<Informer> _informers = [];
    private readonly List<IDisposable> _subscriptions = [];

    /// <summary>Makes a loop; <see cref="RunAsync"/> sets it going.</summary>
    /// <param name="name">Names the loop in errors, for example <c>deployment</c>.</param>
    /// <param name="reconcile">Brings the object of a key nearer to what it asks for; returns the delay after which to look again, or null.</param>
    /// <param name="time">The clock.</param>
    /// <param name="backoff">The wait after errors.</param>
    public ControlLoop(string name, Func<ObjectKey, CancellationToken, Task<TimeSpan?>> reconcile, TimeProvider? time = null, Backoff? backoff = null)
    {
        Name = name;
        _reconcile = reconcile;
        _queue = new(time, backoff);
    }

    /// <summary>The loop's name.</summary>
    public string Name { get; }

    /// <summary>Told of each failed reconcile, with its key. Conflicts are not failures: the object is only looked at again.</summary>
    public Action<string, ObjectKey, Exception>? OnError { get; init; }

    /// <summary>Reconciles the objects of an informer themselves, whenever they change.</summary>
    public ControlLoop Watch(Informer informer) => Watch(informer, (old, now) => [ObjectKey.Of((now ?? old)!)]);

    /// <summary>Reconciles the keys that a change of an informer's object concerns.</summary>
    /// <param name="informer">What is followed.</param>
    /// <param name="keys">From (old, new) to keys; see <see cref="Informer.Subscribe"/>.</param>
    public ControlLoop Watch(Informer informer, Func<JsonObject?, JsonObject?, IEnumerable<ObjectKey>> keys)
    {
        _informers.Add(informer);
        _subscriptions.Add(informer.Subscribe((old, now) =>
        {
            foreach (var key in keys(old, now)) _queue.Add(key);
        }));
        return this;
    }

    /// <summary>Waits for an informer before the first reconcile, without reconciling on its changes.</summary>
    public ControlLoop Reads(Informer informer)
    {
        _informers.Add(informer);
        return this;
    }

    /// <summary>Asks for a reconcile.</summary>
    public void Enqueue(ObjectKey key) => _queue.Add(key);

    /// <summary>Asks for a reconcile after a delay.</summary>
    public void EnqueueAfter(ObjectKey key, TimeSpan delay) => _queue.AddAfter(key, delay);

    /// <summary>Waits until the informers have listed, then reconciles until cancelled.</summary>
    public async Task RunAsync(int workers, CancellationToken cancellation)
    {
        try
        {
            await Task.WhenAll(_informers.Select(i => i.WaitForSyncAsync(cancellation))).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return;
        }
        await _queue.RunAsync(workers, ReconcileAsync, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var subscription in _subscriptions) subscription.Dispose();
        _queue.Dispose();
    }

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        try
        {
            var again = await _reconcile(key, cancellation).ConfigureAwait(false);
            _queue.Forget(key);
            if (again is { } delay) _queue.AddAfter(key, delay);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (StatusException e) when (e.IsConflict)
        {
            _queue.AddAfterFailure(key);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // One object that cannot be reconciled, for whatever reason, must not stop the loop for all others.
            OnError?.Invoke(Name, key, e);
            _queue.AddAfterFailure(key);
        }
    }
}
