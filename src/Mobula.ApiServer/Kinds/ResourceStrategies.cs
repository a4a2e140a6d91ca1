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
        ["deployments.apps"] = WorkloadStrategies.Deployment,
        ["replicasets.apps"] = WorkloadStrategies.ReplicaSet,
        ["statefulsets.apps"] = WorkloadStrategies.StatefulSet,
        ["daemonsets.apps"] = WorkloadStrategies.DaemonSet,
        ["jobs.batch"] = WorkloadStrategies.Job,
        ["cronjobs.batch"] = WorkloadStrategies.CronJob,
        ["replicationcontrollers"] = WorkloadStrategies.ReplicationController,
        ["podtemplates"] = WorkloadStrategies.PodTemplate,
        ["leases.coordination.k8s.io"] = ClusterStrategies.Lease,
        ["configmaps"] = ClusterStrategies.ConfigMap,
        ["nodes"] = ClusterStrategies.Node,
        ["componentstatuses"] = new KindStrategy { Superseded = "v1 ComponentStatus is deprecated in v1.19+" },
        ["persistentvolumes"] = ClusterStrategies.PersistentVolume,
        ["persistentvolumeclaims"] = ClusterStrategies.PersistentVolumeClaim,
        ["endpoints"] = ClusterStrategies.Endpoints,
        ["limitranges"] = ClusterStrategies.LimitRange,
        ["resourcequotas"] = ClusterStrategies.ResourceQuota,
        ["storageclasses.storage.k8s.io"] = ClusterStrategies.StorageClass,
        ["csidrivers.storage.k8s.io"] = ClusterStrategies.CsiDriver,
        ["priorityclasses.scheduling.k8s.io"] = ClusterStrategies.PriorityClass,
        ["runtimeclasses.node.k8s.io"] = ClusterStrategies.RuntimeClass,
        ["poddisruptionbudgets.policy"] = ClusterStrategies.DisruptionBudget,
        ["ingresses.networking.k8s.io"] = ClusterStrategies.Ingress,
        ["ingressclasses.networking.k8s.io"] = ClusterStrategies.IngressClass,
        ["networkpolicies.networking.k8s.io"] = ClusterStrategies.NetworkPolicy,
        ["endpointslices.discovery.k8s.io"] = ClusterStrategies.EndpointSlice,
        ["horizontalpodautoscalers.autoscaling"] = ClusterStrategies.Autoscaler,
        ["roles.rbac.authorization.k8s.io"] = ClusterStrategies.Role,
        ["rolebindings.rbac.authorization.k8s.io"] = ClusterStrategies.RoleBinding,
        ["clusterroles.rbac.authorization.k8s.io"] = ClusterStrategies.ClusterRole,
        ["clusterrolebindings.rbac.authorization.k8s.io"] = ClusterStrategies.ClusterRoleBinding,
        ["mutatingwebhookconfigurations.admissionregistration.k8s.io"] = ClusterStrategies.Webhooks,
        ["validatingwebhookconfigurations.admissionregistration.k8s.io"] = ClusterStrategies.Webhooks,
        ["validatingadmissionpolicies.admissionregistration.k8s.io"] = ClusterStrategies.ValidatingPolicy,
        ["mutatingadmissionpolicies.admissionregistration.k8s.io"] = ClusterStrategies.MutatingPolicy,
    };

    /// <summary>The strategy of a resource, or else of the one it is stored as; the plain one where there is none.</summary>
    public static ResourceStrategy Find(GroupVersionResource resource, GroupVersionResource stored) =>
        ByResource.TryGetValue(resource.QualifiedName, out var strategy) || ByResource.TryGetValue(stored.QualifiedName, out strategy) ? strategy : ResourceStrategy.Plain;
}
