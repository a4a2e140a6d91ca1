using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Namespaces;

/// <summary>Empties namespaces that are being deleted, tells how far it is, and lets them go when they are empty.</summary>
internal sealed class NamespaceController : IController
{
    private const string Component = "namespace-controller";
    private const string Finalizer = "kubernetes";
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(20);
    private readonly ControllerContext _context;
    private readonly KubernetesApi _api;
    private readonly Informer _namespaces;
    private readonly ControlLoop _loop;

    public NamespaceController(ControllerContext context, ResourceMonitors monitors)
    {
        _context = context;
        _api = context.ApiFor(Component);
        _namespaces = context.Informer(Resources.Namespaces);
        _loop = context.Loop(Component, ReconcileAsync)
            .Watch(_namespaces, (_, now) => now is { IsTerminating: true } ? [ObjectKey.Of(now)] : []);
        monitors.Subscribe((_, old, now) =>
        {
            // What goes may have been the last: a moment later, since more is likely to go with it.
            if (now is null && old!.Namespace is { } ns && _namespaces.Get(null, ns) is { IsTerminating: true }) _loop.EnqueueAfter(new(null, ns), Settle);
        });
    }

    public Task RunAsync(CancellationToken cancellation) => _loop.RunAsync(10, cancellation);

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (await _api.FindAsync(Resources.Namespaces, null, key.Name, cancellation).ConfigureAwait(false) is not { IsTerminating: true } ns) return null;
        if (!ns.Texts("spec", "finalizers").Contains(Finalizer)) return null;

        var deletion = await EmptyAsync(key.Name, cancellation).ConfigureAwait(false);
        var conditions = deletion.Conditions(ns.Objects("status", "conditions"), _context.Now);
        if (ns.Text("status", "phase") != "Terminating" || !JsonNode.DeepEquals(conditions, ns.At("status", "conditions")))
        {
            ns["status"] = new JsonObject { ["phase"] = "Terminating", ["conditions"] = conditions };
            ns = await _api.UpdateAsync(Resources.Namespaces, ns, "status", cancellation).ConfigureAwait(false);
        }
        if (!deletion.IsEmpty)
        {
            if (deletion.ContentFailures.Count > 0 || deletion.DiscoveryFailures.Count > 0)
            {
                throw new StatusException(500, "InternalError", $"namespace {key.Name}: {string.Join("; ", deletion.DiscoveryFailures.Concat(deletion.ContentFailures))}");
            }
            // Each deletion brings it back; this is for resources that cannot be watched.
            return TimeSpan.FromSeconds(Math.Max(5, (deletion.EstimateSeconds ?? 0) / 2));
        }
        ns.Ensure("spec")["finalizers"] = new JsonArray([.. ns.Texts("spec", "finalizers").Where(f => f != Finalizer).Select(f => JsonValue.Create(f))]);
        try
        {
            await _api.SendAsync(HttpMethod.Put, Resources.Namespaces.Path(null, key.Name, "finalize"), ns, null, cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsNotFound)
        {
            return null;
        }
        return null;
    }

    private async Task<NamespaceDeletion> EmptyAsync(string ns, CancellationToken cancellation)
    {
        var deletion = new NamespaceDeletion();
        var resources = await Discovery.ReadAsync(_api, e => deletion.DiscoveryFailures.Add(e.Message), cancellation).ConfigureAwait(false);
        var deletable = resources.Where(r => r.IsNamespaced && r.Verbs.Contains("delete") && r.Verbs.Contains("list")).ToArray();
        foreach (var found in await Task.WhenAll(deletable.Select(r => EmptyAsync(r, ns, cancellation))).ConfigureAwait(false))
        {
            if (found.Failure is not null) deletion.ContentFailures.Add(found.Failure);
            if (found.Items.Count == 0) continue;
            deletion.Remaining[$"{found.Resource.Resource.Resource}.{found.Resource.Resource.Group}"] = found.Items.Count;
            foreach (var finalizer in found.Items.SelectMany(i => i.Texts("metadata", "finalizers")))
            {
                deletion.Finalizers[finalizer] = deletion.Finalizers.GetValueOrDefault(finalizer) + 1;
            }
            if (found.Resource.Resource == Resources.Pods)
            {
                var grace = found.Items.Select(p => p.Text("status", "phase") is "Succeeded" or "Failed" ? 0 : p.Integer("spec", "terminationGracePeriodSeconds") ?? 0).Max();
                deletion.EstimateSeconds = Math.Max(deletion.EstimateSeconds ?? 0, grace);
            }
        }
        return deletion;
    }

    private async Task<(DiscoveredResource Resource, IReadOnlyList<JsonObject> Items, string? Failure)> EmptyAsync(DiscoveredResource resource, string ns, CancellationToken cancellation)
    {
        try
        {
            var items = (await _api.ListAsync(resource.Resource, ns, cancellation: cancellation).ConfigureAwait(false)).Objects("items").ToArray();
            if (items.Length == 0) return (resource, items, null);
            var background = new JsonObject { ["propagationPolicy"] = "Background" };
            if (resource.Verbs.Contains("deletecollection"))
            {
                await _api.SendAsync(HttpMethod.Delete, resource.Resource.Path(ns), Options(background), null, cancellation).ConfigureAwait(false);
            }
            else
            {
                foreach (var item in items.Where(i => !i.IsTerminating))
                {
                    try
                    {
                        await _api.DeleteAsync(resource.Resource, ns, item.Name, background, cancellation).ConfigureAwait(false);
                    }
                    catch (StatusException e) when (e.IsNotFound)
                    {
                        continue;
                    }
                }
            }
            var left = (await _api.ListAsync(resource.Resource, ns, cancellation: cancellation).ConfigureAwait(false)).Objects("items").ToArray();
            return (resource, left, null);
        }
        catch (StatusException e) when (e.IsNotFound || e.Code == 405)
        {
            // Gone since discovery, as a CRD may be, or not deletable after all.
            return (resource, [], null);
        }
        catch (StatusException e)
        {
            return (resource, [], e.Message);
        }
    }

    private static JsonObject Options(JsonObject fields)
    {
        var options = fields.Clone();
        options["kind"] = "DeleteOptions";
        options["apiVersion"] = "v1";
        return options;
    }
}
