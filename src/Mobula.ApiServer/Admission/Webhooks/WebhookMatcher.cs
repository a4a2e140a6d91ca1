using Mobula.ApiServer.Rest;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Admission.Webhooks;

/// <summary>Tells whether a webhook wants a request, and in which version of its resource.</summary>
internal sealed class WebhookMatcher(ObjectStore store, ResourceRegistry registry)
{
    private static readonly HashSet<string> NeverReviewed =
    [
        "validatingwebhookconfigurations", "mutatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings",
        "mutatingadmissionpolicies", "mutatingadmissionpolicybindings",
    ];

    /// <summary>The resource to send it as; null when the webhook does not want it.</summary>
    /// <exception cref="StatusException">Whether it wants it cannot be found out, and it fails closed.</exception>
    public ResourceDefinition? Match(RegisteredWebhook hook, AdmissionReview review)
    {
        var definition = review.Definition;
        // Who registers a webhook that refuses everything must be able to take it away.
        if (definition.Resource.Group == "admissionregistration.k8s.io" && NeverReviewed.Contains(definition.Resource.Resource)) return null;
        if (!MatchesNamespace(hook, review) || !MatchesObject(hook, review)) return null;
        var operation = review.Operation.ToString().ToUpperInvariant();
        var isNamespaced = review.Namespace.Length > 0 && definition.Resource.QualifiedName != "namespaces";
        var matched = hook.Rules.Any(r => r.Matches(operation, definition.Resource, review.Subresource, isNamespaced)) ? definition
            : hook.MatchesEquivalent ? Equivalents(definition).FirstOrDefault(e => hook.Rules.Any(r => r.Matches(operation, e.Resource, review.Subresource, isNamespaced)))
            : null;
        return matched is not null && hook.MatchConditions.Count > 0 && !MeetsConditions(hook, review, matched) ? null : matched;
    }

    private static bool MeetsConditions(RegisteredWebhook hook, AdmissionReview review, ResourceDefinition sentAs)
    {
        var (met, error) = MatchCondition.All(hook.MatchConditions, ReviewRequest.Make(review, sentAs, "").Object("request")!);
        // Whether it is wanted is not known: then a webhook that fails closed does.
        if (error is not null && hook.FailsClosed) throw StatusException.Forbidden(review.Definition.Resource, review.Name, error);
        return met;
    }

    private IEnumerable<ResourceDefinition> Equivalents(ResourceDefinition definition) =>
        registry.BuiltIn.Concat(registry.Custom).Where(d => d.Collection == definition.Collection && d.Resource != definition.Resource);

    private bool MatchesNamespace(RegisteredWebhook hook, AdmissionReview review)
    {
        if (hook.NamespaceSelector.IsEverything) return true;
        if (review.Definition.Resource.QualifiedName == "namespaces")
        {
            var ns = review is { Subresource: "", Operation: AdmissionOperation.Create or AdmissionOperation.Update } ? review.Object : review.OldObject;
            return ns is null || hook.NamespaceSelector.Matches(ns);
        }
        if (review.Namespace.Length == 0) return true;
        return store.Get(new("namespaces", "", review.Namespace))?.Parse() is { } found && hook.NamespaceSelector.Matches(found);
    }

    private static bool MatchesObject(RegisteredWebhook hook, AdmissionReview review)
    {
        var selector = hook.ObjectSelector;
        if (selector.IsEverything) return true;
        return (review.Object is { } o && selector.Matches(o)) || (review.OldObject is { } old && selector.Matches(old));
    }
}
