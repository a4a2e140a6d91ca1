using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.StatefulSets;

/// <summary>Creates and deletes the pods of StatefulSets with their claims, and tells of it.</summary>
internal sealed class StatefulSetPodControl(KubernetesApi api, EventRecorder recorder, Informer claims)
{
    public async Task<JsonObject> CreateAsync(JsonObject set, int ordinal, JsonObject revision, CancellationToken cancellation)
    {
        var pod = StatefulSetPods.Build(set, ordinal, revision);
        foreach (var claim in StatefulSetPods.ClaimsOf(set, ordinal)) await CreateClaimAsync(set, pod, claim, cancellation).ConfigureAwait(false);
        try
        {
            pod = await api.CreateAsync(Resources.Pods, pod, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StatusException or HttpRequestException)
        {
            if (e is StatusException { IsAlreadyExists: true } || PodControl.IsNamespaceTerminating(e)) throw;
            recorder.Warning(set, "FailedCreate", $"Create Pod {pod.Name} in StatefulSet {set.Name} failed error: {e.Message}");
            throw;
        }
        recorder.Normal(set, "SuccessfulCreate", $"Create Pod {pod.Name} in StatefulSet {set.Name} successful");
        return pod;
    }

    public async Task<JsonObject?> DeleteAsync(JsonObject set, JsonObject pod, CancellationToken cancellation)
    {
        var options = new JsonObject { ["preconditions"] = new JsonObject { ["uid"] = pod.Uid } };
        JsonObject answer;
        try
        {
            answer = await api.DeleteAsync(Resources.Pods, pod.Namespace, pod.Name, options, cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsNotFound || e.IsConflict)
        {
            return null;
        }
        catch (Exception e) when (e is StatusException or HttpRequestException)
        {
            recorder.Warning(set, "FailedDelete", $"Delete Pod {pod.Name} in StatefulSet {set.Name} failed error: {e.Message}");
            throw;
        }
        recorder.Normal(set, "SuccessfulDelete", $"Delete Pod {pod.Name} in StatefulSet {set.Name} successful");
        return answer;
    }

    /// <summary>Lets the claims of a pod that scaling takes away go with it, where the set asks for that.</summary>
    public async Task CondemnClaimsAsync(JsonObject set, JsonObject pod, CancellationToken cancellation)
    {
        if (set.Text("spec", "persistentVolumeClaimRetentionPolicy", "whenScaled") != "Delete") return;
        foreach (var claim in StatefulSetPods.ClaimsOf(set, StatefulSetPods.Ordinal(set, pod)!.Value))
        {
            if (claims.Get(claim.Namespace, claim.Name) is not { } existing) continue;
            if (existing.Objects("metadata", "ownerReferences").Any(r => r.Text("uid") == pod.Uid)) continue;
            var patch = new JsonObject
            {
                ["metadata"] = new JsonObject { ["uid"] = existing.Uid, ["ownerReferences"] = new JsonArray(StatefulSetPods.Owner(pod)) },
            };
            await api.PatchAsync(Resources.PersistentVolumeClaims, claim.Namespace, claim.Name, PatchType.Merge, patch, cancellation: cancellation).ConfigureAwait(false);
        }
    }

    private async Task CreateClaimAsync(JsonObject set, JsonObject pod, JsonObject claim, CancellationToken cancellation)
    {
        if (claims.Get(claim.Namespace, claim.Name) is { } existing)
        {
            if (existing.IsTerminating) throw new InvalidOperationException($"pvc {claim.Name} is being deleted");
            return;
        }
        try
        {
            await api.CreateAsync(Resources.PersistentVolumeClaims, claim, cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsAlreadyExists)
        {
            return;
        }
        catch (Exception e) when (e is StatusException or HttpRequestException)
        {
            recorder.Warning(set, "FailedCreate", $"Create Claim {claim.Name} for Pod {pod.Name} in StatefulSet {set.Name} failed error: {e.Message}");
            throw;
        }
        recorder.Normal(set, "SuccessfulCreate", $"Create Claim {claim.Name} Pod {pod.Name} in StatefulSet {set.Name} success");
    }
}
