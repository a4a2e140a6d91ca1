using System.Text.Json.Nodes;
using Mobula.ApiServer.Authorization;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Admission;

/// <summary>
/// NodeRestriction: a node (<c>system:node:NAME</c>) writes its own Node and Lease and the pods bound to it, and gives
/// itself no labels and taints by which others keep pods away from it.
/// </summary>
internal sealed class NodeRestriction(ObjectStore store) : AdmissionPlugin
{
    private const string MirrorAnnotation = "kubernetes.io/config.mirror";

    private static readonly HashSet<string> OwnLabels =
    [
        "kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch", "beta.kubernetes.io/os", "beta.kubernetes.io/arch",
        "node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type", "topology.kubernetes.io/zone", "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region",
    ];

    public override string Name => "NodeRestriction";

    public override ValueTask MutateAsync(AdmissionReview review)
    {
        var user = review.Write.User;
        if (!user.Groups.Contains(NodeAuthorizer.NodesGroup) || !user.Name.StartsWith(NodeAuthorizer.UserPrefix, StringComparison.Ordinal)) return default;
        var node = user.Name[NodeAuthorizer.UserPrefix.Length..];
        var problem = (review.Definition.Resource.QualifiedName, review.Subresource) switch
        {
            ("nodes", _) => OfNode(review, node),
            ("pods", "") => OfPod(review, node),
            ("pods", "status") => OfStatus(review, node),
            ("leases.coordination.k8s.io", _) => OfLease(review, node),
            _ => null,
        };
        if (problem is not null) throw StatusException.Forbidden(review.Definition.Resource, review.Name, problem);
        return default;
    }

    private static string? OfNode(AdmissionReview review, string node)
    {
        var who = $"node {GoText.Quote(node)}";
        if (review.Name != node) return $"{who} is not allowed to modify node {GoText.Quote(review.Name)}";
        if (review.Object is not { } next) return null;
        if (review.Operation == AdmissionOperation.Create)
        {
            var refused = Refused(next, null);
            return refused.Length == 0 ? null : $"{who} is not allowed to set the following labels: {refused}";
        }
        if (review.OldObject is not { } old) return null;
        if (!JsonNode.DeepEquals(next.At("metadata", "ownerReferences"), old.At("metadata", "ownerReferences"))) return $"{who} is not allowed to modify ownerReferences";
        if (!SameLists(next.List("spec", "taints"), old.List("spec", "taints"))) return $"{who} is not allowed to modify taints";
        var labels = Refused(next, old);
        return labels.Length == 0 ? null : $"is not allowed to modify labels: {labels}";
    }

    private static bool SameLists(JsonArray? a, JsonArray? b) => a is not { Count: > 0 } ? b is not { Count: > 0 } : JsonNode.DeepEquals(a, b);

    /// <summary>The labels of Kubernetes' own domains that a node changes but may not.</summary>
    private static string Refused(JsonObject next, JsonObject? old)
    {
        var (now, before) = (next.TextMap("metadata", "labels").ToDictionary(), old?.TextMap("metadata", "labels").ToDictionary() ?? []);
        var changed = now.Keys.Union(before.Keys).Where(k => now.GetValueOrDefault(k) != before.GetValueOrDefault(k));
        return string.Join(", ", changed.Where(k => !MaySet(k)).Order(StringComparer.Ordinal));
    }

    private static bool MaySet(string label)
    {
        var slash = label.IndexOf('/', StringComparison.Ordinal);
        var domain = slash < 0 ? "" : label[..slash];
        if (!IsIn(domain, "kubernetes.io") && !IsIn(domain, "k8s.io")) return true;
        if (IsIn(domain, "node-restriction.kubernetes.io")) return false;
        return OwnLabels.Contains(label) || IsIn(domain, "kubelet.kubernetes.io") || IsIn(domain, "node.kubernetes.io");
    }

    private static bool IsIn(string domain, string of) => domain == of || domain.EndsWith("." + of, StringComparison.Ordinal);

    private string? OfPod(AdmissionReview review, string node)
    {
        var who = $"node {GoText.Quote(node)}";
        if (review.Operation == AdmissionOperation.Delete)
        {
            return review.OldObject is { } gone && gone.Text("spec", "nodeName") != node ? $"{who} can only delete pods with spec.nodeName set to itself" : null;
        }
        if (review is not { Operation: AdmissionOperation.Create, Object: { } pod }) return null;
        if (pod.Annotation(MirrorAnnotation) is null) return $"pod does not have {GoText.Quote(MirrorAnnotation)} annotation, {who} can only create mirror pods";
        if (pod.Text("spec", "nodeName") != node) return $"{who} can only create pods with spec.nodeName set to itself";
        return OfOwner(pod, node, who) ?? OfReferences(pod, who);
    }

    private string? OfOwner(JsonObject pod, string node, string who)
    {
        var owners = pod.Objects("metadata", "ownerReferences").ToList();
        if (owners.Count > 1) return $"{who} can only create pods with a single owner reference set to itself";
        if (owners.Count == 0 || owners[0] is not { ApiVersion: "v1", Kind: "Node" } owner || owner.Text("name") != node) return $"{who} can only create pods with an owner reference set to itself";
        if (owner.Flag("controller") != true) return $"{who} can only create pods with a controller owner reference set to itself";
        if (owner.Flag("blockOwnerDeletion") == true) return $"{who} must not set blockOwnerDeletion on an owner reference";
        if (store.Get(new("nodes", "", node))?.Parse() is { } own && own.Uid != owner.Text("uid")) return $"{who} UID mismatch: expected {own.Uid} got {owner.Text("uid")}";
        return null;
    }

    private static string? OfReferences(JsonObject pod, string who)
    {
        if (!string.IsNullOrEmpty(pod.Text("spec", "serviceAccountName"))) return $"{who} can not create pods that reference a service account";
        foreach (var (resource, _) in PodReferences.Of(pod)) return $"{who} can not create pods that reference {resource}";
        return null;
    }

    private static string? OfStatus(AdmissionReview review, string node)
    {
        if (review.Object is not { } next || review.OldObject is not { } old) return null;
        var who = $"node {GoText.Quote(node)}";
        if (old.Text("spec", "nodeName") != node) return $"{who} can only update pod status for pods with spec.nodeName set to itself";
        return JsonNode.DeepEquals(next.At("metadata", "labels"), old.At("metadata", "labels")) ? null : $"{who} cannot update labels through pod status";
    }

    private static string? OfLease(AdmissionReview review, string node)
    {
        if (review.Namespace != "kube-node-lease") return "can only access leases in the \"kube-node-lease\" system namespace";
        return review.Name == node ? null : "can only access node lease with the same name as the requesting node";
    }
}
