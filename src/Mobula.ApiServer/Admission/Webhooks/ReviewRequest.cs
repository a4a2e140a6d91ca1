using System.Text.Json.Nodes;
using Mobula.ApiServer.Rest;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Admission.Webhooks;

/// <summary>Makes the AdmissionReview that a webhook is sent.</summary>
internal static class ReviewRequest
{
    /// <param name="review">The write.</param>
    /// <param name="sentAs">The version of the resource that the webhook's rules name.</param>
    /// <param name="uid">Names the request; the response must give it back.</param>
    public static JsonObject Make(AdmissionReview review, ResourceDefinition sentAs, string uid)
    {
        var definition = review.Definition;
        var request = new JsonObject
        {
            ["uid"] = uid,
            ["kind"] = Kind(review.Kind ?? sentAs.Kind),
            ["resource"] = Resource(sentAs.Resource),
        };
        if (review.Subresource.Length > 0) request["subResource"] = review.Subresource;
        request["requestKind"] = Kind(review.Kind ?? definition.Kind);
        request["requestResource"] = Resource(definition.Resource);
        if (review.Subresource.Length > 0) request["requestSubResource"] = review.Subresource;
        // A deletion of a collection names none of its objects.
        if (review.Name.Length > 0 && review.Request.Info.Verb != "deletecollection") request["name"] = review.Name;
        var ns = definition.Resource.QualifiedName == "namespaces" ? review.Name : review.Namespace;
        if (ns.Length > 0) request["namespace"] = ns;
        request["operation"] = review.Operation.ToString().ToUpperInvariant();
        request["userInfo"] = review.Write.User.ToJson();
        request["object"] = Sent(review, review.Object, sentAs);
        request["oldObject"] = Sent(review, review.OldObject, sentAs);
        request["dryRun"] = review.Write.IsDryRun;
        request["options"] = Options(review);
        return new() { ["kind"] = "AdmissionReview", ["apiVersion"] = "admission.k8s.io/v1", ["request"] = request };
    }

    /// <summary>An object in the version that is sent.</summary>
    public static JsonObject? Sent(AdmissionReview review, JsonObject? o, ResourceDefinition sentAs)
    {
        if (o is null) return null;
        return review.Kind is not null ? o.Clone() : ServedForm.Tree(sentAs, KubernetesJson.Serialize(o));
    }

    private static JsonObject Kind(GroupVersionKind kind) => new() { ["group"] = kind.Group, ["version"] = kind.Version, ["kind"] = kind.Kind };

    private static JsonObject Resource(GroupVersionResource resource) => new() { ["group"] = resource.Group, ["version"] = resource.Version, ["resource"] = resource.Resource };

    private static JsonObject? Options(AdmissionReview review)
    {
        if (review.Operation == AdmissionOperation.Connect) return null;
        if (review.Operation == AdmissionOperation.Delete)
        {
            var sent = review.Options?.Clone() ?? [];
            sent["kind"] = "DeleteOptions";
            sent["apiVersion"] = "meta.k8s.io/v1";
            return sent;
        }
        var options = new JsonObject
        {
            ["kind"] = review.Operation == AdmissionOperation.Create ? "CreateOptions" : "UpdateOptions",
            ["apiVersion"] = "meta.k8s.io/v1",
        };
        var query = review.Request.Query;
        if (review.Request.IsDryRun) options["dryRun"] = new JsonArray("All");
        if (query["fieldManager"].ToString() is { Length: > 0 } manager) options["fieldManager"] = manager;
        if (query["fieldValidation"].ToString() is { Length: > 0 } validation) options["fieldValidation"] = validation;
        return options;
    }
}
