using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Controllers;

/// <summary>Asks a server for the resources that it has, in their preferred versions.</summary>
internal static class Discovery
{
    /// <summary>All resources without subresources. Groups that cannot be read are told to <paramref name="onError"/>.</summary>
    public static async Task<List<DiscoveredResource>> ReadAsync(KubernetesApi api, Action<Exception>? onError, CancellationToken cancellation)
    {
        var paths = new List<string> { "/api/v1" };
        var groups = await api.SendAsync(HttpMethod.Get, "/apis", null, null, cancellation).ConfigureAwait(false);
        paths.AddRange(groups.Objects("groups").SelectMany(g => g.Objects("versions")
            // The preferred version first; the others only add what it lacks.
            .OrderBy(v => v.Text("version") == g.Text("preferredVersion", "version") ? 0 : 1)
            .Select(v => $"/apis/{v.Text("groupVersion")}")));
        var lists = await Task.WhenAll(paths.Select(path => ReadListAsync(api, path, onError, cancellation))).ConfigureAwait(false);
        var found = new Dictionary<(string, string), DiscoveredResource>();
        foreach (var list in lists.OfType<JsonObject>())
        {
            var version = GroupVersionKind.Parse(list.Text("groupVersion") ?? "", "");
            foreach (var r in list.Objects("resources"))
            {
                var name = r.Text("name") ?? "";
                if (name.Contains('/', StringComparison.Ordinal)) continue;
                found.TryAdd((version.Group, name), new(
                    new(version.Group, version.Version, name), r.Text("kind") ?? "", r.Flag("namespaced") == true, r.Texts("verbs").ToHashSet()));
            }
        }
        return [.. found.Values];
    }

    private static async Task<JsonObject?> ReadListAsync(KubernetesApi api, string path, Action<Exception>? onError, CancellationToken cancellation)
    {
        try
        {
            return await api.SendAsync(HttpMethod.Get, path, null, null, cancellation).ConfigureAwait(false);
        }
        catch (StatusException e)
        {
            onError?.Invoke(e);
            return null;
        }
    }
}
