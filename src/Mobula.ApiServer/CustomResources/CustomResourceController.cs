using System.Net;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Rest;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.CustomResources;

/// <summary>
/// Follows the CustomResourceDefinitions: accepts names, begins and ends to serve, and empties a resource whose
/// definition goes. It reads the store and writes through the pipeline.
/// </summary>
internal sealed class CustomResourceController(ObjectStore store, ResourceRegistry registry, HttpClient http, TimeProvider time, Action<string>? log)
{
    private const string Path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    private readonly HashSet<string> _served = [];

    /// <summary>Serves what is established already; then runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            var (watcher, now) = store.Watch(CustomResourceDefinitions.Collection);
            using (watcher)
            {
                foreach (var (_, stored) in now.Objects) await SyncSafelyAsync(stored.Parse(), cancellation).ConfigureAwait(false);
                await foreach (var change in watcher.Changes.ReadAllAsync(cancellation).ConfigureAwait(false))
                {
                    var crd = change.Current.Parse();
                    if (change.IsDeletion) await ForgetAsync(crd, cancellation).ConfigureAwait(false);
                    else await SyncSafelyAsync(crd, cancellation).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>Serves what was established before a restart, without waiting for the loop.</summary>
    public void Restore()
    {
        foreach (var (_, stored) in store.List(CustomResourceDefinitions.Collection).Objects)
        {
            var crd = stored.Parse();
            if (crd.Objects("status", "conditions").Any(c => c.Text("type") == "Established" && c.Text("status") == "True")) Serve(crd);
        }
    }

    private async Task SyncSafelyAsync(JsonObject crd, CancellationToken cancellation)
    {
        try
        {
            await SyncAsync(crd, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log?.Invoke($"customresourcedefinition {crd.Name}: {e.Message}");
        }
    }

    private async Task SyncAsync(JsonObject crd, CancellationToken cancellation)
    {
        if (crd.IsTerminating)
        {
            await CleanAsync(crd, cancellation).ConfigureAwait(false);
            return;
        }
        var plan = DefinitionStatus.Plan(crd, store.List(CustomResourceDefinitions.Collection).Objects.Values.Select(o => o.Parse()));
        var status = WithPlan(crd.Object("status")?.Clone() ?? [], plan);
        // Served before it is said to be: who waits for the condition finds the resource.
        if (plan.IsEstablished) Serve(crd, plan.AcceptedNames);
        if (!JsonNode.DeepEquals(status, crd["status"]))
        {
            await PatchAsync($"{Path}/{crd.Name}/status", new() { ["status"] = status }, cancellation).ConfigureAwait(false);
        }
    }

    private JsonObject WithPlan(JsonObject status, DefinitionStatus plan)
    {
        var conditions = status.Objects("conditions").Select(c => c.Clone()).ToList();
        foreach (var (type, value, reason, message) in plan.Conditions) Set(conditions, type, value, reason, message);
        status["conditions"] = new JsonArray([.. conditions]);
        status["acceptedNames"] = plan.AcceptedNames.Clone();
        return status;
    }

    private void Set(List<JsonObject> conditions, string type, bool value, string reason, string message)
    {
        var text = value ? "True" : "False";
        var present = conditions.FirstOrDefault(c => c.Text("type") == type);
        if (present is null) conditions.Add(present = new() { ["type"] = type });
        if (present.Text("status") != text)
        {
            present["status"] = text;
            present["lastTransitionTime"] = KubernetesTime.Format(time.GetUtcNow());
        }
        present["reason"] = reason;
        present["message"] = message;
    }

    private void Serve(JsonObject crd, JsonObject? acceptedNames = null)
    {
        if (acceptedNames is not null)
        {
            crd = crd.Clone();
            crd.Ensure("status")["acceptedNames"] = acceptedNames.Clone();
        }
        registry.SetCustom(crd.Text("spec", "group") ?? "", crd.Text("spec", "names", "plural") ?? "", CustomResourceDefinitions.Define(crd));
        lock (_served) _served.Add(crd.Name);
    }

    private async Task CleanAsync(JsonObject crd, CancellationToken cancellation)
    {
        Serve(crd);
        var definition = CustomResourceDefinitions.Define(crd).FirstOrDefault();
        var collection = $"{crd.Text("spec", "names", "plural")}.{crd.Text("spec", "group")}";
        var objects = store.List(collection).Objects;
        if (definition is not null && !objects.IsEmpty)
        {
            await TerminatingAsync(crd, "InstanceDeletionInProgress", "CustomResource deletion is in progress", cancellation).ConfigureAwait(false);
            foreach (var stored in objects.Values.Where(o => !o.Parse().IsTerminating))
            {
                using var response = await http.DeleteAsync(definition.Resource.Path(stored.Key.Namespace.Length == 0 ? null : stored.Key.Namespace, stored.Key.Name), cancellation).ConfigureAwait(false);
            }
            _ = WaitForEmptyAsync(crd.Name, collection, cancellation);
            if (!store.List(collection).Objects.IsEmpty) return;
        }
        await FinishAsync(crd, cancellation).ConfigureAwait(false);
    }

    private async Task WaitForEmptyAsync(string name, string collection, CancellationToken cancellation)
    {
        var (watcher, now) = store.Watch(collection);
        using (watcher)
        {
            if (now.Objects.IsEmpty) return;
            await foreach (var _ in watcher.Changes.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                if (store.List(collection).Objects.IsEmpty) break;
            }
        }
        if (store.Get(new(CustomResourceDefinitions.Collection, "", name)) is { } stored) await FinishAsync(stored.Parse(), cancellation).ConfigureAwait(false);
    }

    private async Task FinishAsync(JsonObject crd, CancellationToken cancellation)
    {
        if (!crd.Texts("metadata", "finalizers").Contains(CustomResourceDefinitions.CleanupFinalizer)) return;
        var left = crd.Texts("metadata", "finalizers").Where(f => f != CustomResourceDefinitions.CleanupFinalizer).Select(f => JsonValue.Create(f));
        await PatchAsync($"{Path}/{crd.Name}", new() { ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray([.. left]) } }, cancellation).ConfigureAwait(false);
    }

    private async Task TerminatingAsync(JsonObject crd, string reason, string message, CancellationToken cancellation)
    {
        var status = crd.Object("status")?.Clone() ?? [];
        var conditions = status.Objects("conditions").Select(c => c.Clone()).ToList();
        Set(conditions, "Terminating", true, reason, message);
        status["conditions"] = new JsonArray([.. conditions]);
        if (!JsonNode.DeepEquals(status, crd["status"])) await PatchAsync($"{Path}/{crd.Name}/status", new() { ["status"] = status }, cancellation).ConfigureAwait(false);
    }

    private async Task ForgetAsync(JsonObject crd, CancellationToken cancellation)
    {
        var (group, plural) = (crd.Text("spec", "group") ?? "", crd.Text("spec", "names", "plural") ?? "");
        lock (_served)
        {
            if (_served.Remove(crd.Name))
            {
                registry.SetCustom(group, plural, []);
                store.EndWatches($"{plural}.{group}");
            }
        }
        // Names that became free may be taken by those that waited for them.
        foreach (var other in store.List(CustomResourceDefinitions.Collection).Objects.Values.Select(o => o.Parse()))
        {
            if (other.Text("spec", "group") == group && !other.IsTerminating) await SyncSafelyAsync(other, cancellation).ConfigureAwait(false);
        }
    }

    private async Task PatchAsync(string path, JsonObject patch, CancellationToken cancellation)
    {
        using var content = new ByteArrayContent(KubernetesJson.Serialize(patch));
        content.Headers.ContentType = new("application/merge-patch+json");
        using var response = await http.PatchAsync(new Uri(path, UriKind.Relative), content, cancellation).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode && response.StatusCode is not (HttpStatusCode.NotFound or HttpStatusCode.Conflict))
        {
            throw new InvalidOperationException(await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false));
        }
    }
}
