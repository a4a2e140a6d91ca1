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

    private static readonly ConditionalWeakTable<StoredObject, PodReferences> References = [];

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
                if (access.Verb is not ("get" or "list" or "watch")) return new(false, "can only read resources of this type");
                if (access.Subresource.Length > 0) return new(false, "cannot read subresource");
                if (access.Name.Length == 0) return new(false, "can only read a named resource of this type");
                return Decide(RefersTo(node, access), node);
            case ("", "persistentvolumeclaims"):
                return access.Verb == "get" ? Decide(RefersTo(node, access), node) : new(false, "can only get individual resources of this type");
            case ("", "serviceaccounts") when access.Subresource == "token":
                return access.Verb == "create" ? Decide(RefersTo(node, access), node) : new(false, "can only create tokens for individual service accounts");
            case ("", "serviceaccounts"):
                return access.Verb == "get" ? Decide(RefersTo(node, access), node) : new(false, "can only get individual resources of this type");
            case ("", "nodes") when access.Name.Length > 0 && access.Name != node && access.Verb is not "create":
                return new(false, "node " + Kubernetes.Errors.GoText.Quote(node) + " cannot " + access.Verb + " node " + Kubernetes.Errors.GoText.Quote(access.Name));
            case ("coordination.k8s.io", "leases"):
                if (access.Namespace != "kube-node-lease") return new(false, "can only access leases in the \"kube-node-lease\" system namespace");
                if (access.Verb != "create" && access.Name != node) return new(false, "can only access node lease with the same name as the requesting node");
                break;
        }
        return Rules.Any(r => r.Allows(access)) ? new(true, "") : new AccessDecision(false, "");
    }

    private static AccessDecision Decide(bool related, string node) => related
        ? new(true, "")
        : new(false, $"no relationship found between node '{node}' and this object");

    private bool RefersTo(string node, AccessAttributes access)
    {
        foreach (var (_, stored) in store.List("pods").Objects)
        {
            if (stored.Key.Namespace != access.Namespace) continue;
            var references = References.GetValue(stored, PodReferences.Read);
            if (references.Node == node && references.Has(access.Resource, access.Name)) return true;
        }
        return false;
    }

    private static RbacRule Rule(string verbs, string group, params string[] resources) => new(verbs.Split(' '), [group], resources, [], []);

    /// <summary>What a pod refers to by name.</summary>
    private sealed record PodReferences(string Node, HashSet<(string Resource, string Name)> Names)
    {
        public bool Has(string resource, string name) => Names.Contains((resource, name));

        public static PodReferences Read(StoredObject stored)
        {
            var pod = stored.Parse();
            var names = new HashSet<(string, string)>();
            void Add(string resource, string? name)
            {
                if (name is { Length: > 0 }) names.Add((resource, name));
            }
            Add("serviceaccounts", pod.Text("spec", "serviceAccountName"));
            foreach (var secret in pod.Objects("spec", "imagePullSecrets")) Add("secrets", secret.Text("name"));
            foreach (var volume in pod.Objects("spec", "volumes"))
            {
                Add("secrets", volume.Text("secret", "secretName"));
                Add("configmaps", volume.Text("configMap", "name"));
                Add("persistentvolumeclaims", volume.Text("persistentVolumeClaim", "claimName"));
                foreach (var source in volume.Objects("projected", "sources"))
                {
                    Add("secrets", source.Text("secret", "name"));
                    Add("configmaps", source.Text("configMap", "name"));
                }
            }
            foreach (var container in new[] { "containers", "initContainers", "ephemeralContainers" }.SelectMany(c => pod.Objects("spec", c)))
            {
                foreach (var source in container.Objects("envFrom"))
                {
                    Add("secrets", source.Text("secretRef", "name"));
                    Add("configmaps", source.Text("configMapRef", "name"));
                }
                foreach (var variable in container.Objects("env"))
                {
                    Add("secrets", variable.Text("valueFrom", "secretKeyRef", "name"));
                    Add("configmaps", variable.Text("valueFrom", "configMapKeyRef", "name"));
                }
            }
            return new(pod.Text("spec", "nodeName") ?? "", names);
        }
    }
}
