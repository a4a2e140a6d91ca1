using Mobula.ApiServer.Pipeline;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Rest;

/// <summary>Leads a request for a resource to who answers it.</summary>
internal sealed class ResourceRouter(
    ResourceRegistry registry, ObjectReader reader, WatchServer watches, ObjectWriter writer, ObjectPatcher patcher, ObjectDeleter deleter,
    IReadOnlyDictionary<string, SubresourceHandler> subresources, IReadOnlyDictionary<string, ResourceHandler> virtualResources, int maxBody)
{
    public async Task<Answer> AnswerAsync(ApiRequest request)
    {
        var info = request.Info;
        if (registry.Find(new GroupVersionResource(info.Group, info.Version, info.Resource)) is not { } definition) return Missing(info);
        if (definition.Strategy.Deprecation is { } deprecation) request.Warn(deprecation);
        var collection = info.Parts.Count == 1;
        if (info.Parts.Count > 3 && info.Subresource is not "proxy") throw StatusException.NoSuchResource();
        if (definition.Info.Namespaced ? info.Namespace.Length == 0 && !collection : info.Namespace.Length > 0 && definition.Resource.QualifiedName != "namespaces")
        {
            throw StatusException.NoSuchResource();
        }
        if (virtualResources.TryGetValue(definition.Resource.QualifiedName, out var handler))
        {
            if (!collection) throw StatusException.NoSuchResource();
            if (request.Method != "POST") throw StatusException.MethodNotAllowed();
            Negotiation.Choose(request.Http.Request.Headers.Accept.ToString(), canTransform: false, protobuf: true);
            return await handler(request, definition, await BodyAsync(request).ConfigureAwait(false)).ConfigureAwait(false);
        }
        if (info.Subresource.Length > 0) return await AnswerSubresourceAsync(request, definition).ConfigureAwait(false);
        var wide = definition.Info.Namespaced && info.Namespace.Length == 0;
        var verb = Verb(request, collection);
        if (wide && verb == "create" && definition.IsCustom) return BytesAnswer.PageNotFound();
        if (verb is null || !Serves(definition, verb) || (wide && verb is "create" or "deletecollection" && wide)) throw StatusException.MethodNotAllowed();
        if (subresources.TryGetValue(definition.Resource.QualifiedName, out var computed)) return await computed(request, definition, verb).ConfigureAwait(false);
        switch (verb)
        {
            case "list" when info.Verb == "watch":
            case "get" when info.IsWatchPath:
                return watches.Watch(request, definition);
            case "list":
                return reader.List(request, definition);
            case "get":
                return reader.Get(request, definition);
            case "create":
                return await writer.CreateAsync(request, definition, await BodyAsync(request).ConfigureAwait(false)).ConfigureAwait(false);
            case "update":
                return await writer.UpdateAsync(request, definition, "", await BodyAsync(request).ConfigureAwait(false)).ConfigureAwait(false);
            case "patch":
                return await patcher.PatchAsync(request, definition, "", await BodyAsync(request).ConfigureAwait(false)).ConfigureAwait(false);
            case "delete":
                return await deleter.DeleteAsync(request, definition, await BodyAsync(request).ConfigureAwait(false)).ConfigureAwait(false);
            default:
                return await deleter.DeleteCollectionAsync(request, definition, await BodyAsync(request).ConfigureAwait(false)).ConfigureAwait(false);
        }
    }

    private async Task<Answer> AnswerSubresourceAsync(ApiRequest request, ResourceDefinition definition)
    {
        var info = request.Info;
        var subresource = definition.Info.Subresource(info.Subresource)
            ?? throw (definition.IsCustom ? StatusException.NotFound(definition.Resource, info.Name) : StatusException.NoSuchResource());
        var verb = Verb(request, collection: false) ?? throw StatusException.MethodNotAllowed();
        if (!subresource.Verbs.Contains(verb)) throw definition.IsCustom ? ApiErrors.NotSupported(definition.Resource, verb) : StatusException.MethodNotAllowed();
        if (subresources.TryGetValue($"{definition.Resource.QualifiedName}/{info.Subresource}", out var handler)
            || subresources.TryGetValue($"*/{info.Subresource}", out handler))
        {
            return await handler(request, definition, verb).ConfigureAwait(false);
        }
        return verb switch
        {
            "get" => reader.Get(request, definition),
            "update" => await writer.UpdateAsync(request, definition, info.Subresource, await BodyAsync(request).ConfigureAwait(false)).ConfigureAwait(false),
            "patch" => await patcher.PatchAsync(request, definition, info.Subresource, await BodyAsync(request).ConfigureAwait(false)).ConfigureAwait(false),
            _ => throw StatusException.MethodNotAllowed(),
        };
    }

    /// <summary>The two faces of a path that names nothing: a known built-in group answers as the API, all else as the router.</summary>
    private Answer Missing(RequestInfo info)
    {
        if (info.Prefix == "api" || registry.IsBuiltInGroup(info.Group)) throw StatusException.NoSuchResource();
        return BytesAnswer.PageNotFound();
    }

    private static string? Verb(ApiRequest request, bool collection) => (request.Method, collection) switch
    {
        ("GET", true) => "list",
        ("GET", false) => "get",
        ("POST", true) => "create",
        ("POST", false) => request.Info.Subresource.Length > 0 ? "create" : null,
        ("PUT", false) => "update",
        ("PATCH", false) => "patch",
        ("DELETE", true) => "deletecollection",
        ("DELETE", false) => "delete",
        _ => null,
    };

    private static bool Serves(ResourceDefinition definition, string verb) => definition.Info.Verbs.Contains(verb);

    private ValueTask<byte[]> BodyAsync(ApiRequest request) => RequestBody.ReadAsync(request, maxBody);
}

/// <summary>Answers a subresource, or a resource that is stored nowhere.</summary>
/// <param name="request">The request.</param>
/// <param name="definition">The resource.</param>
/// <param name="verb"><c>get</c>, <c>create</c>, <c>update</c>, <c>patch</c> or <c>delete</c>.</param>
internal delegate Task<Answer> SubresourceHandler(ApiRequest request, ResourceDefinition definition, string verb);

/// <summary>Answers a POST to a resource that is not stored (reviews).</summary>
internal delegate Task<Answer> ResourceHandler(ApiRequest request, ResourceDefinition definition, byte[] body);
