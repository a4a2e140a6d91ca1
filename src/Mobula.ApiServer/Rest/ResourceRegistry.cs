using System.Collections.Immutable;
using Mobula.ApiServer.Kinds;
using Mobula.ApiServer.Tables;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.Rest;

/// <summary>All served resources: the built-in ones, and the custom ones as their definitions come and go.</summary>
internal sealed class ResourceRegistry
{
    private static readonly Dictionary<string, GroupVersionKind> StoredElsewhere = new()
    {
        ["events.events.k8s.io"] = new("", "v1", "Event"),
        ["horizontalpodautoscalers.autoscaling"] = new("autoscaling", "v2", "HorizontalPodAutoscaler"),
    };

    private ImmutableDictionary<GroupVersionResource, ResourceDefinition> _custom = ImmutableDictionary<GroupVersionResource, ResourceDefinition>.Empty;

    /// <param name="services">The strategy of Services, which keeps the addresses that are taken.</param>
    public ResourceRegistry(ResourceStrategy services)
    {
        BuiltIn = [.. ResourceCatalog.All.Select(r => Define(r, services))];
        ByResource = BuiltIn.ToDictionary(d => d.Resource);
        BuiltInGroups = [.. BuiltIn.Select(d => d.Resource.Group).Distinct()];
    }

    /// <summary>The built-in resources in the order of discovery.</summary>
    public IReadOnlyList<ResourceDefinition> BuiltIn { get; }

    /// <summary>The built-in groups, the core group (empty) first.</summary>
    public IReadOnlyList<string> BuiltInGroups { get; }

    /// <summary>The custom resources.</summary>
    public IEnumerable<ResourceDefinition> Custom => _custom.Values;

    /// <summary>Raised when custom resources come, change or go.</summary>
    public event Action? Changed;

    private Dictionary<GroupVersionResource, ResourceDefinition> ByResource { get; }

    public ResourceDefinition? Find(GroupVersionResource resource) =>
        ByResource.TryGetValue(resource, out var found) || _custom.TryGetValue(resource, out found) ? found : null;

    public ResourceDefinition? Find(GroupVersionKind kind) =>
        BuiltIn.FirstOrDefault(d => d.Kind == kind) ?? _custom.Values.FirstOrDefault(d => d.Kind == kind);

    public bool IsBuiltInGroup(string group) => BuiltInGroups.Contains(group);

    public bool HasCustomVersion(string group, string version) =>
        _custom.Keys.Any(r => r.Group == group && r.Version == version);

    /// <summary>Replaces the versions of one custom resource; none takes it away.</summary>
    public void SetCustom(string group, string plural, IReadOnlyList<ResourceDefinition> versions)
    {
        var custom = _custom.ToBuilder();
        foreach (var resource in _custom.Keys.Where(r => r.Group == group && r.Resource == plural)) custom.Remove(resource);
        foreach (var version in versions) custom[version.Resource] = version;
        _custom = custom.ToImmutable();
        Changed?.Invoke();
    }

    private static ResourceDefinition Define(ResourceInfo info, ResourceStrategy services)
    {
        var stored = StoredElsewhere.GetValueOrDefault(info.Resource.QualifiedName, info.Kind);
        var collection = stored == info.Kind || stored.Group == info.Kind.Group
            ? info.Resource.QualifiedName
            : new GroupVersionResource(stored.Group, stored.Version, info.Resource.Resource).QualifiedName;
        var strategy = info.Resource.QualifiedName == "services"
            ? services
            : ResourceStrategies.Find(info.Resource, new(stored.Group, stored.Version, info.Resource.Resource));
        return new()
        {
            Info = info,
            ListKind = $"{info.Kind.Kind}List",
            Collection = collection,
            StoredKind = stored,
            Schema = BuiltInSchemas.Find(info.Kind) ?? TypeSchema.Any,
            Strategy = strategy,
            SelectableFields = FieldLabels.Find(info.Resource) is { } fields && strategy.SelectableFields.Count == 0 ? fields : strategy.SelectableFields,
            Table = TableFormats.Find(info.Resource),
        };
    }
}
