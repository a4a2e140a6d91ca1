using System.Runtime.CompilerServices;
using Mobula.ApiServer.Authentication;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Authorization;

/// <summary>
/// Lets a node (user <c>system:node:NAME</c> in group <c>system:nodes</c>) read what its pods refer to, keep its own
/// Node and Lease, and report on its pods.
/// </summary>
internal sealed class NodeAuthorizer(ObjectStore store)
{
    public const string UserPrefix = "system:node:";
    public const string NodesGroup = "system:nodes";

    private static readonly ConditionalWeakTable<StoredObject, BoundReferences> References = [];

    private static readonly RbacRule[] Rules =
    [
        Rule("create", "authentication.k8s.io", "tokenreviews"),
        Rule("create", "authorization.k8s.io", "subjectaccessreviews", "localsubjectaccessreviews"),
        Rule("get list watch", "", "services", "pods"),
        Rule("create get list watch", "", "nodes"),
        Rule("update patch", "", "nodes", "nodes/status"),
        Rule("create patch update", "", "events"),
        Rule("create delete", "", "pods"),
        Rule("update patch", "", "pods/status"),
        Rule("create", "", "pods/eviction"),
        Rule("create get list watch", "certificates.k8s.io", "certificatesigningrequests"),
        Rule("get create update patch delete", "coordination.k8s.io", "leases"),
        Rule("get", "storage.k8s.io", "volumeattachments"),
        Rule("get create update patch delete", "storage.k8s.io", "csinodes"),
        Rule("get list watch", "storage.k8s.io", "csidrivers"),
        Rule("get list watch", "node.k8s.io", "runtimeclasses"),
        Rule("create patch update", "events.k8s.io", "events"),
    ];

    /// <summary>Null when the user is no node.</summary>
    public AccessDecision? Decide(UserInfo user, AccessAttributes access)
    {
        if (!user.Groups.Contains(NodesGroup) || !user.Name.StartsWith(UserPrefix, StringComparison.Ordinal)) return null;
        var node = user.Name[UserPrefix.Length..];
        if (!access.IsResource) return null;
        switch (access.Group, access.Resource)
        {
            case ("", "secrets" or "configmaps"):
                if (access.Verb is not ("get" or "list" or "watch")) return Refused("can only read resources of this type");
                if (access.Subresource.Length > 0) return Refused("cannot read subresource");
                if (access.Name.Length == 0) return Refused("No Object name found");
                return Decide(RefersTo(node, access), node);
            case ("", "persistentvolumeclaims"):
                return access.Verb == "get" ? Decide(RefersTo(node, access), node) : Refused("can only get individual resources of this type");
            case ("", "serviceaccounts") when access.Subresource == "token":
                return access.Verb == "create" ? Decide(RefersTo(node, access), node) : Refused("can only create tokens for individual service accounts");
            case ("", "serviceaccounts"):
                return access.Verb == "get" ? Decide(RefersTo(node, access), node) : Refused("can only get individual resources of this type");
            case ("", "nodes") when access.Name.Length > 0 && access.Name != node && access.Verb == "get":
                return Refused($"node '{node}' cannot read '{access.Name}', only its own Node object");
            case ("", "pods") when access.Verb is "list" or "watch" or "deletecollection" && access.Name.Length == 0:
                if (access.Verb != "deletecollection" && access.FieldSelector.Split(',').Any(f => f == $"spec.nodeName={node}" || f == $"spec.nodeName=={node}")) return new(true, "");
                return Refused("can only list/watch pods with spec.nodeName field selector");
            case ("coordination.k8s.io", "leases"):
                if (access.Namespace != "kube-node-lease") return Refused("can only access leases in the \"kube-node-lease\" system namespace");
                if (access.Verb != "create" && access.Name != node) return Refused("can only access node lease with the same name as the requesting node");
                break;
        }
        return Rules.Any(r => r.Allows(access)) ? new(true, "") : new AccessDecision(false, "");
    }

    private static AccessDecision Decide(bool related, string node) => related
        ? new(true, "")
        : Refused($"no relationship found between node '{node}' and this object");

    private static AccessDecision Refused(string why) => new(false, $"node: {why}");

    private bool RefersTo(string node, AccessAttributes access)
    {
        foreach (var (_, stored) in store.List("pods").Objects)
        {
            if (stored.Key.Namespace != access.Namespace) continue;
            var references = References.GetValue(stored, BoundReferences.Read);
            if (references.Node == node && references.Has(access.Resource, access.Name)) return true;
        }
        return false;
    }

    private static RbacRule Rule(string verbs, string group, params string[] resources) => new(verbs.Split(' '), [group], resources, [], []);

    /// <summary>The node of a pod and what the pod refers to.</summary>
    private sealed record BoundReferences(string Node, HashSet<(string Resource, string Name)> Names)
    {
        public bool Has(string resource, string name) => Names.Contains((resource, name));

        public static BoundReferences Read(StoredObject stored)
        {
            var pod = stored.Parse();
            return new(pod.Text("spec", "nodeName") ?? "", [.. PodReferences.Of(pod)]);
        }
    }
}
