using System.Text.Json.Nodes;

namespace Mobula.ApiServer.Bootstrap;

/// <summary>The default ClusterRoles, Roles and bindings, as facts: names, groups, resources and verbs.</summary>
internal static class RbacPolicy
{
    private const string ReadVerbs = "get list watch";
    private const string WriteVerbs = "create delete deletecollection patch update";
    private const string AllVerbs = "create delete deletecollection get list patch update watch";

    private static readonly JsonObject BootstrapLabels = new() { ["kubernetes.io/bootstrapping"] = "rbac-defaults" };

    /// <summary>The ClusterRoles, with the labels by which others aggregate them.</summary>
    public static IEnumerable<JsonObject> ClusterRoles()
    {
        yield return Role("cluster-admin", [Rule("*", "*", "*"), Urls("*", "*")]);
        yield return Role("system:discovery", [Urls("get", "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/")]);
        yield return Role("system:basic-user",
        [
            Rule("create", "authorization.k8s.io", "selfsubjectaccessreviews", "selfsubjectrulesreviews"),
            Rule("create", "authentication.k8s.io", "selfsubjectreviews"),
        ]);
        yield return Role("system:public-info-viewer", [Urls("get", "/healthz", "/livez", "/readyz", "/version", "/version/")]);
        yield return Role("system:monitoring", [Urls("get", "/healthz", "/healthz/*", "/livez", "/livez/*", "/metrics", "/metrics/slis", "/readyz", "/readyz/*")]);
        yield return Role("system:service-account-issuer-discovery", [Urls("get", "/.well-known/openid-configuration", "/.well-known/openid-configuration/", "/openid/v1/jwks", "/openid/v1/jwks/")]);
        yield return Role("system:auth-delegator", [Rule("create", "authentication.k8s.io", "tokenreviews"), Rule("create", "authorization.k8s.io", "subjectaccessreviews")]);
        yield return Role("system:kube-scheduler", Scheduler());
        yield return Role("system:kube-controller-manager", ControllerManager());
        yield return Role("system:node-proxier", [Rule("list watch", "", "services", "endpoints"), Rule("get list watch", "", "nodes"), Rule("create patch update", "", "events"), Rule("create patch update", "events.k8s.io", "events"), Rule("list watch", "discovery.k8s.io", "endpointslices")]);
        yield return Role("system:node", []);
        yield return Role("system:persistent-volume-provisioner", [Rule("create delete get list watch", "", "persistentvolumes"), Rule("get list update watch", "", "persistentvolumeclaims"), Rule("get list watch", "storage.k8s.io", "storageclasses"), Rule("create get list patch update watch", "", "events")]);
        yield return Role("mobula:event-writer", [Rule("create patch update", "", "events"), Rule("create patch update", "events.k8s.io", "events")]);
        foreach (var (name, rules) in ControllerRoles.All()) yield return Role($"system:controller:{name}", rules);
        yield return Aggregated("admin", "admin");
        yield return Aggregated("edit", "edit", ("admin", "true"));
        yield return Aggregated("view", "view", ("edit", "true"));
        yield return Role("system:aggregate-to-admin", Admin(), ("admin", "true"));
        yield return Role("system:aggregate-to-edit", Edit(), ("edit", "true"));
        yield return Role("system:aggregate-to-view", View(), ("view", "true"));
    }

    /// <summary>The ClusterRoleBindings.</summary>
    public static IEnumerable<JsonObject> ClusterRoleBindings()
    {
        yield return Binding("cluster-admin", "cluster-admin", Group("system:masters"));
        yield return Binding("system:discovery", "system:discovery", Group("system:authenticated"));
        yield return Binding("system:basic-user", "system:basic-user", Group("system:authenticated"));
        yield return Binding("system:public-info-viewer", "system:public-info-viewer", Group("system:authenticated"), Group("system:unauthenticated"));
        yield return Binding("system:monitoring", "system:monitoring", Group("system:monitoring"));
        yield return Binding("system:service-account-issuer-discovery", "system:service-account-issuer-discovery", Group("system:serviceaccounts"));
        yield return Binding("system:kube-scheduler", "system:kube-scheduler", User("system:kube-scheduler"));
        yield return Binding("system:kube-controller-manager", "system:kube-controller-manager", User("system:kube-controller-manager"));
        yield return Binding("system:node-proxier", "system:node-proxier", User("system:kube-proxy"));
        yield return Binding("system:node", "system:node");
        foreach (var (name, _) in ControllerRoles.All()) yield return Binding($"system:controller:{name}", $"system:controller:{name}", Account(name));
        // One loop keeps Jobs and ends those whose time is over; two tell events under another name than their account's.
        yield return Binding("mobula:job-expiry", "system:controller:ttl-after-finished-controller", Account("job-controller"));
        yield return Binding("mobula:event-writers", "mobula:event-writer", Account("garbage-collector-controller"), Account("daemonset-controller"));
    }

    private static JsonArray Scheduler() =>
    [
        Rule("create patch update", "", "events"), Rule("create patch update", "events.k8s.io", "events"),
        Rule("create get list update watch", "coordination.k8s.io", "leases"),
        Rule(ReadVerbs, "", "nodes"), Rule("delete get list watch", "", "pods"), Rule("create", "", "bindings", "pods/binding"),
        Rule("patch update", "", "pods/status"), Rule(ReadVerbs, "", "replicationcontrollers", "services", "namespaces"),
        Rule(ReadVerbs, "apps", "replicasets", "statefulsets"), Rule(ReadVerbs, "policy", "poddisruptionbudgets"),
        Rule("get list patch update watch", "", "persistentvolumeclaims", "persistentvolumes"),
        Rule("create", "authentication.k8s.io", "tokenreviews"), Rule("create", "authorization.k8s.io", "subjectaccessreviews"),
        Rule(ReadVerbs, "storage.k8s.io", "csinodes", "csidrivers", "csistoragecapacities", "volumeattachments", "storageclasses"),
        Rule(ReadVerbs, "scheduling.k8s.io", "priorityclasses"), Rule(ReadVerbs, "resource.k8s.io", "deviceclasses", "resourceclaims", "resourceslices"),
    ];

    private static JsonArray ControllerManager() =>
    [
        Rule("create patch update", "", "events"), Rule("create patch update", "events.k8s.io", "events"),
        Rule("create get list update watch", "coordination.k8s.io", "leases"), Rule("create", "", "secrets", "serviceaccounts"),
        Rule("delete", "", "secrets"), Rule("get", "", "configmaps", "namespaces", "secrets", "serviceaccounts"), Rule("update", "", "secrets", "serviceaccounts"),
        Rule("create", "authentication.k8s.io", "tokenreviews"), Rule("create", "authorization.k8s.io", "subjectaccessreviews"),
        Rule("list watch", "*", "*"), Rule("create", "", "serviceaccounts/token"),
    ];

    private static JsonArray Admin() =>
    [
        Rule("create", "authorization.k8s.io", "localsubjectaccessreviews"),
        Rule(AllVerbs, "rbac.authorization.k8s.io", "rolebindings", "roles"),
    ];

    private static JsonArray Edit() =>
    [
        Rule("get list watch", "", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"),
        Rule("impersonate", "", "serviceaccounts"),
        Rule(WriteVerbs, "", "pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy"), Rule("create", "", "pods/eviction"),
        Rule(WriteVerbs, "", "configmaps", "events", "persistentvolumeclaims", "replicationcontrollers", "replicationcontrollers/scale", "secrets", "serviceaccounts", "services", "services/proxy"),
        Rule("create", "", "serviceaccounts/token"),
        Rule(WriteVerbs, "apps", "daemonsets", "deployments", "deployments/rollback", "deployments/scale", "replicasets", "replicasets/scale", "statefulsets", "statefulsets/scale"),
        Rule(WriteVerbs, "autoscaling", "horizontalpodautoscalers"), Rule(WriteVerbs, "batch", "cronjobs", "jobs"),
        Rule(WriteVerbs, "networking.k8s.io", "ingresses", "networkpolicies"), Rule(WriteVerbs, "policy", "poddisruptionbudgets"),
        Rule(AllVerbs, "coordination.k8s.io", "leases"),
    ];

    private static JsonArray View() =>
    [
        Rule(ReadVerbs, "", "configmaps", "endpoints", "persistentvolumeclaims", "persistentvolumeclaims/status", "pods", "replicationcontrollers", "replicationcontrollers/scale", "serviceaccounts", "services", "services/status"),
        Rule(ReadVerbs, "", "bindings", "events", "limitranges", "namespaces/status", "pods/log", "pods/status", "replicationcontrollers/status", "resourcequotas", "resourcequotas/status"),
        Rule(ReadVerbs, "", "namespaces"), Rule(ReadVerbs, "discovery.k8s.io", "endpointslices"),
        Rule(ReadVerbs, "apps", "controllerrevisions", "daemonsets", "daemonsets/status", "deployments", "deployments/scale", "deployments/status", "replicasets", "replicasets/scale", "replicasets/status", "statefulsets", "statefulsets/scale", "statefulsets/status"),
        Rule(ReadVerbs, "autoscaling", "horizontalpodautoscalers", "horizontalpodautoscalers/status"), Rule(ReadVerbs, "batch", "cronjobs", "cronjobs/status", "jobs", "jobs/status"),
        Rule(ReadVerbs, "networking.k8s.io", "ingresses", "ingresses/status", "networkpolicies"), Rule(ReadVerbs, "policy", "poddisruptionbudgets", "poddisruptionbudgets/status"),
    ];

    private static JsonObject Role(string name, JsonArray rules, params (string Role, string Value)[] aggregateTo)
    {
        var labels = (JsonObject)BootstrapLabels.DeepClone();
        foreach (var (role, value) in aggregateTo) labels[$"rbac.authorization.k8s.io/aggregate-to-{role}"] = value;
        return new() { ["metadata"] = Metadata(name, labels), ["rules"] = rules };
    }

    /// <summary>A role made of those that carry its label. The rules are joined here too, so that it works before a controller runs.</summary>
    private static JsonObject Aggregated(string name, string label, params (string Role, string Value)[] aggregateTo)
    {
        var rules = name switch { "admin" => Join(Admin(), Edit(), View()), "edit" => Join(Edit(), View()), _ => View() };
        var role = Role(name, rules, aggregateTo);
        role["aggregationRule"] = new JsonObject
        {
            ["clusterRoleSelectors"] = new JsonArray(new JsonObject { ["matchLabels"] = new JsonObject { [$"rbac.authorization.k8s.io/aggregate-to-{label}"] = "true" } }),
        };
        return role;
    }

    private static JsonArray Join(params JsonArray[] parts) => new([.. parts.SelectMany(p => p.Select(r => r!.DeepClone()))]);

    private static JsonObject Binding(string name, string role, params JsonObject[] subjects)
    {
        var binding = new JsonObject
        {
            ["metadata"] = Metadata(name, (JsonObject)BootstrapLabels.DeepClone()),
            ["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "ClusterRole", ["name"] = role },
        };
        if (subjects.Length > 0) binding["subjects"] = new JsonArray([.. subjects]);
        return binding;
    }

    private static JsonObject Metadata(string name, JsonObject labels) => new()
    {
        ["name"] = name,
        ["labels"] = labels,
        ["annotations"] = new JsonObject { ["rbac.authorization.kubernetes.io/autoupdate"] = "true" },
    };

    private static JsonObject Group(string name) => new() { ["kind"] = "Group", ["apiGroup"] = "rbac.authorization.k8s.io", ["name"] = name };

    private static JsonObject User(string name) => new() { ["kind"] = "User", ["apiGroup"] = "rbac.authorization.k8s.io", ["name"] = name };

    private static JsonObject Account(string name) => new() { ["kind"] = "ServiceAccount", ["name"] = name, ["namespace"] = "kube-system" };

    /// <summary>A rule over resources; verbs are separated by blanks.</summary>
    internal static JsonNode Rule(string verbs, string group, params string[] resources) => new JsonObject
    {
        ["verbs"] = Texts(verbs.Split(' ')),
        ["apiGroups"] = Texts([group]),
        ["resources"] = Texts(resources),
    };

    private static JsonNode Urls(string verbs, params string[] paths) => new JsonObject { ["verbs"] = Texts(verbs.Split(' ')), ["nonResourceURLs"] = Texts(paths) };

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(t => JsonValue.Create(t))]);
}
