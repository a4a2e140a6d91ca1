using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Rest;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Discovery;

/// <summary>Serves <c>/openapi/v3</c>: an index, and a document for each group version, made when first asked for.</summary>
internal sealed class OpenApiEndpoint
{
    private readonly ResourceRegistry _registry;
    private readonly string _version;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (byte[] Json, string Hash)> _documents = [];

    public OpenApiEndpoint(ResourceRegistry registry, string kubernetesVersion)
    {
        _registry = registry;
        var parts = kubernetesVersion.TrimStart('v').Split('.');
        _version = $"{parts[0]}.{parts[1]}";
        registry.Changed += () =>
        {
            lock (_gate)
            {
                foreach (var path in _documents.Keys.Where(p => !IsBuiltIn(p)).ToList()) _documents.Remove(path);
            }
        };
    }

    public Answer Answer(ApiRequest request, string path)
    {
        if (path == "/openapi/v3") return Index();
        if (!path.StartsWith("/openapi/v3/", StringComparison.Ordinal)) return NotFound();
        var name = path["/openapi/v3/".Length..];
        if (!Paths().Contains(name)) return NotFound();
        var accept = request.Http.Request.Headers.Accept.ToString();
        if (accept.Length > 0 && !MediaType.ParseAccept(accept).Any(m => m.Matches(MediaType.Json))) return BytesAnswer.Text(406, "");
        var (json, hash) = Document(name);
        var tag = $"\"{hash}\"";
        var asked = request.Query["hash"].ToString();
        if (asked.Length > 0 && asked != hash)
        {
            return new BytesAnswer(301, "", default) { Headers = [new("Location", $"/openapi/v3/{name}?hash={hash}"), new("Cache-Control", "no-cache, private")] };
        }
        List<KeyValuePair<string, string>> headers =
        [
            new("ETag", tag), new("Vary", "Accept"), new("Cache-Control", asked.Length > 0 ? "public, immutable" : "no-cache, private"),
        ];
        return request.Http.Request.Headers.IfNoneMatch.ToString() == tag
            ? new(304, "", default) { Headers = headers }
            : new BytesAnswer(200, MediaType.Json, json) { Headers = headers };
    }

    private static BytesAnswer NotFound() => new(404, "", default);

    private static bool IsBuiltIn(string path) => path == "api/v1" || !path.Split('/').ElementAtOrDefault(1)!.Contains('.', StringComparison.Ordinal);

    private BytesAnswer Index()
    {
        var paths = new JsonObject();
        foreach (var path in Paths().Order(StringComparer.Ordinal))
        {
            paths[path] = new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{path}?hash={Document(path).Hash}" };
        }
        return new(200, "text/plain; charset=utf-8", KubernetesJson.Serialize(new JsonObject { ["paths"] = paths }));
    }

    private HashSet<string> Paths() =>
        [.. _registry.BuiltIn.Concat(_registry.Custom).Select(d => d.Resource.Group.Length == 0 ? "api/v1" : $"apis/{d.Resource.ApiVersion}")];

    private (byte[] Json, string Hash) Document(string path)
    {
        lock (_gate)
        {
            if (_documents.TryGetValue(path, out var found)) return found;
            var apiVersion = path == "api/v1" ? "v1" : path["apis/".Length..];
            var definitions = _registry.BuiltIn.Concat(_registry.Custom).Where(d => d.Resource.ApiVersion == apiVersion).ToList();
            var json = KubernetesJson.Serialize(OpenApiDocument.Make(definitions, _version));
            return _documents[path] = (json, Convert.ToHexString(SHA512.HashData(json)));
        }
    }
}
