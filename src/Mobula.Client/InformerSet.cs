using Mobula.Kubernetes;

namespace Mobula.Client;

/// <summary>Informers that several control loops share: one watch a resource, however many look at it.</summary>
/// <param name="api">The server.</param>
/// <param name="time">The clock.</param>
/// <param name="options">Holds for each informer.</param>
public sealed class InformerSet(KubernetesApi api, TimeProvider? time = null, InformerOptions? options = null)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<GroupVersionResource, Entry> _entries = [];
    private CancellationToken? _running;

    /// <summary>The informer of a resource; made, and started if the set runs, when it is asked for the first time.</summary>
    public Informer For(GroupVersionResource resource)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(resource, out var entry))
            {
                entry = new(new(api, resource, options, time));
                _entries.Add(resource, entry);
                if (_running is { } cancellation) entry.Start(cancellation);
            }
            return entry.Informer;
        }
    }

    /// <summary>Stops following a resource, for example when its CRD is gone. Its cache stays as it was.</summary>
    public void Stop(GroupVersionResource resource)
    {
        Entry? entry;
        lock (_gate) _entries.Remove(resource, out entry);
        entry?.Stop();
    }

    /// <summary>Runs all informers, also those asked for later, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            _running = cancellation;
            foreach (var entry in _entries.Values) entry.Start(cancellation);
        }
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (cancellation.Register(stopped.SetResult)) await stopped.Task.ConfigureAwait(false);
        Task[] tasks;
        lock (_gate) tasks = [.. _entries.Values.Select(e => e.Task)];
        await Task.WhenAll(tasks).ConfigureAwait(false);
    }

    private sealed class Entry(Informer informer)
    {
        private CancellationTokenSource? _stop;

        public Informer Informer => informer;

        public Task Task { get; private set; } = Task.CompletedTask;

        public void Start(CancellationToken cancellation)
        {
            if (_stop is not null) return;
            _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var token = _stop.Token;
            Task = Task.Run(() => informer.RunAsync(token), CancellationToken.None);
        }

        public void Stop() => _stop?.Cancel();
    }
}
