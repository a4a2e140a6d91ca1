using System.Text.Json.Nodes;
using static Mobula.PodSecurity.Webhook.Install.WebhookManifests;

namespace Mobula.PodSecurity.Webhook.Install;

/// <summary>What the webhook may do: read what it judges by, and write its one Secret and its one configuration.</summary>
internal static class WebhookAccess
{
    private const string Rbac = "rbac.authorization.k8s.io/v1";

    public static IEnumerable<JsonObject> Make(WebhookInstallation installation)
    {
        var ns = installation.Namespace;
        var cluster = Object(Rbac, "ClusterRole", Name, null);
        var clusterRules = new JsonArray();
        clusterRules.Add((JsonNode)Rule("", "namespaces", "get,list,watch"));
        // For the warnings about pods that run when a namespace begins to enforce more.
        clusterRules.Add((JsonNode)Rule("", "pods", "list"));
        // Whose a pod is, for exemptions of workloads.
        clusterRules.Add((JsonNode)Rule("apps", "replicasets", "get"));
        clusterRules.Add((JsonNode)Rule("batch", "jobs", "get"));
        clusterRules.Add((JsonNode)Rule("ray.io", "rayclusters,rayjobs,rayservices", "get"));
        if (!installation.UsesCertManager)
        {
            clusterRules.Add((JsonNode)Rule("admissionregistration.k8s.io", "validatingwebhookconfigurations", "get,list,watch,patch", ConfigurationName));
        }
        cluster["rules"] = clusterRules;
        var own = Object(Rbac, "Role", Name, ns);
        var ownRules = new JsonArray();
        ownRules.Add((JsonNode)Rule("", "configmaps", "get,list,watch"));
        if (!installation.UsesCertManager) ownRules.Add((JsonNode)Rule("", "secrets", "get,list,watch,update", SecretName));
        own["rules"] = ownRules;
        return [cluster, Binding("ClusterRole", null, ns), own, Binding("Role", ns, ns)];
    }

    private static JsonObject Binding(string roleKind, string? ns, string accountNamespace)
    {
        var binding = Object(Rbac, ns is null ? "ClusterRoleBinding" : "RoleBinding", Name, ns);
        binding["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = roleKind, ["name"] = Name };
        binding["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = Name, ["namespace"] = accountNamespace });
        return binding;
    }

    private static JsonObject Rule(string group, string resources, string verbs, string? name = null)
    {
        var rule = new JsonObject { ["apiGroups"] = Texts(group), ["resources"] = Texts(resources.Split(',')) };
        if (name is not null) rule["resourceNames"] = Texts(name);
        rule["verbs"] = Texts(verbs.Split(','));
        return rule;
    }
}
