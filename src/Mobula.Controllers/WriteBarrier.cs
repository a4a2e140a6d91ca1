using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Controllers;

/// <summary>
/// Keeps a controller from acting on a cache that lags behind its own writes: it would create what it has just created.
/// The event of the write itself brings the key back.
/// </summary>
internal sealed class WriteBarrier(Informer informer)
{
    private readonly ConcurrentDictionary<ObjectKey, long> _written = new();

    /// <summary>Remembers a write on behalf of a key, by what the server answered.</summary>
    public void Wrote(ObjectKey key, JsonObject answer)
    {
        if (!long.TryParse(answer.ResourceVersion, CultureInfo.InvariantCulture, out var revision)) return;
        _written.AddOrUpdate(key, revision, (_, old) => Math.Max(old, revision));
    }

    /// <summary>Whether the cache holds all writes of a key.</summary>
    public bool Holds(ObjectKey key)
    {
        if (!_written.TryGetValue(key, out var revision)) return true;
        if (informer.Revision < revision) return false;
        _written.TryRemove(KeyValuePair.Create(key, revision));
        return true;
    }

    /// <summary>Forgets a key that is gone.</summary>
    public void Forget(ObjectKey key) => _written.TryRemove(key, out _);
}
