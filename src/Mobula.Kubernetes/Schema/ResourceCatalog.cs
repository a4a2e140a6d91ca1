using System.Collections.Frozen;
using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Schema;

/// <summary>The built-in resources of a Kubernetes server (v1.37), in the order of discovery.</summary>
public static class ResourceCatalog
{
    private static readonly Lazy<IReadOnlyList<ResourceInfo>> Entries = new(Load);
    private static readonly Lazy<FrozenDictionary<GroupVersionResource, ResourceInfo>> ByResource =
        new(() => Entries.Value.ToFrozenDictionary(r => r.Resource));
    private static readonly Lazy<FrozenDictionary<GroupVersionKind, ResourceInfo>> ByKind =
        new(() => Entries.Value.DistinctBy(r => r.Kind).ToFrozenDictionary(r => r.Kind));

    /// <summary>All resources.</summary>
    public static IReadOnlyList<ResourceInfo> All => Entries.Value;

    /// <summary>The resource of that name, or null.</summary>
    public static ResourceInfo? Find(GroupVersionResource resource) => ByResource.Value.GetValueOrDefault(resource);

    /// <summary>The resource of that kind, or null.</summary>
    public static ResourceInfo? Find(GroupVersionKind kind) => ByKind.Value.GetValueOrDefault(kind);

    private static List<ResourceInfo> Load()
    {
        var facts = FactLines.Open("resources.tsv");
        return [.. facts.Names.SelectMany(name => ResourceInfo.Read(name, (JsonArray)facts.Find(name)!))];
    }
}
