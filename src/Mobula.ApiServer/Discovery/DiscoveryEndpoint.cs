using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Rest;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Discovery;

/// <summary>Tells what is served: <c>/api</c>, <c>/apis</c> and what is below, plain and aggregated.</summary>
internal sealed class DiscoveryEndpoint(ResourceRegistry registry, string serverAddress)
{
    private const string AggregatedKind = "APIGroupDiscoveryList";

    public Answer Answer(ApiRequest request, string path)
    {
        var parts = path[1..].Split('/');
        var accept = request.Http.Request.Headers.Accept.ToString();
        if (parts.Length == 1)
        {
            if (request.Method is "OPTIONS" or "HEAD") throw StatusException.MethodNotAllowed();
            var form = Negotiation.Choose(accept, canTransform: false, protobuf: true, discovery: true);
            // Aggregated discovery wins wherever it stands among the clauses.
            var aggregated = MediaType.ParseAccept(accept).FirstOrDefault(m => m.Parameters.GetValueOrDefault("as") == AggregatedKind
                && m.Parameters.GetValueOrDefault("g") == "apidiscovery.k8s.io" && m.Parameters.GetValueOrDefault("v") == "v2");
            if (aggregated is not null) return Aggregated(request, aggregated.Name, parts[0]);
            return new ObjectAnswer(200, parts[0] == "api" ? Versions() : GroupList()) { };
        }
        Negotiation.Choose(accept, canTransform: false, protobuf: true);
        if (parts[0] == "api")
        {
            if (parts.Length > 2 || parts[1] != "v1") throw StatusException.NoSuchResource();
            return ResourceList(request, "", "v1");
        }
        var group = parts[1];
        var isBuiltIn = registry.IsBuiltInGroup(group) && group.Length > 0;
        if (parts.Length == 2)
        {
            if (!isBuiltIn && !CustomGroups().Contains(group)) return BytesAnswer.PageNotFound();
            return new ObjectAnswer(200, Group(group, withKind: true));
        }
        if (Versions(group).Contains(parts[2])) return ResourceList(request, group, parts[2]);
        if (isBuiltIn) throw StatusException.NoSuchResource();
        return BytesAnswer.PageNotFound();
    }

    /// <summary>The answer of <c>/</c>.</summary>
    public JsonObject Paths()
    {
        var paths = new List<string> { "/.well-known/openid-configuration", "/api", "/api/v1", "/apis", "/apis/" };
        foreach (var group in AllGroups().Where(g => g.Length > 0))
        {
            paths.Add($"/apis/{group}");
            paths.AddRange(Versions(group).Select(v => $"/apis/{group}/{v}"));
        }
        paths.AddRange(["/healthz", "/healthz/ping", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/openid/v1/jwks", "/readyz", "/version"]);
        paths.Sort(StringComparer.Ordinal);
        return new() { ["paths"] = new JsonArray([.. paths.Select(p => JsonValue.Create(p))]) };
    }

    private IEnumerable<string> AllGroups() => registry.BuiltInGroups.Concat(CustomGroups());

    private IEnumerable<string> CustomGroups() =>
        registry.Custom.Select(d => d.Resource.Group).Distinct().Where(g => !registry.IsBuiltInGroup(g)).Order(StringComparer.Ordinal);

    private List<string> Versions(string group) => registry.IsBuiltInGroup(group)
        ? [.. registry.BuiltIn.Where(d => d.Resource.Group == group).Select(d => d.Resource.Version).Distinct()]
        : [.. registry.Custom.Where(d => d.Resource.Group == group).Select(d => d.Resource.Version).Distinct().OrderDescending(KubeVersion.Order)];

    private JsonObject Versions() => new()
    {
        ["kind"] = "APIVersions",
        ["versions"] = new JsonArray("v1"),
        ["serverAddressByClientCIDRs"] = new JsonArray(new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = serverAddress }),
    };

    private JsonObject GroupList() => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = new JsonArray([.. AllGroups().Where(g => g.Length > 0).Select(g => Group(g, withKind: false))]),
    };

    private JsonObject Group(string group, bool withKind)
    {
        var versions = Versions(group).Select(v => new JsonObject { ["groupVersion"] = $"{group}/{v}", ["version"] = v }).ToList();
        var o = new JsonObject();
        if (withKind)
        {
            o["kind"] = "APIGroup";
            o["apiVersion"] = "v1";
        }
        o["name"] = group;
        o["versions"] = new JsonArray([.. versions]);
        o["preferredVersion"] = versions[0].DeepClone();
        return o;
    }

    private ObjectAnswer ResourceList(ApiRequest request, string group, string version)
    {
        if (request.Method != "GET") throw StatusException.MethodNotAllowed();
        var resources = new JsonArray();
        foreach (var definition in Definitions(group, version))
        {
            var info = definition.Info;
            var entry = new JsonObject
            {
                ["name"] = info.Resource.Resource,
                ["singularName"] = info.Singular,
                ["namespaced"] = info.Namespaced,
                ["kind"] = info.Kind.Kind,
                ["verbs"] = Texts(info.Verbs),
            };
            if (info.ShortNames.Count > 0) entry["shortNames"] = Texts(info.ShortNames);
            if (info.Categories.Count > 0) entry["categories"] = Texts(info.Categories);
            if (info.Verbs.Contains("list") && info.Verbs.Contains("create")) entry["storageVersionHash"] = StorageHash(definition);
            resources.Add((JsonNode)entry);
            foreach (var subresource in info.Subresources)
            {
                var sub = new JsonObject { ["name"] = $"{info.Resource.Resource}/{subresource.Name}", ["singularName"] = "", ["namespaced"] = info.Namespaced };
                if (subresource.Kind.Group != group || subresource.Kind.Version != version)
                {
                    if (subresource.Kind.Group.Length > 0) sub["group"] = subresource.Kind.Group;
                    sub["version"] = subresource.Kind.Version;
                }
                sub["kind"] = subresource.Kind.Kind;
                sub["verbs"] = Texts(subresource.Verbs);
                resources.Add((JsonNode)sub);
            }
        }
        var list = new JsonObject { ["kind"] = "APIResourceList" };
        if (group.Length > 0) list["apiVersion"] = "v1";
        list["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}";
        list["resources"] = resources;
        return new(200, list);
    }

    private IEnumerable<ResourceDefinition> Definitions(string group, string version) =>
        registry.BuiltIn.Concat(registry.Custom.OrderBy(d => d.Resource.Resource, StringComparer.Ordinal))
            .Where(d => d.Resource.Group == group && d.Resource.Version == version);

    private BytesAnswer Aggregated(ApiRequest request, string mediaType, string root)
    {
        var groups = root == "api" ? [""] : AllGroups().Where(g => g.Length > 0);
        var list = new JsonObject
        {
            ["kind"] = AggregatedKind,
            ["apiVersion"] = "apidiscovery.k8s.io/v2",
            ["metadata"] = new JsonObject(),
            ["items"] = new JsonArray([.. groups.Select(AggregatedGroup)]),
        };
        var json = KubernetesJson.Serialize(list);
        var tag = $"\"{Convert.ToHexString(SHA512.HashData(json))}\"";
        var headers = new List<KeyValuePair<string, string>> { new("ETag", tag), new("Vary", "Accept"), new("Cache-Control", "public") };
        if (request.Http.Request.Headers.IfNoneMatch.ToString() == tag) return new(304, "", default) { Headers = headers };
        var bytes = mediaType switch
        {
            MediaType.Yaml => Encoders.ToYaml(json),
            MediaType.Protobuf => Encoders.ToProtobuf(json),
            _ => json,
        };
        return new(200, $"{mediaType};g=apidiscovery.k8s.io;v=v2;as={AggregatedKind}", bytes) { Headers = headers };
    }

    private JsonObject AggregatedGroup(string group)
    {
        var metadata = new JsonObject();
        if (group.Length > 0) metadata["name"] = group;
        return new()
        {
            ["metadata"] = metadata,
            ["versions"] = new JsonArray([.. Versions(group).Select(version => new JsonObject
            {
                ["version"] = version,
                ["resources"] = new JsonArray([.. Definitions(group, version).Select(Resource)]),
                ["freshness"] = "Current",
            })]),
        };

        static JsonObject Resource(ResourceDefinition definition)
        {
            var info = definition.Info;
            var o = new JsonObject
            {
                ["resource"] = info.Resource.Resource,
                ["responseKind"] = ResponseKind(definition, info.Kind),
                ["scope"] = info.Namespaced ? "Namespaced" : "Cluster",
                ["singularResource"] = info.Singular,
                ["verbs"] = Texts(info.Verbs),
            };
            if (info.ShortNames.Count > 0) o["shortNames"] = Texts(info.ShortNames);
            if (info.Categories.Count > 0) o["categories"] = Texts(info.Categories);
            if (info.Subresources.Count > 0)
            {
                o["subresources"] = new JsonArray([.. info.Subresources.Select(s => new JsonObject
                {
                    ["subresource"] = s.Name,
                    ["responseKind"] = ResponseKind(definition, s.Kind),
                    ["verbs"] = Texts(s.Verbs),
                })]);
            }
            return o;
        }

        // Built-in resources leave out what is theirs anyway; custom ones say it.
        static JsonObject ResponseKind(ResourceDefinition definition, GroupVersionKind kind)
        {
            var same = !definition.IsCustom && kind.Group == definition.Resource.Group && kind.Version == definition.Resource.Version;
            return new() { ["group"] = same ? "" : kind.Group, ["version"] = same ? "" : kind.Version, ["kind"] = kind.Kind };
        }
    }

    /// <summary>Eight bytes of a hash of group, version and kind in which the objects are stored.</summary>
    private static string StorageHash(ResourceDefinition definition)
    {
        // Some are stored in an older version than the one that is served.
        var kind = definition.StoredKind is { Kind: "CustomResourceDefinition" or "ClusterTrustBundle" or "PodCertificateRequest" } older ? older with { Version = "v1beta1" } : definition.StoredKind;
        return Convert.ToBase64String(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{kind.Group}/{kind.Version}/{kind.Kind}"))[..8]);
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(t => JsonValue.Create(t))]);
}
