using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Workloads;

/// <summary>
/// The objects of one controller as they may be acted on: only once the caches show all that was written on their behalf.
/// </summary>
/// <param name="api">The API as the controller sees it.</param>
/// <param name="objects">The controller's objects.</param>
/// <param name="made">What holds back for the objects made for them: pods, revisions, jobs …</param>
internal sealed class OwnWrites(KubernetesApi api, Informer objects, params IReadOnlyList<WriteBarrier> made)
{
    private readonly WriteBarrier _own = new(objects);

    /// <summary>The object of a key; null when it is gone, or when the event of a write is still to come and will bring the key back.</summary>
    public JsonObject? Ready(ObjectKey key)
    {
        if (objects.Cache.Get(key) is not { } cached)
        {
            foreach (var barrier in made) barrier.Forget(key);
            _own.Forget(key);
            return null;
        }
        return made.All(b => b.Holds(key)) && _own.Holds(key) ? cached : null;
    }

    /// <summary>Remembers a write of the object itself.</summary>
    public void Wrote(ObjectKey key, JsonObject answer) => _own.Wrote(key, answer);

    /// <summary>Writes a status if it differs from the one that was read.</summary>
    /// <param name="read">The object as it was read.</param>
    /// <param name="status">The status it shall have.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The object as it is now; as it was read when nothing was written, or when it is gone.</returns>
    public async Task<JsonObject> WriteStatusAsync(JsonObject read, JsonObject status, CancellationToken cancellation)
    {
        if (JsonNode.DeepEquals(status, read["status"])) return read;
        var update = read.Clone();
        update["status"] = status;
        try
        {
            var answer = await api.UpdateAsync(objects.Resource, update, "status", cancellation).ConfigureAwait(false);
            Wrote(ObjectKey.Of(read), answer);
            return answer;
        }
        catch (StatusException e) when (e.IsNotFound)
        {
            // Deleted in the meantime.
            return read;
        }
    }
}
