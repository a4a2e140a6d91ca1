using Mobula.Kubernetes;

namespace Mobula.Client;

/// <summary>The resources that Mobula's own clients speak of.</summary>
public static class Resources
{
    /// <summary><c>pods</c>.</summary>
    public static readonly GroupVersionResource Pods = new("", "v1", "pods");

    /// <summary><c>nodes</c>.</summary>
    public static readonly GroupVersionResource Nodes = new("", "v1", "nodes");

    /// <summary><c>namespaces</c>.</summary>
    public static readonly GroupVersionResource Namespaces = new("", "v1", "namespaces");

    /// <summary><c>services</c>.</summary>
    public static readonly GroupVersionResource Services = new("", "v1", "services");

    /// <summary><c>endpoints</c>.</summary>
    public static readonly GroupVersionResource Endpoints = new("", "v1", "endpoints");

    /// <summary><c>endpointslices.discovery.k8s.io</c>.</summary>
    public static readonly GroupVersionResource EndpointSlices = new("discovery.k8s.io", "v1", "endpointslices");

    /// <summary><c>configmaps</c>.</summary>
    public static readonly GroupVersionResource ConfigMaps = new("", "v1", "configmaps");

    /// <summary><c>secrets</c>.</summary>
    public static readonly GroupVersionResource Secrets = new("", "v1", "secrets");

    /// <summary><c>serviceaccounts</c>.</summary>
    public static readonly GroupVersionResource ServiceAccounts = new("", "v1", "serviceaccounts");

    /// <summary><c>events</c> of the core group.</summary>
    public static readonly GroupVersionResource Events = new("", "v1", "events");

    /// <summary><c>leases.coordination.k8s.io</c>.</summary>
    public static readonly GroupVersionResource Leases = new("coordination.k8s.io", "v1", "leases");

    /// <summary><c>deployments.apps</c>.</summary>
    public static readonly GroupVersionResource Deployments = new("apps", "v1", "deployments");

    /// <summary><c>replicasets.apps</c>.</summary>
    public static readonly GroupVersionResource ReplicaSets = new("apps", "v1", "replicasets");

    /// <summary><c>jobs.batch</c>.</summary>
    public static readonly GroupVersionResource Jobs = new("batch", "v1", "jobs");

    /// <summary><c>rayclusters.ray.io</c>.</summary>
    public static readonly GroupVersionResource RayClusters = new("ray.io", "v1", "rayclusters");

    /// <summary><c>replicationcontrollers</c>.</summary>
    public static readonly GroupVersionResource ReplicationControllers = new("", "v1", "replicationcontrollers");

    /// <summary><c>statefulsets.apps</c>.</summary>
    public static readonly GroupVersionResource StatefulSets = new("apps", "v1", "statefulsets");

    /// <summary><c>daemonsets.apps</c>.</summary>
    public static readonly GroupVersionResource DaemonSets = new("apps", "v1", "daemonsets");

    /// <summary><c>controllerrevisions.apps</c>.</summary>
    public static readonly GroupVersionResource ControllerRevisions = new("apps", "v1", "controllerrevisions");

    /// <summary><c>cronjobs.batch</c>.</summary>
    public static readonly GroupVersionResource CronJobs = new("batch", "v1", "cronjobs");

    /// <summary><c>persistentvolumeclaims</c>.</summary>
    public static readonly GroupVersionResource PersistentVolumeClaims = new("", "v1", "persistentvolumeclaims");

    /// <summary><c>persistentvolumes</c>.</summary>
    public static readonly GroupVersionResource PersistentVolumes = new("", "v1", "persistentvolumes");

    /// <summary><c>customresourcedefinitions.apiextensions.k8s.io</c>.</summary>
    public static readonly GroupVersionResource CustomResourceDefinitions = new("apiextensions.k8s.io", "v1", "customresourcedefinitions");

    /// <summary>Cluster roles.</summary>
    public static readonly GroupVersionResource ClusterRoles = new("rbac.authorization.k8s.io", "v1", "clusterroles");

    /// <summary>Resource quotas.</summary>
    public static readonly GroupVersionResource ResourceQuotas = new("", "v1", "resourcequotas");

    /// <summary>Disruption budgets.</summary>
    public static readonly GroupVersionResource PodDisruptionBudgets = new("policy", "v1", "poddisruptionbudgets");
}
