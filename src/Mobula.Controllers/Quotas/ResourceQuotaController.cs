using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Quotas;

/// <summary>Tells in the status of resource quotas what is used. Admission adds what it lets pass; this loop counts anew when something goes.</summary>
internal sealed class ResourceQuotaController : IController
{
    private const string Component = "resourcequota-controller";

    private static readonly TimeSpan FullCount = TimeSpan.FromMinutes(5);

    private readonly KubernetesApi _api;
    private readonly ResourceMonitors _monitors;
    private readonly Informer _quotas;
    private readonly ControlLoop _loop;

    public ResourceQuotaController(ControllerContext context, ResourceMonitors monitors)
    {
        _api = context.ApiFor(Component);
        _monitors = monitors;
        _quotas = context.Informer(Resources.ResourceQuotas);
        _loop = context.Loop(Component, ReconcileAsync)
            .Watch(_quotas, (old, now) => now is not null && !JsonNode.DeepEquals(now.At("spec", "hard"), now.At("status", "hard")) ? [ObjectKey.Of(now)] : []);
        monitors.Subscribe((resource, old, now) =>
        {
            var name = resource.Resource.QualifiedName;
            if ((now ?? old)?.Namespace is not { } ns || !QuotaUsagePlanner.FreesSomething(name, old, now)) return;
            foreach (var quota in _quotas.Cache.InNamespace(ns).Where(q => QuotaUsagePlanner.Counted(q).Contains(name))) _loop.Enqueue(ObjectKey.Of(quota));
        });
    }

    public Task RunAsync(CancellationToken cancellation) => _loop.RunAsync(2, cancellation);

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        // Read before the objects: what admission lets pass meanwhile makes the write below a conflict, and the count starts anew.
        if (await FindAsync(key, cancellation).ConfigureAwait(false) is not { IsTerminating: false } quota) return null;
        await _monitors.WaitForSyncAsync(cancellation).ConfigureAwait(false);
        var objects = new Dictionary<string, IReadOnlyList<JsonObject>>();
        foreach (var resource in QuotaUsagePlanner.Counted(quota))
        {
            // A quota may name what the server does not have (yet).
            if (_monitors.All.FirstOrDefault(m => m.Resource.Resource.QualifiedName == resource && m.Resource.IsNamespaced) is not { } monitor) continue;
            var list = await _api.ListAsync(monitor.Resource.Resource, key.Namespace, cancellation: cancellation).ConfigureAwait(false);
            objects[resource] = [.. list.Objects("items")];
        }
        var status = QuotaUsagePlanner.Status(quota, objects);
        if (JsonNode.DeepEquals(status, quota["status"])) return FullCount;
        quota["status"] = status;
        try
        {
            await _api.UpdateAsync(Resources.ResourceQuotas, quota, "status", cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsNotFound)
        {
            return null;
        }
        catch (StatusException e) when (e.IsConflict)
        {
            return TimeSpan.FromMilliseconds(10);
        }
        return FullCount;
    }

    /// <summary>The quota as it is now; this controller may list, but not get.</summary>
    private async Task<JsonObject?> FindAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_quotas.Cache.Get(key) is null) return null;
        var list = await _api.ListAsync(Resources.ResourceQuotas, key.Namespace, fieldSelector: $"metadata.name={key.Name}", cancellation: cancellation).ConfigureAwait(false);
        if (list.Objects("items").FirstOrDefault() is not { } quota) return null;
        var whole = quota.Clone();
        whole["apiVersion"] = "v1";
        whole["kind"] = "ResourceQuota";
        return whole;
    }
}
