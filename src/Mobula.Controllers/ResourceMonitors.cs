using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Controllers;

/// <summary>
/// Follows the objects of every resource that can be listed, watched and deleted, those of custom resources included as
/// they come and go. Events are left out: they own nothing and are many.
/// </summary>
internal sealed class ResourceMonitors
{
    /// <summary>The name of the index by UID.</summary>
    public const string UidIndex = "uid";

    private readonly ControllerContext _context;
    private readonly Informer _definitions;
    private readonly SemaphoreSlim _changed = new(1);
    private readonly List<Action<DiscoveredResource, JsonObject?, JsonObject?>> _subscribers = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ImmutableDictionary<GroupVersionResource, Monitor> _monitors = ImmutableDictionary<GroupVersionResource, Monitor>.Empty;
    private ImmutableArray<DiscoveredResource> _resources = [];

    public ResourceMonitors(ControllerContext context)
    {
        _context = context;
        _definitions = context.Informer(Resources.CustomResourceDefinitions);
        _definitions.Subscribe((old, now) =>
        {
            if (old is null || now is null || old.Generation != now.Generation || Conditions.IsTrue(old, "Established") != Conditions.IsTrue(now, "Established")) Signal();
        });
    }

    /// <summary>One resource that is followed.</summary>
    internal sealed record Monitor(DiscoveredResource Resource, Informer Informer, IDisposable Subscription);

    public IEnumerable<Monitor> All => _monitors.Values;

    /// <summary>Told of each change, with the resource; see <see cref="Informer.Subscribe"/>. To be called before <see cref="RunAsync"/>.</summary>
    public void Subscribe(Action<DiscoveredResource, JsonObject?, JsonObject?> changed) => _subscribers.Add(changed);

    /// <summary>The resource of a kind, in whichever version it is followed; null when the server has none.</summary>
    public DiscoveredResource? Find(string apiVersion, string kind)
    {
        var group = GroupVersionKind.Parse(apiVersion, kind).Group;
        return _resources.FirstOrDefault(r => r.Kind == kind && r.Resource.Group == group);
    }

    /// <summary>The objects of all resources that name an owner.</summary>
    public IEnumerable<(DiscoveredResource Resource, JsonObject Object)> OwnedBy(string uid) =>
        _monitors.Values.SelectMany(m => m.Informer.Cache.OwnedBy(uid).Select(o => (m.Resource, o)));

    /// <summary>The object of a UID, wherever it is; null when it is in no cache.</summary>
    public JsonObject? ByUid(string uid) =>
        _monitors.Values.Select(m => m.Informer.Cache.Find(UidIndex, uid).FirstOrDefault()).FirstOrDefault(o => o is not null);

    /// <summary>One object as it is cached.</summary>
    public JsonObject? Get(GroupVersionResource resource, ObjectKey key) => _monitors.GetValueOrDefault(resource)?.Informer.Cache.Get(key);

    /// <summary>Waits until all that is followed has been listed.</summary>
    /// <exception cref="TimeoutException">It takes longer than half a minute.</exception>
    public async Task WaitForSyncAsync(CancellationToken cancellation)
    {
        await _ready.Task.WaitAsync(cancellation).ConfigureAwait(false);
        await Task.WhenAll(_monitors.Values.Select(m => m.Informer.WaitForSyncAsync(cancellation)))
            .WaitAsync(TimeSpan.FromSeconds(30), _context.Time, cancellation).ConfigureAwait(false);
    }

    /// <summary>Follows until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await _changed.WaitAsync(cancellation).ConfigureAwait(false);
                if (await TryFollowAsync(cancellation).ConfigureAwait(false)) _ready.TrySetResult();
                else _ = SignalLaterAsync(cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
    }

    private void Signal()
    {
        if (_changed.CurrentCount == 0) _changed.Release();
    }

    private async Task SignalLaterAsync(CancellationToken cancellation)
    {
        await Task.Delay(TimeSpan.FromSeconds(1), _context.Time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Signal();
    }

    /// <returns>False when the server does not tell of all yet.</returns>
    private async Task<bool> TryFollowAsync(CancellationToken cancellation)
    {
        var complete = true;
        List<DiscoveredResource> resources;
        try
        {
            resources = await Discovery.ReadAsync(_context.Api, _ => complete = false, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StatusException or HttpRequestException or IOException or System.Text.Json.JsonException)
        {
            _context.Options.Log?.Invoke($"discovery: {e.Message}");
            return false;
        }
        _resources = [.. resources];
        var wanted = resources.Where(r => IsFollowed(r)).ToDictionary(r => r.Resource);
        foreach (var (resource, discovered) in wanted)
        {
            if (_monitors.ContainsKey(resource)) continue;
            var informer = _context.Informer(resource);
            informer.Cache.AddIndex(UidIndex, o => [o.Uid]);
            _monitors = _monitors.Add(resource, new(discovered, informer, informer.Subscribe((old, now) =>
            {
                foreach (var subscriber in _subscribers) subscriber(discovered, old, now);
            })));
        }
        // A group that could not be read is not gone.
        foreach (var (resource, monitor) in _monitors.Where(m => complete && !wanted.ContainsKey(m.Key)).ToArray())
        {
            monitor.Subscription.Dispose();
            _context.Informers.Stop(resource);
            _monitors = _monitors.Remove(resource);
        }
        // A definition may be established a moment before discovery tells of it.
        return complete && _definitions.Cache.List().All(d => !Conditions.IsTrue(d, "Established") || d.IsTerminating
            || resources.Any(r => r.Resource.Group == d.Text("spec", "group") && r.Resource.Resource == d.Text("spec", "names", "plural")));
    }

    private static bool IsFollowed(DiscoveredResource r) =>
        r.Verbs.Contains("list") && r.Verbs.Contains("watch") && r.Verbs.Contains("delete") && r.Resource.Resource != "events";
}
