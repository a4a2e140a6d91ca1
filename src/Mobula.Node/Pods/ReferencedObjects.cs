using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Node.Pods;

/// <summary>
/// The ConfigMaps and Secrets that pods of this node refer to. Each is watched by itself while a pod needs it, so that the node
/// reads nothing that is not its business and hears of changes at once.
/// </summary>
internal sealed class ReferencedObjects(KubernetesApi api, TimeProvider time) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(GroupVersionResource, ObjectKey), Watched> _watched = [];

    /// <summary>Called with the uid of each pod that uses an object that changed.</summary>
    public event Action<string>? Changed;

    /// <summary>The object as it is now, or null; from now on the pod hears of its changes.</summary>
    public async Task<JsonObject?> GetAsync(GroupVersionResource resource, string ns, string name, string podUid, CancellationToken cancellation)
    {
        Watched watched;
        lock (_lock)
        {
            var key = (resource, new ObjectKey(ns, name));
            if (!_watched.TryGetValue(key, out watched!))
            {
                watched = new(new Informer(api, resource, new InformerOptions { Namespace = ns, FieldSelector = $"metadata.name={name}" }, time));
                _watched[key] = watched;
                var users = watched.Users;
                watched.Informer.Subscribe((_, _) =>
                {
                    string[] uids;
                    lock (_lock) uids = [.. users];
                    foreach (var uid in uids) Changed?.Invoke(uid);
                });
                watched.Running = watched.Informer.RunAsync(watched.Ending.Token);
            }
            watched.Users.Add(podUid);
        }
        await watched.Informer.WaitForSyncAsync(cancellation).ConfigureAwait(false);
        return watched.Informer.Get(ns, name);
    }

    /// <summary>The pod is gone: what only it needed is not watched any more.</summary>
    public void Release(string podUid)
    {
        lock (_lock)
        {
            foreach (var (key, watched) in _watched.ToList())
            {
                if (!watched.Users.Remove(podUid) || watched.Users.Count > 0) continue;
                watched.Ending.Cancel();
                _watched.Remove(key);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        List<Watched> all;
        lock (_lock)
        {
            all = [.. _watched.Values];
            _watched.Clear();
        }
        foreach (var watched in all) await watched.Ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(all.Select(w => w.Running)).ConfigureAwait(false);
    }

    private sealed class Watched(Informer informer)
    {
        public Informer Informer { get; } = informer;

        public HashSet<string> Users { get; } = [];

        public CancellationTokenSource Ending { get; } = new();

        public Task Running { get; set; } = Task.CompletedTask;
    }
}
