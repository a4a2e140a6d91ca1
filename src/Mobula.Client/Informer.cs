using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Client;

/// <summary>
/// Keeps a local copy of a collection: lists it, watches it from the list's revision on, and lists again when the
/// server no longer has that revision (410). Failures are retried with growing waits.
/// </summary>
public sealed class Informer
{
    private readonly KubernetesApi _api;
    private readonly InformerOptions _options;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _dispatch = new();
    private Action<JsonObject?, JsonObject?>[] _subscribers = [];
    private long _revision;

    /// <summary>Makes an informer; <see cref="RunAsync"/> sets it going.</summary>
    public Informer(KubernetesApi api, GroupVersionResource resource, InformerOptions? options = null, TimeProvider? time = null)
    {
        _api = api;
        Resource = resource;
        _options = options ?? new();
        _time = time ?? TimeProvider.System;
    }

    /// <summary>What is followed.</summary>
    public GroupVersionResource Resource { get; }

    /// <summary>The objects as last seen.</summary>
    public ObjectCache Cache { get; } = new();

    /// <summary>
    /// The newest revision seen, 0 before the first list. Revisions of one server are ordered numbers, so that a writer can
    /// tell whether the cache holds its own write already.
    /// </summary>
    public long Revision => Volatile.Read(ref _revision);

    /// <summary>Whether the first list is in the cache and has been told to the subscribers.</summary>
    public bool HasSynced => _synced.Task.IsCompletedSuccessfully;

    /// <summary>Waits for the first list.</summary>
    public Task WaitForSyncAsync(CancellationToken cancellation = default) => _synced.Task.WaitAsync(cancellation);

    /// <summary>One object, or null.</summary>
    public JsonObject? Get(string? ns, string name) => Cache.Get(ns, name);

    /// <summary>
    /// Tells of every change as (old, new): old is null when the object is new, new is null when it is gone. Objects that
    /// are there already are told at once as new. The calls come one at a time and in the order of changes; they must not
    /// block.
    /// </summary>
    /// <returns>Ends the subscription when disposed.</returns>
    public IDisposable Subscribe(Action<JsonObject?, JsonObject?> changed)
    {
        lock (_dispatch)
        {
            _subscribers = [.. _subscribers, changed];
            foreach (var o in Cache.List()) changed(null, o);
        }
        return new Subscription(this, changed);
    }

    /// <summary>Follows the collection until cancelled; then it returns normally.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var failures = 0;
        string? revision = null;
        var paged = _options.PageSize > 0;
        while (!cancellation.IsCancellationRequested)
        {
            var wait = TimeSpan.Zero;
            try
            {
                if (revision is null)
                {
                    revision = await ListAsync(paged, cancellation).ConfigureAwait(false);
                    paged = _options.PageSize > 0;
                    _synced.TrySetResult();
                    failures = 0;
                }
                var opened = _time.GetTimestamp();
                var heard = false;
                await foreach (var e in WatchAsync(revision, cancellation).ConfigureAwait(false))
                {
                    revision = Apply(e) ?? revision;
                    heard = true;
                    failures = 0;
                }
                // A stream that ends at once and empty, again and again, is a failure in all but name.
                if (!heard && _time.GetElapsedTime(opened) < TimeSpan.FromSeconds(1)) wait = _options.Backoff.WithJitter(++failures);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                break;
            }
            catch (StatusException e) when (e.Code == 410)
            {
                // Either the watch's revision is too old, or a page's continue token is: then one whole list will do.
                if (revision is null) paged = false;
                revision = null;
                wait = failures == 0 ? TimeSpan.Zero : _options.Backoff.WithJitter(failures);
                failures++;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // Whatever a server sends or a subscriber throws, everybody else goes on being told.
                _options.OnError?.Invoke(e);
                if (e is not (HttpRequestException or IOException or JsonException)) revision = null;
                wait = _options.Backoff.WithJitter(++failures);
                if (e is StatusException { RetryAfterSeconds: { } seconds } && wait < TimeSpan.FromSeconds(seconds)) wait = TimeSpan.FromSeconds(seconds);
            }
            if (wait > TimeSpan.Zero && !await DelayAsync(wait, cancellation).ConfigureAwait(false)) break;
        }
    }

    private IAsyncEnumerable<WatchEvent> WatchAsync(string revision, CancellationToken cancellation) => _api.WatchAsync(
        Resource, _options.Namespace, revision, _options.LabelSelector, _options.FieldSelector, Random.Shared.Next(300, 600), cancellation);

    private async Task<string> ListAsync(bool paged, CancellationToken cancellation)
    {
        var objects = new List<JsonObject>();
        string? next = null;
        string revision;
        do
        {
            var page = await _api.ListPageAsync(
                Resource, _options.Namespace, _options.LabelSelector, _options.FieldSelector, paged ? _options.PageSize : null, next, cancellation).ConfigureAwait(false);
            // Items of built-in lists do not carry their type; the list does.
            var kind = page.Kind.EndsWith("List", StringComparison.Ordinal) ? page.Kind[..^4] : page.Kind;
            var apiVersion = page.ApiVersion;
            var items = page.List("items");
            if (items is not null)
            {
                var taken = items.ToArray();
                items.Clear();
                foreach (var item in taken)
                {
                    if (item is not JsonObject o) continue;
                    if (o.Kind.Length == 0) o["kind"] = kind;
                    if (o.ApiVersion.Length == 0) o["apiVersion"] = apiVersion;
                    objects.Add(o);
                }
            }
            revision = page.ResourceVersion;
            next = page.Text("metadata", "continue");
        }
        while (!string.IsNullOrEmpty(next));
        See(revision);
        Replace(objects);
        return revision;
    }

    private void Replace(List<JsonObject> objects)
    {
        lock (_dispatch)
        {
            var gone = new HashSet<ObjectKey>(Cache.Keys());
            foreach (var o in objects)
            {
                gone.Remove(ObjectKey.Of(o));
                Store(o);
            }
            foreach (var key in gone) Drop(key);
        }
    }

    private string? Apply(WatchEvent e)
    {
        if (e.Type != "ERROR") See(e.Object.ResourceVersion);
        switch (e.Type)
        {
            case "ADDED" or "MODIFIED":
                lock (_dispatch) Store(e.Object);
                break;
            case "DELETED":
                lock (_dispatch) Drop(ObjectKey.Of(e.Object));
                break;
            case "ERROR":
                throw new StatusException(e.Object);
        }
        return e.Object.ResourceVersion is { Length: > 0 } revision ? revision : null;
    }

    private void See(string revision)
    {
        if (long.TryParse(revision, CultureInfo.InvariantCulture, out var number) && number > _revision) Volatile.Write(ref _revision, number);
    }

    private void Store(JsonObject o)
    {
        var old = Cache.Set(o);
        // An object deleted and made anew between two lists is two objects of one name.
        if (old is not null && old.Uid != o.Uid)
        {
            Tell(old, null);
            old = null;
        }
        else if (old is not null && old.ResourceVersion == o.ResourceVersion && o.ResourceVersion.Length > 0)
        {
            return;
        }
        Tell(old, o);
    }

    private void Drop(ObjectKey key)
    {
        if (Cache.Remove(key) is { } old) Tell(old, null);
    }

    private void Tell(JsonObject? old, JsonObject? now)
    {
        foreach (var subscriber in _subscribers) subscriber(old, now);
    }

    private async Task<bool> DelayAsync(TimeSpan delay, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(delay, _time, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private sealed class Subscription(Informer informer, Action<JsonObject?, JsonObject?> changed) : IDisposable
    {
        public void Dispose()
        {
            lock (informer._dispatch) informer._subscribers = [.. informer._subscribers.Where(s => s != changed)];
        }
    }
}
