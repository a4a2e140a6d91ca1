using System.Text.Json.Nodes;
using Mobula.Ray;
using Mobula.RayOperator.Pods;

namespace Mobula.RayOperator.Clusters;

/// <summary>What the autoscaler may do: a ServiceAccount, a Role and their binding.</summary>
internal static class AutoscalerAccess
{
    public static JsonObject ServiceAccount(RayClusterView cluster) => Object(cluster, "v1", "ServiceAccount", PodBuilder.ServiceAccountName(cluster));

    public static JsonObject Role(RayClusterView cluster)
    {
        var role = Object(cluster, "rbac.authorization.k8s.io/v1", "Role", ObjectNames.CheckName(cluster.Name));
        role["rules"] = new JsonArray(
            Rule("", "pods", "get", "list", "watch", "patch"),
            Rule("", "pods/resize", "patch"),
            Rule("ray.io", "rayclusters", "get", "patch"));
        return role;
    }

    public static JsonObject RoleBinding(RayClusterView cluster)
    {
        var binding = Object(cluster, "rbac.authorization.k8s.io/v1", "RoleBinding", ObjectNames.CheckName(cluster.Name));
        binding["subjects"] = new JsonArray(new JsonObject
        {
            ["kind"] = "ServiceAccount",
            ["name"] = PodBuilder.ServiceAccountName(cluster),
            ["namespace"] = cluster.Namespace,
        });
        binding["roleRef"] = new JsonObject
        {
            ["apiGroup"] = "rbac.authorization.k8s.io",
            ["kind"] = "Role",
            ["name"] = ObjectNames.CheckName(cluster.Name),
        };
        return binding;
    }

    private static JsonObject Rule(string group, string resource, params ReadOnlySpan<string> verbs) => new()
    {
        ["apiGroups"] = new JsonArray(group),
        ["resources"] = new JsonArray(resource),
        ["verbs"] = ContainerEditing.Texts(verbs),
    };

    private static JsonObject Object(RayClusterView cluster, string apiVersion, string kind, string name) => new()
    {
        ["apiVersion"] = apiVersion,
        ["kind"] = kind,
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = cluster.Namespace,
            ["labels"] = new JsonObject
            {
                [RayLabels.Cluster] = cluster.Name,
                [RayLabels.ApplicationName] = RayLabels.Application,
                [RayLabels.CreatedBy] = RayLabels.Operator,
            },
            ["ownerReferences"] = new JsonArray(RayClusterView.ControllerReference(cluster.Object)),
        },
    };
}
