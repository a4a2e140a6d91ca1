using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Node.Pods;

/// <summary>A pod as the API has it, and what the agent tells the API of it.</summary>
/// <param name="services">What all workers share.</param>
/// <param name="pod">The pod.</param>
/// <param name="deletionSeen">Called when an answer shows a deletion that no watch told of yet.</param>
/// <param name="stopping">Ends all calls.</param>
internal sealed class ApiPod(PodServices services, JsonObject pod, Action deletionSeen, CancellationToken stopping)
{
    private readonly Lock _lock = new();
    private JsonObject _last = MirrorPod.Local(pod, null);
    private string _uid = pod.Uid;
    private DateTimeOffset? _removedAt;
    private bool _deleteSent;

    /// <summary>The pod as last seen.</summary>
    public JsonObject Last
    {
        get { lock (_lock) return _last; }
    }

    /// <summary>Takes a newer version of the pod; an older one is left alone.</summary>
    /// <param name="pod">The version.</param>
    /// <param name="deletionBegan">Whether this version is the first to be deleted.</param>
    /// <returns>Whether it is newer.</returns>
    public bool Take(JsonObject pod, out bool deletionBegan)
    {
        lock (_lock)
        {
            var local = MirrorPod.Local(pod, _removedAt);
            deletionBegan = local.IsTerminating && !_last.IsTerminating;
            if (Version(pod) <= Version(_last) && Version(pod) > 0) return false;
            _last = local;
            _uid = pod.Uid;
            return true;
        }
    }

    /// <summary>The file of a static pod went away: that is its deletion.</summary>
    /// <returns>False when that was known.</returns>
    public bool TakeRemoval()
    {
        lock (_lock)
        {
            if (_removedAt is not null) return false;
            _removedAt = services.Time.GetUtcNow();
            _last = MirrorPod.Local(_last, _removedAt);
            return true;
        }
    }

    /// <summary>Tells the status that follows from what was observed.</summary>
    public Task TellAsync(PodObservation seen) => PatchAsync(seen.Pod, PodStatusBuilder.Build(seen));

    /// <summary>Tells that the node does not take the pod.</summary>
    public Task RejectAsync(JsonObject pod, StatusReason refusal)
    {
        services.Events.Warning(pod, null, refusal.Reason, refusal.Message);
        return PatchAsync(pod, PodStatusBuilder.Rejected(pod, refusal, services.Time.GetUtcNow()));
    }

    /// <summary>Deletes the object, once: nothing runs any more that it stands for.</summary>
    public async Task DeleteAsync(JsonObject pod)
    {
        if (_deleteSent) return;
        try
        {
            var options = new JsonObject { ["gracePeriodSeconds"] = 0, ["preconditions"] = new JsonObject { ["uid"] = _uid } };
            await services.Api.DeleteAsync(Mobula.Client.Resources.Pods, pod.Namespace, pod.Name, options, stopping).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsNotFound || e.IsConflict)
        {
            // It is gone already.
        }
        _deleteSent = true;
    }

    private static long Version(JsonObject pod) => long.TryParse(pod.ResourceVersion, CultureInfo.InvariantCulture, out var version) ? version : 0;

    private async Task PatchAsync(JsonObject pod, JsonObject status)
    {
        if (PodStatusPatch.Between(_uid, pod.Object("status") ?? [], status) is not { } patch) return;
        try
        {
            var answer = await services.Api.PatchAsync(
                Mobula.Client.Resources.Pods, pod.Namespace, pod.Name, PatchType.StrategicMerge, patch, "status", cancellation: stopping).ConfigureAwait(false);
            lock (_lock)
            {
                if (Version(answer) < Version(_last)) return;
                var local = MirrorPod.Local(answer, _removedAt);
                if (local.IsTerminating && !_last.IsTerminating) deletionSeen();
                _last = local;
            }
        }
        catch (StatusException e) when (e.IsNotFound || e.IsConflict)
        {
            // Deleted, or another pod of that name: the watch tells.
        }
    }
}
