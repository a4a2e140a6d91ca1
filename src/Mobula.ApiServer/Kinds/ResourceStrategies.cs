using Mobula.Kubernetes;

namespace Mobula.ApiServer.Kinds;

/// <summary>The strategies of the built-in resources. A new kind's strategy is entered here, under resource and group.</summary>
internal static class ResourceStrategies
{
    private static readonly Dictionary<string, ResourceStrategy> ByResource = new(StringComparer.Ordinal)
    {
        ["customresourcedefinitions.apiextensions.k8s.io"] = new CustomResources.CustomResourceDefinitionStrategy(),
        ["namespaces"] = new NamespaceStrategy(),
        ["serviceaccounts"] = new ServiceAccountStrategy(),
        ["pods"] = new PodStrategy(),
        ["secrets"] = new SecretStrategy(),
        ["roles.rbac.authorization.k8s.io"] = new RbacStrategy(),
        ["rolebindings.rbac.authorization.k8s.io"] = new RbacStrategy(),
        ["clusterroles.rbac.authorization.k8s.io"] = new RbacStrategy(),
        ["clusterrolebindings.rbac.authorization.k8s.io"] = new RbacStrategy(),
    };

    /// <summary>The strategy of a resource; the plain one where there is none.</summary>
    public static ResourceStrategy Find(GroupVersionResource resource) =>
        ByResource.TryGetValue(resource.QualifiedName, out var strategy) ? strategy : SpecAndStatusStrategy.Instance;
}

/// <summary>A built-in kind whose only peculiarities are those that most have: a status of its own and a counted spec.</summary>
internal class SpecAndStatusStrategy : ResourceStrategy
{
    public static SpecAndStatusStrategy Instance { get; } = new();
}
