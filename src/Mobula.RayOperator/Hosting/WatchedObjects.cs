using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Ray;

namespace Mobula.RayOperator.Hosting;

/// <summary>One resource, followed in all namespaces or in some.</summary>
internal sealed class WatchedResource
{
    private readonly Informer[] _informers;

    public WatchedResource(KubernetesApi api, GroupVersionResource resource, RayOperatorOptions options, TimeProvider time, string? labelSelector = null)
    {
        string?[] namespaces = options.WatchNamespaces.Count == 0 ? [null] : [.. options.WatchNamespaces];
        _informers = [.. namespaces.Select(ns => new Informer(api, resource, new()
        {
            Namespace = ns,
            LabelSelector = labelSelector,
            OnError = e => options.Log?.Invoke($"watching {resource.QualifiedName}: {e.Message}"),
        }, time))];
    }

    public IReadOnlyList<Informer> Informers => _informers;

    public JsonObject? Get(ObjectKey key) => _informers.Select(i => i.Cache.Get(key)).FirstOrDefault(o => o is not null);

    public JsonObject[] InNamespace(string ns) => [.. _informers.SelectMany(i => i.Cache.InNamespace(ns))];

    public JsonObject[] All() => [.. _informers.SelectMany(i => i.Cache.List())];

    public JsonObject[] Find(string index, string value) => [.. _informers.SelectMany(i => i.Cache.Find(index, value))];

    public void AddIndex(string name, Func<JsonObject, IEnumerable<string>> values)
    {
        foreach (var informer in _informers) informer.Cache.AddIndex(name, values);
    }

    public Task RunAsync(CancellationToken cancellation) => Task.WhenAll(_informers.Select(i => Task.Run(() => i.RunAsync(cancellation), CancellationToken.None)));
}

/// <summary>What the operator follows.</summary>
internal sealed class WatchedObjects
{
    private const string ClusterIndex = "cluster";

    public WatchedObjects(KubernetesApi api, RayOperatorOptions options, TimeProvider time)
    {
        Clusters = new(api, RayResources.RayClusters, options, time);
        RayJobs = new(api, RayResources.RayJobs, options, time);
        RayServices = new(api, RayResources.RayServices, options, time);
        RayCronJobs = new(api, RayResources.RayCronJobs, options, time);
        Pods = new(api, Resources.Pods, options, time, $"{RayLabels.NodeType} in ({RayLabels.Head},{RayLabels.Worker},{RayLabels.RedisCleanup})");
        Services = new(api, Resources.Services, options, time);
        Jobs = new(api, Resources.Jobs, options, time, $"{RayLabels.CreatedBy}={RayLabels.Operator}");
        Pods.AddIndex(ClusterIndex, pod => pod.Label(RayLabels.Cluster) is { } cluster ? [$"{pod.Namespace}/{cluster}"] : []);
    }

    public WatchedResource Clusters { get; }

    public WatchedResource RayJobs { get; }

    public WatchedResource RayServices { get; }

    public WatchedResource RayCronJobs { get; }

    public WatchedResource Pods { get; }

    public WatchedResource Services { get; }

    public WatchedResource Jobs { get; }

    /// <summary>The pods with a cluster's label, in the order of their creation.</summary>
    public JsonObject[] PodsOf(string ns, string cluster) =>
    [
        .. Pods.Find(ClusterIndex, $"{ns}/{cluster}")
            .OrderBy(p => p.Text("metadata", "creationTimestamp"), StringComparer.Ordinal)
            .ThenBy(p => p.Name, StringComparer.Ordinal),
    ];
}
