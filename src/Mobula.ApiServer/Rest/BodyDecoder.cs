using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Pipeline;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Rest;

/// <summary>Reads the object in a request's body as the resource's kind.</summary>
internal static class BodyDecoder
{
    /// <param name="request">Takes the warnings.</param>
    /// <param name="definition">The resource.</param>
    /// <param name="kind">The kind that the path takes (of a subresource possibly another than the resource's).</param>
    /// <param name="body">The bytes.</param>
    /// <param name="fieldValidation"><c>Ignore</c>, <c>Warn</c> or <c>Strict</c>.</param>
    public static JsonObject Decode(ApiRequest request, ResourceDefinition definition, GroupVersionKind kind, byte[] body, string fieldValidation)
    {
        _ = (request, definition, fieldValidation);
        JsonObject o;
        try
        {
            o = KubernetesJson.ParseObject(body);
        }
        catch (JsonException e)
        {
            throw StatusException.BadRequest($"the object provided is unrecognized (must be of type {kind.Kind}): {e.Message}");
        }
        if (o.Kind.Length == 0) o["kind"] = kind.Kind;
        if (o.ApiVersion.Length == 0) o["apiVersion"] = kind.ApiVersion;
        if (o.ApiVersion != kind.ApiVersion)
        {
            throw StatusException.BadRequest($"the API version in the data ({o.ApiVersion}) does not match the expected API version ({kind.ApiVersion})");
        }
        return o;
    }
}
