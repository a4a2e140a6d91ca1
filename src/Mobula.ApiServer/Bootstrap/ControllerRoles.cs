using System.Text.Json.Nodes;

namespace Mobula.ApiServer.Bootstrap;

/// <summary>What each control loop may do, as facts: <c>system:controller:NAME</c>, bound to the ServiceAccount NAME in <c>kube-system</c>.</summary>
internal static class ControllerRoles
{
    private const string Read = "get list watch";

    /// <summary>Each controller's name and rights.</summary>
    public static IEnumerable<(string Name, JsonArray Rules)> All()
    {
        yield return ("deployment-controller",
        [
            Rule("get list update watch", "apps", "deployments"), Rule("update", "apps", "deployments/status", "deployments/finalizers"),
            Rule("create delete get list patch update watch", "apps", "replicasets"), Rule("get list update watch", "", "pods"), .. Events(),
        ]);
        yield return ("replicaset-controller",
        [
            Rule("get list update watch", "apps", "replicasets"), Rule("update", "apps", "replicasets/status", "replicasets/finalizers"),
            Rule("create delete list patch watch", "", "pods"), .. Events(),
        ]);
        yield return ("replication-controller",
        [
            Rule("get list update watch", "", "replicationcontrollers"), Rule("update", "", "replicationcontrollers/status", "replicationcontrollers/finalizers"),
            Rule("create delete list patch watch", "", "pods"), .. Events(),
        ]);
        yield return ("statefulset-controller",
        [
            Rule("list watch", "", "pods"), Rule(Read, "apps", "statefulsets"), Rule("update", "apps", "statefulsets/status", "statefulsets/finalizers"),
            Rule("create delete get patch update", "", "pods"), Rule("create delete get list patch update watch", "apps", "controllerrevisions"),
            Rule("create get", "", "persistentvolumeclaims"), Rule("delete patch update", "", "persistentvolumeclaims"), .. Events(),
        ]);
        yield return ("daemon-set-controller",
        [
            Rule(Read, "apps", "daemonsets"), Rule("update", "apps", "daemonsets/status", "daemonsets/finalizers"), Rule("list watch", "", "nodes"),
            Rule("create delete list patch watch", "", "pods"), Rule("create", "", "pods/binding"),
            Rule("create delete get list patch update watch", "apps", "controllerrevisions"), .. Events(),
        ]);
        yield return ("job-controller",
        [
            Rule("get list patch update watch", "batch", "jobs"), Rule("update", "batch", "jobs/status", "jobs/finalizers"),
            Rule("create delete list patch watch", "", "pods"), .. Events(),
        ]);
        yield return ("cronjob-controller",
        [
            Rule("get list update watch", "batch", "cronjobs"), Rule("create delete get list patch update watch", "batch", "jobs"),
            Rule("update", "batch", "cronjobs/status", "cronjobs/finalizers"), Rule("delete list", "", "pods"), .. Events(),
        ]);
        yield return ("ttl-after-finished-controller", [Rule("delete get list watch", "batch", "jobs"), .. Events()]);
        yield return ("endpoint-controller",
        [
            Rule(Read, "", "pods", "services"), Rule("create delete get list update", "", "endpoints"), Rule("create", "", "endpoints/restricted"), .. Events(),
        ]);
        yield return ("endpointslice-controller",
        [
            Rule(Read, "", "nodes", "pods", "services"), Rule("update", "", "services/finalizers"),
            Rule("create delete get list update", "discovery.k8s.io", "endpointslices"), Rule("create", "discovery.k8s.io", "endpointslices/restricted"), .. Events(),
        ]);
        yield return ("generic-garbage-collector", [Rule("delete get list patch update watch", "*", "*"), .. Events()]);
        yield return ("namespace-controller",
        [
            Rule("delete get list watch", "", "namespaces"), Rule("update", "", "namespaces/finalize", "namespaces/status"), Rule("delete deletecollection get list", "*", "*"),
        ]);
        yield return ("node-controller",
        [
            Rule("delete get list patch update", "", "nodes"), Rule("patch update", "", "nodes/status"), Rule("patch update", "", "pods/status"),
            Rule("delete get list", "", "pods"), .. Events(),
        ]);
        yield return ("taint-eviction-controller",
        [
            Rule("delete get list watch", "", "pods"), Rule(Read, "", "nodes"), Rule("patch update", "", "pods/status"), .. Events(),
        ]);
        yield return ("pod-garbage-collector", [Rule("delete list watch", "", "pods"), Rule(Read, "", "nodes"), Rule("patch", "", "pods/status")]);
        yield return ("root-ca-cert-publisher", [Rule("create update", "", "configmaps"), .. Events()]);
        yield return ("service-account-controller", [Rule("create", "", "serviceaccounts"), .. Events()]);
        yield return ("resourcequota-controller", [Rule("list watch", "*", "*"), Rule("update", "", "resourcequotas/status"), .. Events()]);
        yield return ("ttl-controller", [Rule("list patch update watch", "", "nodes"), .. Events()]);
        yield return ("disruption-controller",
        [
            Rule(Read, "apps", "deployments", "replicasets", "statefulsets"), Rule(Read, "", "replicationcontrollers"), Rule(Read, "policy", "poddisruptionbudgets"),
            Rule("update", "policy", "poddisruptionbudgets/status"), Rule(Read, "", "pods"), Rule("patch update", "", "pods/status"), Rule("get", "*", "*/scale"), .. Events(),
        ]);
        yield return ("clusterrole-aggregation-controller", [Rule("escalate get list patch update watch", "rbac.authorization.k8s.io", "clusterroles")]);
    }

    private static JsonNode[] Events() => [Rule("create patch update", "", "events"), Rule("create patch update", "events.k8s.io", "events")];

    private static JsonNode Rule(string verbs, string group, params string[] resources) => RbacPolicy.Rule(verbs, group, resources);
}
