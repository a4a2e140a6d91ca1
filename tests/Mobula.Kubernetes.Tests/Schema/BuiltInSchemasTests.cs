using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Tests.Schema;

public class BuiltInSchemasTests
{
    [Fact]
    public void Find_every_served_kind_has_a_schema()
    {
        var missing = ResourceCatalog.All.SelectMany(r => r.Subresources.Select(s => s.Kind).Prepend(r.Kind))
            .Where(k => !k.Kind.EndsWith("Options", StringComparison.Ordinal) && BuiltInSchemas.Find(k) is null).Distinct().ToList();
        Assert.Empty(missing);
    }

    [Fact]
    public void Find_every_kind_named_by_a_type_is_found()
    {
        var named = BuiltInSchemas.Names.SelectMany(n => BuiltInSchemas.Get(n).Kinds).Distinct().ToList();
        Assert.True(named.Count > 140);
        Assert.DoesNotContain(named, k => BuiltInSchemas.Find(k) is null);
    }

    [Fact]
    public void Find_pod_containers_merge_by_name()
    {
        var pod = BuiltInSchemas.Find(new("", "v1", "Pod"))!;
        var containers = pod.At("spec")!.Properties["containers"];
        Assert.Equal("name", containers.PatchMergeKey);
        Assert.Equal(ListType.Map, containers.Type.ListType);
        Assert.Equal(["name"], containers.Type.ListMapKeys);
        Assert.Equal("TCP", pod.At("spec", "containers", "ports")!.Items!.Properties["protocol"].Default!.GetValue<string>());
        Assert.Equal(SchemaType.IntOrString, pod.At("spec", "containers", "livenessProbe", "httpGet", "port")!.Type);
        Assert.Equal(SpecialType.Quantity, pod.At("spec", "containers", "resources", "limits", "cpu")!.Special);
    }

    [Fact]
    public void Find_an_unknown_kind_is_null() => Assert.Null(BuiltInSchemas.Find(new("ray.io", "v1", "RayCluster")));

    [Fact]
    public void Catalog_knows_names_and_subresources()
    {
        var deployments = ResourceCatalog.Find(new GroupVersionResource("apps", "v1", "deployments"))!;
        Assert.Equal("deploy", Assert.Single(deployments.ShortNames));
        Assert.Equal(new GroupVersionKind("autoscaling", "v1", "Scale"), deployments.Subresource("scale")!.Kind);
        Assert.Equal(new GroupVersionKind("apps", "v1", "Deployment"), deployments.Subresource("status")!.Kind);
        Assert.Same(deployments, ResourceCatalog.Find(new GroupVersionKind("apps", "v1", "Deployment")));
    }
}
