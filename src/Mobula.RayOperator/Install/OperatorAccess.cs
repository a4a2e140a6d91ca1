using System.Text.Json.Nodes;
using Mobula.RayOperator.Pods;

namespace Mobula.RayOperator.Install;

/// <summary>What the operator may do: no more than its control loops ask for.</summary>
internal static class OperatorAccess
{
    private const string ReadAndWatch = "get,list,watch";

    public static JsonObject Role(OperatorInstallation installation)
    {
        var role = installation.OwnNamespaceOnly
            ? OperatorManifests.Object("rbac.authorization.k8s.io/v1", "Role", OperatorManifests.Name, installation.Namespace)
            : OperatorManifests.Object("rbac.authorization.k8s.io/v1", "ClusterRole", OperatorManifests.Name, null);
        role["rules"] = new JsonArray(
            Rule("", "pods", $"{ReadAndWatch},create,update,patch,delete,deletecollection"),
            // Held only to be handed on: the autoscaler's Role grants it.
            Rule("", "pods/resize", "patch"),
            Rule("", "services", $"{ReadAndWatch},create,update,delete"),
            Rule("", "serviceaccounts,secrets", "get,create"),
            Rule("", "persistentvolumeclaims", "get,create,update"),
            Rule("", "pods/proxy,services/proxy", "get,create,update"),
            Rule("events.k8s.io", "events", "create,patch"),
            Rule("batch", "jobs", $"{ReadAndWatch},create,delete"),
            Rule("networking.k8s.io", "ingresses", "get,create,update"),
            Rule("discovery.k8s.io", "endpointslices", ReadAndWatch),
            Rule("rbac.authorization.k8s.io", "roles,rolebindings", "get,create"),
            Rule("ray.io", "rayclusters,rayjobs,rayservices,raycronjobs", $"{ReadAndWatch},create,update,patch,delete"),
            Rule("ray.io", "rayclusters/status,rayjobs/status,rayservices/status,raycronjobs/status", "get,update,patch"),
            Rule("ray.io", "rayclusters/finalizers,rayjobs/finalizers,rayservices/finalizers,raycronjobs/finalizers", "update"));
        return role;
    }

    public static JsonObject LeaderElection(string ns)
    {
        var role = OperatorManifests.Object("rbac.authorization.k8s.io/v1", "Role", $"{OperatorManifests.Name}-leader-election", ns);
        role["rules"] = new JsonArray(Rule("coordination.k8s.io", "leases", "get,create,update"));
        return role;
    }

    private static JsonObject Rule(string group, string resources, string verbs) => new()
    {
        ["apiGroups"] = new JsonArray(group),
        ["resources"] = ContainerEditing.Texts(resources.Split(',')),
        ["verbs"] = ContainerEditing.Texts(verbs.Split(',')),
    };
}
