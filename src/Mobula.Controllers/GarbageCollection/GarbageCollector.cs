using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Controllers.GarbageCollection;

/// <summary>Deletes what owners leave behind, and carries out foreground deletion and orphaning.</summary>
internal sealed class GarbageCollector : IController, IDisposable
{
    private const string Component = "garbage-collector-controller";
    private readonly ControllerContext _context;
    private readonly KubernetesApi _api;
    private readonly EventRecorder _recorder;
    private readonly ResourceMonitors _monitors;
    private readonly WorkQueue<Item> _queue;

    public GarbageCollector(ControllerContext context, ResourceMonitors monitors)
    {
        _context = context;
        _api = context.ApiFor("generic-garbage-collector");
        _recorder = context.Recorder(Component);
        _monitors = monitors;
        _queue = new(context.Time);
        monitors.Subscribe(Observe);
    }

    /// <summary>An object to look at.</summary>
    private readonly record struct Item(DiscoveredResource Resource, ObjectKey Key, string Uid);

    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await _monitors.WaitForSyncAsync(cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _context.Options.Log?.Invoke($"{Component}: some resources could not be listed yet; starting without them");
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return;
        }
        await _queue.RunAsync(20, WorkAsync, cancellation).ConfigureAwait(false);
    }

    public void Dispose() => _queue.Dispose();

    private void Observe(DiscoveredResource resource, JsonObject? old, JsonObject? now)
    {
        if (now is null)
        {
            foreach (var (r, dependent) in _monitors.OwnedBy(old!.Uid)) Enqueue(r, dependent);
            EnqueueWaitingOwners(old!);
            return;
        }
        if (now.IsTerminating)
        {
            if (GarbagePlanner.Waits(now, GarbagePlanner.ForegroundFinalizer) || GarbagePlanner.Waits(now, GarbagePlanner.OrphanFinalizer)) Enqueue(resource, now);
        }
        else if (now.List("metadata", "ownerReferences") is { Count: > 0 } references
            && (old is null || !JsonNode.DeepEquals(references, old.At("metadata", "ownerReferences"))))
        {
            Enqueue(resource, now);
        }
        // A dependent that no longer blocks may be what an owner waits for.
        if (old?.List("metadata", "ownerReferences") is { Count: > 0 } before && !JsonNode.DeepEquals(before, now.At("metadata", "ownerReferences"))) EnqueueWaitingOwners(old);
    }

    private void Enqueue(DiscoveredResource resource, JsonObject o) => _queue.Add(new(resource, ObjectKey.Of(o), o.Uid));

    private void EnqueueWaitingOwners(JsonObject dependent)
    {
        foreach (var reference in dependent.Objects("metadata", "ownerReferences"))
        {
            if (_monitors.Find(reference.Text("apiVersion") ?? "", reference.Text("kind") ?? "") is not { } resource) continue;
            var key = new ObjectKey(resource.IsNamespaced ? dependent.Namespace : null, reference.Text("name") ?? "");
            if (_monitors.Get(resource.Resource, key) is { } owner && GarbagePlanner.Waits(owner, GarbagePlanner.ForegroundFinalizer)) Enqueue(resource, owner);
        }
    }

    private async Task WorkAsync(Item item, CancellationToken cancellation)
    {
        try
        {
            await ReconcileAsync(item, cancellation).ConfigureAwait(false);
            _queue.Forget(item);
        }
        catch (StatusException e) when (e.IsNotFound)
        {
            _queue.Forget(item);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (e is not StatusException { IsConflict: true }) _context.Options.Log?.Invoke($"{Component}: {item.Resource.Resource.QualifiedName} {item.Key}: {e.Message}");
            _queue.AddAfterFailure(item);
        }
    }

    private async Task ReconcileAsync(Item item, CancellationToken cancellation)
    {
        var resource = item.Resource.Resource;
        if (await _api.FindAsync(resource, item.Key.Namespace, item.Key.Name, cancellation).ConfigureAwait(false) is not { } o || o.Uid != item.Uid) return;
        if (GarbagePlanner.Waits(o, GarbagePlanner.OrphanFinalizer))
        {
            await OrphanAsync(resource, o, cancellation).ConfigureAwait(false);
            return;
        }
        if (GarbagePlanner.Waits(o, GarbagePlanner.ForegroundFinalizer))
        {
            await DeleteDependentsAsync(resource, o, cancellation).ConfigureAwait(false);
            return;
        }
        if (o.IsTerminating) return;

        var references = o.Objects("metadata", "ownerReferences").ToArray();
        var states = new List<OwnerState>();
        foreach (var reference in references) states.Add(await StateAsync(o, reference, cancellation).ConfigureAwait(false));
        var dependents = _monitors.OwnedBy(o.Uid).ToArray();
        switch (GarbagePlanner.Decide(o, states, dependents.Length > 0))
        {
            case GarbageAction.DropReferences:
                var solid = references.Where((_, i) => states[i] == OwnerState.Solid).Select(r => r.Text("uid")).ToHashSet();
                await _api.PatchAsync(
                    resource, o.Namespace, o.Name, PatchType.Merge, GarbagePlanner.KeepReferences(o, r => solid.Contains(r.Text("uid"))), cancellation: cancellation).ConfigureAwait(false);
                break;
            case GarbageAction.DeleteForeground:
                // A dependent that itself waits for this object would wait for ever.
                foreach (var (r, dependent) in dependents.Where(d => GarbagePlanner.Waits(d.Object, GarbagePlanner.ForegroundFinalizer)))
                {
                    await UnblockAsync(r.Resource, dependent, o.Uid, cancellation).ConfigureAwait(false);
                }
                await DeleteAsync(resource, o, "Foreground", cancellation).ConfigureAwait(false);
                break;
            case GarbageAction.DeleteBackground:
                await DeleteAsync(resource, o, "Background", cancellation).ConfigureAwait(false);
                break;
            case GarbageAction.DeleteOrphan:
                await DeleteAsync(resource, o, "Orphan", cancellation).ConfigureAwait(false);
                break;
        }
    }

    private async Task<OwnerState> StateAsync(JsonObject dependent, JsonObject reference, CancellationToken cancellation)
    {
        var (apiVersion, kind, name, uid) = (reference.Text("apiVersion") ?? "", reference.Text("kind") ?? "", reference.Text("name") ?? "", reference.Text("uid") ?? "");
        var resource = _monitors.Find(apiVersion, kind)
            ?? throw new InvalidOperationException($"the owner {name} is a {apiVersion} {kind}, which this server does not know");
        if (resource.IsNamespaced && dependent.Namespace is null)
        {
            ReportNamespace(dependent, reference, "");
            throw new InvalidOperationException($"a cluster-scoped object cannot be owned by a {kind}, which is namespaced");
        }
        var key = new ObjectKey(resource.IsNamespaced ? dependent.Namespace : null, name);
        var owner = _monitors.Get(resource.Resource, key);
        // Only what the server itself says counts against an owner: the cache may lag.
        if (owner?.Uid != uid) owner = await _api.FindAsync(resource.Resource, key.Namespace, name, cancellation).ConfigureAwait(false);
        if (owner is null || owner.Uid != uid)
        {
            if (_monitors.ByUid(uid) is { } elsewhere && ObjectKey.Of(elsewhere) != key) ReportNamespace(dependent, reference, key.Namespace ?? "");
            return OwnerState.Absent;
        }
        return GarbagePlanner.Waits(owner, GarbagePlanner.ForegroundFinalizer) ? OwnerState.WaitsForDependents : OwnerState.Solid;
    }

    private void ReportNamespace(JsonObject dependent, JsonObject reference, string ns)
    {
        // Upstream's reference has no resourceVersion: the collector knows objects by identity only.
        var regarding = SignificantEvent.Reference(dependent);
        regarding.Remove("resourceVersion");
        _recorder.Record(new(regarding, "Warning", "OwnerRefInvalidNamespace",
            $"ownerRef [{reference.Text("apiVersion")}/{reference.Text("kind")}, namespace: {ns}, name: {reference.Text("name")}, uid: {reference.Text("uid")}] does not exist in namespace \"{ns}\""));
    }

    private async Task OrphanAsync(GroupVersionResource resource, JsonObject owner, CancellationToken cancellation)
    {
        await _monitors.WaitForSyncAsync(cancellation).ConfigureAwait(false);
        foreach (var (r, dependent) in _monitors.OwnedBy(owner.Uid))
        {
            try
            {
                await _api.PatchAsync(
                    r.Resource, dependent.Namespace, dependent.Name, PatchType.Merge, GarbagePlanner.KeepReferences(dependent, x => x.Text("uid") != owner.Uid), cancellation: cancellation).ConfigureAwait(false);
            }
            catch (StatusException e) when (e.IsNotFound)
            {
                continue;
            }
        }
        await DropFinalizerAsync(resource, owner, GarbagePlanner.OrphanFinalizer, cancellation).ConfigureAwait(false);
    }

    private async Task DeleteDependentsAsync(GroupVersionResource resource, JsonObject owner, CancellationToken cancellation)
    {
        await _monitors.WaitForSyncAsync(cancellation).ConfigureAwait(false);
        var dependents = _monitors.OwnedBy(owner.Uid).ToArray();
        if (!dependents.Any(d => GarbagePlanner.Blocks(d.Object, owner.Uid)))
        {
            await DropFinalizerAsync(resource, owner, GarbagePlanner.ForegroundFinalizer, cancellation).ConfigureAwait(false);
        }
        foreach (var (r, dependent) in dependents.Where(d => !d.Object.IsTerminating)) Enqueue(r, dependent);
    }

    private Task DropFinalizerAsync(GroupVersionResource resource, JsonObject o, string finalizer, CancellationToken cancellation) =>
        _api.PatchAsync(resource, o.Namespace, o.Name, PatchType.Merge, GarbagePlanner.DropFinalizer(o, finalizer), cancellation: cancellation);

    private async Task UnblockAsync(GroupVersionResource resource, JsonObject dependent, string ownerUid, CancellationToken cancellation)
    {
        var patch = GarbagePlanner.KeepReferences(dependent, _ => true);
        foreach (var reference in patch.Objects("metadata", "ownerReferences").Where(r => r.Text("uid") == ownerUid)) reference["blockOwnerDeletion"] = false;
        await _api.PatchAsync(resource, dependent.Namespace, dependent.Name, PatchType.Merge, patch, cancellation: cancellation).ConfigureAwait(false);
    }

    private Task<JsonObject> DeleteAsync(GroupVersionResource resource, JsonObject o, string policy, CancellationToken cancellation) => _api.DeleteAsync(
        resource,
        o.Namespace,
        o.Name,
        new()
        {
            ["propagationPolicy"] = policy,
            ["preconditions"] = new JsonObject { ["uid"] = o.Uid, ["resourceVersion"] = o.ResourceVersion },
        },
        cancellation);
}
