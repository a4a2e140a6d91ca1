using System.Text.Json.Nodes;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Rest;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Protobuf.OpenApi;

namespace Mobula.ApiServer.Discovery;

/// <summary>
/// Serves <c>/openapi/v3</c>, an index and a document for each group version, and <c>/openapi/v2</c>, one document for all. Each is made
/// when first asked for, in the encoding asked for, and again after custom resources changed.
/// </summary>
internal sealed class OpenApiEndpoint
{
    private const string Version2 = "v2";

    /// <summary>The paths of the index that are no group version.</summary>
    private static readonly string[] Frame = [".well-known/openid-configuration", "api", "apis", "openid/v1/jwks", "version"];

    private readonly ResourceRegistry _registry;
    private readonly string _fullVersion;
    private readonly string _version;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, OpenApiEncodings> _documents = [];

    public OpenApiEndpoint(ResourceRegistry registry, string kubernetesVersion)
    {
        _registry = registry;
        _fullVersion = kubernetesVersion;
        var parts = kubernetesVersion.TrimStart('v').Split('.');
        _version = $"{parts[0]}.{parts[1]}";
        registry.Changed += () =>
        {
            lock (_gate)
            {
                foreach (var name in _documents.Keys.Where(n => n == Version2 || !IsBuiltIn(n)).ToList()) _documents.Remove(name);
            }
        };
    }

    public Answer Answer(ApiRequest request, string path)
    {
        if (path == "/openapi/v2") return AnswerVersion2(request);
        if (path == "/openapi/v3") return Index();
        if (!path.StartsWith("/openapi/v3/", StringComparison.Ordinal)) return NotFound();
        var name = path["/openapi/v3/".Length..];
        if (!Names().Contains(name)) return NotFound();
        if (Choose(request, OpenApiV3Message.MediaType, OpenApiV3Message.AskedMediaType) is not { } mediaType) return new BytesAnswer(406, "", default);
        var document = Document(name);
        var tag = $"\"{document.Hash}\"";
        var asked = request.Query["hash"].ToString();
        if (asked.Length > 0 && asked != document.Hash)
        {
            return new BytesAnswer(301, mediaType, default)
            {
                Headers = [new("Location", $"/openapi/v3/{name}?hash={document.Hash}"), new("Cache-Control", "no-cache, private")],
            };
        }
        List<KeyValuePair<string, string>> headers =
        [
            new("ETag", tag), new("Vary", "Accept"), new("Cache-Control", asked.Length > 0 ? "public, immutable" : "no-cache, private"),
        ];
        if (request.Http.Request.Headers.IfNoneMatch.ToString() == tag) return new BytesAnswer(304, "", default) { Headers = headers };
        return new BytesAnswer(200, mediaType, mediaType == MediaType.Json ? document.Json : document.Protobuf) { Headers = headers };
    }

    private BytesAnswer AnswerVersion2(ApiRequest request)
    {
        if (Choose(request, OpenApiV2Message.MediaType, OpenApiV2Message.AskedMediaType) is not { } mediaType) return new BytesAnswer(406, "", default);
        var document = Document(Version2);
        var tag = $"\"{document.Hash}\"";
        List<KeyValuePair<string, string>> headers = [new("ETag", tag), new("Vary", "Accept-Encoding, Accept")];
        if (request.Http.Request.Headers.IfNoneMatch.ToString() == tag) return new(304, "", default) { Headers = headers };
        var json = mediaType == MediaType.Json;
        if (!request.Http.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.Ordinal))
        {
            return new(200, mediaType, json ? document.Json : document.Protobuf) { Headers = headers };
        }
        headers.Add(new("Content-Encoding", "gzip"));
        return new(200, mediaType, json ? document.ZippedJson : document.ZippedProtobuf) { Headers = headers };
    }

    /// <summary>The media type of the answer; null when none is acceptable.</summary>
    private static string? Choose(ApiRequest request, string protobuf, string asked)
    {
        var accept = request.Http.Request.Headers.Accept.ToString();
        if (accept.Length == 0) return MediaType.Json;
        foreach (var clause in MediaType.ParseAccept(accept))
        {
            if (clause.Matches(MediaType.Json)) return MediaType.Json;
            if (clause.Name == protobuf || clause.Name == asked) return protobuf;
        }
        return null;
    }

    private static BytesAnswer NotFound() => new(404, "", default);

    private bool IsBuiltIn(string name) =>
        name.Split('/') is not ["apis", var group, ..] || _registry.IsBuiltInGroup(group);

    private BytesAnswer Index()
    {
        var paths = new JsonObject();
        foreach (var name in Names().Order(StringComparer.Ordinal))
        {
            paths[name] = new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{name}?hash={Document(name).Hash}" };
        }
        return new(200, "text/plain; charset=utf-8", KubernetesJson.Serialize(new JsonObject { ["paths"] = paths }));
    }

    private HashSet<string> Names() =>
    [
        .. Frame,
        .. Resources().Select(d => d.Resource.Group.Length == 0 ? "api/v1" : $"apis/{d.Resource.ApiVersion}"),
        .. _registry.BuiltIn.Where(d => d.Resource.Group.Length > 0).Select(d => $"apis/{d.Resource.Group}"),
    ];

    private IEnumerable<ResourceDefinition> Resources() =>
        _registry.BuiltIn.Concat(_registry.Custom.OrderBy(d => d.Resource.ApiVersion, StringComparer.Ordinal).ThenBy(d => d.Resource.Resource, StringComparer.Ordinal));

    private OpenApiEncodings Document(string name)
    {
        lock (_gate)
        {
            if (!_documents.TryGetValue(name, out var found)) _documents[name] = found = new(Make(name));
            return found;
        }
    }

    private JsonObject Make(string name)
    {
        if (name == Version2) return OpenApiV2Document.Make(OpenApiDocument.Make([.. Resources()], _version), _fullVersion);
        var apiVersion = name switch
        {
            "api/v1" => "v1",
            _ when name.StartsWith("apis/", StringComparison.Ordinal) => name["apis/".Length..],
            _ => "",
        };
        var document = OpenApiDocument.Make([.. Resources().Where(d => d.Resource.ApiVersion == apiVersion)], _version);
        if (document.Object("paths") is { Count: 0 } paths)
        {
            // A path that tells about the server: there is nothing but to get it.
            paths[$"/{name}/"] = new JsonObject
            {
                ["get"] = new JsonObject
                {
                    ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK" }, ["401"] = new JsonObject { ["description"] = "Unauthorized" } },
                },
            };
        }
        return document;
    }
}
