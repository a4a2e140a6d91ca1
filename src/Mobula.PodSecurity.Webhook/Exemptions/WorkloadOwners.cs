using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.PodSecurity.Webhook.Exemptions;

/// <summary>Tells which workloads an object belongs to, following controllers upwards: a pod's ReplicaSet, its Deployment.</summary>
/// <param name="api">The server; null: only what the object itself says counts.</param>
internal sealed class WorkloadOwners(KubernetesApi? api)
{
    private const int MostSteps = 6;

    private static readonly Dictionary<string, GroupVersionResource> Owned = new(StringComparer.Ordinal)
    {
        ["apps/ReplicaSet"] = Resources.ReplicaSets,
        ["batch/Job"] = Resources.Jobs,
        ["ray.io/RayCluster"] = Resources.RayClusters,
        ["ray.io/RayJob"] = new("ray.io", "v1", "rayjobs"),
        ["ray.io/RayService"] = new("ray.io", "v1", "rayservices"),
    };

    /// <summary>The object itself first, then who controls it, and so on.</summary>
    /// <param name="group">The object's group.</param>
    /// <param name="resource">Its plural resource name.</param>
    /// <param name="ns">Its namespace.</param>
    /// <param name="name">Its name.</param>
    /// <param name="json">The object.</param>
    /// <param name="cancellation">Ends the search.</param>
    public async Task<IReadOnlyList<WorkloadReference>> OfAsync(string group, string resource, string ns, string name, ReadOnlyMemory<byte> json, CancellationToken cancellation)
    {
        List<WorkloadReference> chain = [];
        JsonObject? o;
        try
        {
            o = KubernetesJson.ParseObject(json.Span);
        }
        catch (JsonException)
        {
            return chain;
        }
        if (WorkloadReference.KindOf(group, resource) is { } kind) chain.Add(new(group, kind, name.Length > 0 ? name : o.Name));
        for (var step = 0; o?.ControllerReference is { } owner && step < MostSteps; step++)
        {
            var type = GroupVersionKind.Parse(owner.Text("apiVersion") ?? "", owner.Text("kind") ?? "");
            var reference = new WorkloadReference(type.Group, type.Kind, owner.Text("name") ?? "");
            // An owner that is not there, or another of that name, is a claim and no fact.
            if (Owned.TryGetValue($"{type.Group}/{type.Kind}", out var owned) && api is not null)
            {
                o = await FindAsync(owned, ns, reference.Name, cancellation).ConfigureAwait(false);
                if (o is null || o.Uid != owner.Text("uid")) break;
            }
            else
            {
                o = null;
            }
            chain.Add(reference);
        }
        return chain;
    }

    private async Task<JsonObject?> FindAsync(GroupVersionResource resource, string ns, string name, CancellationToken cancellation)
    {
        try
        {
            return await api!.FindAsync(resource, ns, name, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StatusException or HttpRequestException)
        {
            return null;
        }
    }
}
