using System.Text.Json.Nodes;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Admission;

/// <summary>Nothing is made in a namespace that is not there or is going, and some namespaces stay.</summary>
internal sealed class NamespaceLifecycle(ObjectStore store) : AdmissionPlugin
{
    private static readonly HashSet<string> Immortal = ["default", "kube-system", "kube-public"];

    public override string Name => "NamespaceLifecycle";

    public override ValueTask MutateAsync(AdmissionReview review)
    {
        Check(review);
        return default;
    }

    private void Check(AdmissionReview review)
    {
        if (review.Is("namespaces"))
        {
            if (review.Operation == AdmissionOperation.Delete && Immortal.Contains(review.Name))
            {
                throw StatusException.Forbidden(review.Definition.Resource, review.Name, "this namespace may not be deleted");
            }
            return;
        }
        if (review.Namespace.Length == 0 || review.Definition.Resource.QualifiedName == "namespaces") return;
        // Reviews of access say something about a namespace; they make nothing in it.
        if (review.Definition.Resource.QualifiedName == "localsubjectaccessreviews.authorization.k8s.io") return;
        if (review.Operation is AdmissionOperation.Delete or AdmissionOperation.Connect) return;
        if (store.Get(new("namespaces", "", review.Namespace)) is not { } stored)
        {
            throw StatusException.NotFound(new("", "v1", "namespaces"), review.Namespace);
        }
        if (review.Operation != AdmissionOperation.Create || review.Subresource.Length > 0) return;
        if (stored.Parse() is var ns && ns.Text("status", "phase") != "Terminating" && !ns.IsTerminating) return;
        throw StatusException.Forbidden(
            review.Definition.Resource, review.Name,
            $"unable to create new content in namespace {review.Namespace} because it is being terminated",
            new JsonArray(new JsonObject
            {
                ["reason"] = "NamespaceTerminating",
                ["message"] = $"namespace {review.Namespace} is being terminated",
                ["field"] = "metadata.namespace",
            }));
    }
}
