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
        ["events"] = new EventStrategy("involvedObject", "reportingComponent"),
        ["events.events.k8s.io"] = new EventStrategy("regarding", "reportingController"),
        ["deployments.apps"] = new WorkloadStrategy(WorkloadDefaults.Deployment),
        ["replicasets.apps"] = new WorkloadStrategy(WorkloadDefaults.ReplicaSet),
        ["statefulsets.apps"] = new WorkloadStrategy(WorkloadDefaults.StatefulSet),
        ["daemonsets.apps"] = new WorkloadStrategy(WorkloadDefaults.DaemonSet),
        ["jobs.batch"] = new WorkloadStrategy(WorkloadDefaults.Job),
        ["leases.coordination.k8s.io"] = new LeaseStrategy(),
        ["roles.rbac.authorization.k8s.io"] = new RbacStrategy(),
        ["rolebindings.rbac.authorization.k8s.io"] = new RbacStrategy(),
        ["clusterroles.rbac.authorization.k8s.io"] = new RbacStrategy(),
        ["clusterrolebindings.rbac.authorization.k8s.io"] = new RbacStrategy(),
    };

    /// <summary>The strategy of a resource, or else of the one it is stored as; the plain one where there is none.</summary>
    public static ResourceStrategy Find(GroupVersionResource resource, GroupVersionResource stored) =>
        ByResource.TryGetValue(resource.QualifiedName, out var strategy) || ByResource.TryGetValue(stored.QualifiedName, out strategy) ? strategy
        : Counted.Contains(stored.QualifiedName) ? SpecAndStatusStrategy.Counted : SpecAndStatusStrategy.Instance;

    private static readonly HashSet<string> Counted =
    [
        "cronjobs.batch", "replicationcontrollers",
        "poddisruptionbudgets.policy", "ingresses.networking.k8s.io", "networkpolicies.networking.k8s.io", "endpointslices.discovery.k8s.io", "priorityclasses.scheduling.k8s.io",
    ];
}

/// <summary>A built-in kind with no more peculiarities than most: a status of its own, and for some a counted spec.</summary>
internal class SpecAndStatusStrategy(bool hasGeneration) : ResourceStrategy
{
    public static SpecAndStatusStrategy Instance { get; } = new(false);

    public static SpecAndStatusStrategy Counted { get; } = new(true);

    public override bool HasGeneration => hasGeneration;
}
