using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Expansion;

namespace Mobula.Cli.Workloads;

/// <summary>A type of objects that make pods, and where they are listed.</summary>
/// <param name="Resource">Its URL.</param>
/// <param name="Kind">Its kind.</param>
internal sealed record ListedType(GroupVersionResource Resource, string Kind)
{
    /// <summary>The type.</summary>
    public GroupVersionKind Type => new(Resource.Group, Resource.Version, Kind);

    // Owners before what they own, and pods last: by then all templates are known.
    private static readonly ListedType[] BuiltIn =
    [
        new(Resources.Deployments, "Deployment"), new(Resources.StatefulSets, "StatefulSet"), new(Resources.DaemonSets, "DaemonSet"), new(Resources.CronJobs, "CronJob"),
    ];

    private static readonly ListedType[] Owned =
    [
        new(Resources.ReplicaSets, "ReplicaSet"), new(Resources.Jobs, "Job"), new(Resources.ReplicationControllers, "ReplicationController"),
        new(new("", "v1", "podtemplates"), "PodTemplate"),
    ];

    private static readonly string[] Ray = ["RayCronJob", "RayService", "RayJob", "RayCluster"];

    /// <summary>The types that a server has, in the order in which they are to be read; pods are not among them.</summary>
    public static async Task<IReadOnlyList<ListedType>> OfServerAsync(KubernetesApi api, PodTemplatePaths? others, CancellationToken cancellation)
    {
        List<ListedType> types = [.. BuiltIn];
        var ray = await OfGroupAsync(api, "ray.io", cancellation).ConfigureAwait(false);
        types.AddRange(Ray.SelectMany(kind => ray.Where(t => t.Kind == kind)));
        foreach (var group in (others?.Types ?? []).GroupBy(t => t[..t.IndexOf('/', StringComparison.Ordinal)]))
        {
            var served = await OfGroupAsync(api, group.Key, cancellation).ConfigureAwait(false);
            types.AddRange(served.Where(s => group.Contains($"{group.Key}/{s.Kind}") && !types.Contains(s)));
        }
        types.AddRange(Owned);
        return types;
    }

    private static async Task<List<ListedType>> OfGroupAsync(KubernetesApi api, string group, CancellationToken cancellation)
    {
        try
        {
            var found = await api.SendAsync(HttpMethod.Get, $"/apis/{group}", null, null, cancellation).ConfigureAwait(false);
            if (found.Text("preferredVersion", "version") is not { } version) return [];
            var list = await api.SendAsync(HttpMethod.Get, $"/apis/{group}/{version}", null, null, cancellation).ConfigureAwait(false);
            return [.. list.Objects("resources")
                .Where(r => r.Text("name") is { } name && !name.Contains('/', StringComparison.Ordinal) && r.Flag("namespaced") == true && r.Texts("verbs").Contains("list"))
                .Select(r => new ListedType(new(group, version, r.Text("name")!), r.Text("kind") ?? ""))];
        }
        catch (StatusException e) when (e.IsNotFound)
        {
            return [];
        }
    }
}
