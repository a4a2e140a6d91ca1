using System.Text.Json.Nodes;
using Mobula.ApiServer.Kinds;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Rest;

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
    /// <summary>Whether it is a request for this resource itself, not for a subresource.</summary>
    public bool Is(string qualifiedResource) => Subresource.Length == 0 && Definition.Resource.QualifiedName == qualifiedResource;
}

/// <summary>
/// A step between authorization and the store that may change or refuse a write. It refuses by throwing a
/// <see cref="Kubernetes.StatusException"/>.
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

/// <summary>The admission plugins in their order.</summary>
internal sealed class AdmissionChain(IReadOnlyList<AdmissionPlugin> plugins)
{
    public async ValueTask MutateAsync(AdmissionReview review)
    {
        foreach (var plugin in plugins) await plugin.MutateAsync(review).ConfigureAwait(false);
    }

    public async ValueTask ValidateAsync(AdmissionReview review)
    {
        foreach (var plugin in plugins) await plugin.ValidateAsync(review).ConfigureAwait(false);
    }
}
