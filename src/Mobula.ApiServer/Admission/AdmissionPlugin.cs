using System.Text.Json.Nodes;
using Mobula.ApiServer.Kinds;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Admission.Webhooks;
using Mobula.ApiServer.Rest;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Admission;

/// <summary>What a request does to an object, as admission names it.</summary>
internal enum AdmissionOperation
{
    Create,
    Update,
    Delete,
    Connect,
}

/// <summary>A write on its way to the store.</summary>
/// <param name="Request">The request; takes warnings and audit annotations.</param>
/// <param name="Operation">What is done.</param>
/// <param name="Definition">The resource, in the version of the request.</param>
/// <param name="Subresource">The subresource, or empty.</param>
/// <param name="Namespace">The namespace, or empty.</param>
/// <param name="Name">The name; of a new object possibly generated.</param>
/// <param name="Object">The object that will be stored (for subresources with a body of their own, that body); null for a deletion.</param>
/// <param name="OldObject">The object as it is; null for a creation.</param>
/// <param name="Write">Time, user and store.</param>
internal sealed record AdmissionReview(
    ApiRequest Request, AdmissionOperation Operation, ResourceDefinition Definition, string Subresource,
    string Namespace, string Name, JsonObject? Object, JsonObject? OldObject, WriteContext Write)
{
    /// <summary>The type of <see cref="Object"/>, where a subresource takes a body of its own; null for the resource's.</summary>
    public GroupVersionKind? Kind { get; init; }

    /// <summary>The fields of a deletion's options.</summary>
    public JsonObject? Options { get; init; }

    /// <summary>Whether it is a request for this resource itself, not for a subresource.</summary>
    public bool Is(string qualifiedResource) => Subresource.Length == 0 && Definition.Resource.QualifiedName == qualifiedResource;
}

/// <summary>
/// A step between authorization and the store that may change or refuse a write. It refuses by throwing a
/// <see cref="StatusException"/>.
/// </summary>
internal abstract class AdmissionPlugin
{
    /// <summary>The name by which <c>--enable-admission-plugins</c> knows it.</summary>
    public abstract string Name { get; }

    /// <summary>May change the object. Runs before validation.</summary>
    public virtual ValueTask MutateAsync(AdmissionReview review) => default;

    /// <summary>May only look. Runs after validation.</summary>
    public virtual ValueTask ValidateAsync(AdmissionReview review) => default;
}

/// <summary>The admission plugins in their order, and after them the webhooks.</summary>
internal sealed class AdmissionChain(IReadOnlyList<AdmissionPlugin> plugins, AdmissionWebhooks webhooks, AdmissionPlugin last)
{
    public async ValueTask MutateAsync(AdmissionReview review)
    {
        foreach (var plugin in plugins) await plugin.MutateAsync(review).ConfigureAwait(false);
        var again = await webhooks.MutateAsync(review).ConfigureAwait(false);
        if (again is null) return;
        // What a webhook added (a container, say) gets what the plugins give.
        foreach (var plugin in plugins) await plugin.MutateAsync(review).ConfigureAwait(false);
        await webhooks.MutateAgainAsync(review, again).ConfigureAwait(false);
    }

    public async ValueTask ValidateAsync(AdmissionReview review)
    {
        foreach (var plugin in plugins) await plugin.ValidateAsync(review).ConfigureAwait(false);
        await webhooks.ValidateAsync(review).ConfigureAwait(false);
        // What counts what passes must see what nobody refused.
        await last.ValidateAsync(review).ConfigureAwait(false);
    }
}
