using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Selectors;

namespace Mobula.Controllers.Revisions;

/// <summary>Keeps the ControllerRevisions of one kind of controller.</summary>
internal sealed class RevisionHistory(KubernetesApi api, PodControl control, Informer revisions)
{
    /// <summary>The revisions that a controller owns, oldest first; those without an owner are adopted.</summary>
    public async Task<List<JsonObject>> ListAsync(JsonObject controller, LabelSelector selector, CancellationToken cancellation)
    {
        var claims = Claims.Decide(controller, selector.Matches, revisions.Cache.InNamespace(controller.Namespace!));
        var adopted = await control.SettleAsync(controller, claims with { Release = [] }, Resources.ControllerRevisions, cancellation).ConfigureAwait(false);
        return [.. claims.Owned.Concat(adopted).OrderBy(Revision.Number).ThenBy(r => r.Name, StringComparer.Ordinal)];
    }

    /// <summary>
    /// Finds or makes the revision of the present template, and sees to it that it is the newest. A name that another
    /// template has taken raises the count of collisions.
    /// </summary>
    /// <param name="all">The controller's revisions, oldest first; brought up to date.</param>
    /// <param name="data">The data of the present template.</param>
    /// <param name="make">From the number and the count of collisions to a revision.</param>
    /// <param name="collisionCount">The count so far.</param>
    /// <param name="wrote">Told of each write's answer.</param>
    /// <param name="cancellation">Ends the call.</param>
    public async Task<(JsonObject Revision, long? CollisionCount)> NewestAsync(
        List<JsonObject> all, JsonObject data, Func<long, long?, JsonObject> make, long? collisionCount, Action<JsonObject> wrote, CancellationToken cancellation)
    {
        var number = all.Count == 0 ? 1 : Revision.Number(all[^1]) + 1;
        if (all.LastOrDefault(r => JsonNode.DeepEquals(r["data"], data)) is { } equal)
        {
            if (equal == all[^1]) return (equal, collisionCount);
            var raised = equal.Clone();
            raised["revision"] = number;
            raised = await api.UpdateAsync(Resources.ControllerRevisions, raised, cancellation: cancellation).ConfigureAwait(false);
            wrote(raised);
            all.Remove(equal);
            all.Add(raised);
            return (raised, collisionCount);
        }
        while (true)
        {
            var revision = make(number, collisionCount);
            try
            {
                revision = await api.CreateAsync(Resources.ControllerRevisions, revision, cancellation).ConfigureAwait(false);
                wrote(revision);
                all.Add(revision);
                return (revision, collisionCount);
            }
            catch (StatusException e) when (e.IsAlreadyExists)
            {
                var found = await api.GetAsync(Resources.ControllerRevisions, revision.Namespace, revision.Name, cancellation).ConfigureAwait(false);
                if (JsonNode.DeepEquals(found["data"], data))
                {
                    all.Add(found);
                    return (found, collisionCount);
                }
                collisionCount = (collisionCount ?? 0) + 1;
            }
        }
    }

    /// <summary>Deletes the oldest revisions beyond a limit, of those that nothing uses.</summary>
    public async Task TruncateAsync(IEnumerable<JsonObject> all, Func<JsonObject, bool> isLive, long limit, CancellationToken cancellation)
    {
        var unused = all.Where(r => !isLive(r)).OrderBy(Revision.Number).ToArray();
        foreach (var revision in unused.Take(Math.Max(0, unused.Length - (int)limit)))
        {
            try
            {
                await api.DeleteAsync(Resources.ControllerRevisions, revision.Namespace, revision.Name, cancellation: cancellation).ConfigureAwait(false);
            }
            catch (StatusException e) when (e.IsNotFound)
            {
                continue;
            }
        }
    }
}
