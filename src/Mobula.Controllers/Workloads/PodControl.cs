using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Workloads;

/// <summary>Creates, deletes, adopts and releases the pods of a controller, and tells of it in events.</summary>
internal sealed class PodControl(KubernetesApi api, EventRecorder recorder)
{
    public async Task<JsonObject> CreateAsync(JsonObject controller, JsonObject pod, CancellationToken cancellation)
    {
        JsonObject created;
        try
        {
            created = await api.CreateAsync(Resources.Pods, pod, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StatusException or HttpRequestException)
        {
            // A namespace that goes away takes the controller with it: nothing worth telling.
            if (!IsNamespaceTerminating(e)) recorder.Warning(controller, "FailedCreate", $"Error creating: {e.Message}");
            throw;
        }
        recorder.Normal(controller, "SuccessfulCreate", $"Created pod: {created.Name}");
        return created;
    }

    /// <returns>What the server answered; null when the pod was gone already.</returns>
    public async Task<JsonObject?> DeleteAsync(JsonObject controller, JsonObject pod, CancellationToken cancellation)
    {
        JsonObject answer;
        try
        {
            answer = await api.DeleteAsync(
                Resources.Pods, pod.Namespace, pod.Name, new() { ["preconditions"] = new JsonObject { ["uid"] = pod.Uid } }, cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsNotFound || e.IsConflict)
        {
            return null;
        }
        catch (Exception e) when (e is StatusException or HttpRequestException)
        {
            recorder.Warning(controller, "FailedDelete", $"Error deleting: {e.Message}");
            throw;
        }
        recorder.Normal(controller, "SuccessfulDelete", $"Deleted pod: {pod.Name}");
        return answer;
    }

    /// <summary>Carries out the adoptions and releases; pods that changed in the meantime are left for the next time.</summary>
    /// <returns>The pods that were adopted, as they are now.</returns>
    public async Task<List<JsonObject>> SettleAsync(JsonObject controller, Claims claims, GroupVersionResource resource, CancellationToken cancellation)
    {
        var adopted = new List<JsonObject>();
        foreach (var o in claims.Adopt)
        {
            if (await PatchAsync(resource, o, Claims.AdoptPatch(controller, o), cancellation).ConfigureAwait(false) is { } now) adopted.Add(now);
        }
        foreach (var o in claims.Release) await PatchAsync(resource, o, Claims.ReleasePatch(controller, o), cancellation).ConfigureAwait(false);
        return adopted;
    }

    public static bool IsNamespaceTerminating(Exception e) =>
        e is StatusException status && status.Status.Objects("details", "causes").Any(c => c.Text("reason") == "NamespaceTerminating");

    private async Task<JsonObject?> PatchAsync(GroupVersionResource resource, JsonObject o, JsonObject patch, CancellationToken cancellation)
    {
        try
        {
            return await api.PatchAsync(resource, o.Namespace, o.Name, PatchType.StrategicMerge, patch, cancellation: cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsNotFound || e.IsConflict || e.Reason == "Invalid")
        {
            return null;
        }
    }
}
