using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Schema;

/// <summary>The schemas of the kinds that every Kubernetes server has, from embedded facts (v1.37). Types are read when first asked for.</summary>
public static class BuiltInSchemas
{
    private static readonly Lazy<FactLines> Facts = new(() => FactLines.Open("types.tsv"));
    private static readonly ConcurrentDictionary<string, TypeSchema> Types = new();
    private static readonly ConcurrentDictionary<GroupVersionKind, TypeSchema?> Kinds = new();

    /// <summary>The schema of a kind; null when it is not built in.</summary>
    public static TypeSchema? Find(GroupVersionKind kind) => Kinds.GetOrAdd(kind, FindKind);

    /// <summary>The schema of <c>metav1.ObjectMeta</c>.</summary>
    public static TypeSchema ObjectMeta { get; } = Get("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");

    /// <summary>The schema with this OpenAPI name, for example <c>io.k8s.api.core.v1.PodSpec</c>.</summary>
    /// <exception cref="KeyNotFoundException">There is no such type.</exception>
    public static TypeSchema Get(string name) => Types.GetOrAdd(name, static n =>
        OpenApi(n) is { } json ? Read(json, n) : throw new KeyNotFoundException($"no built-in type is named {n}"));

    /// <summary>The OpenAPI names of all built-in types.</summary>
    public static IReadOnlyList<string> Names => Facts.Value.Names;

    /// <summary>
    /// The OpenAPI form of a built-in type, a tree of the caller's own; null when there is none. References are bare names;
    /// <c>x-presence</c> is an addition of the facts.
    /// </summary>
    public static JsonObject? OpenApi(string name) => Facts.Value.Find(name) as JsonObject;

    private static TypeSchema? FindKind(GroupVersionKind kind)
    {
        foreach (var name in Candidates(kind))
        {
            if (OpenApi(name) is not null && Get(name) is var schema && schema.Kinds.Contains(kind)) return schema;
        }
        return null;
    }

    private static IEnumerable<string> Candidates(GroupVersionKind kind)
    {
        var first = kind.Group.Length == 0 ? "core" : kind.Group.Split('.')[0];
        // rbac.authorization.k8s.io is the package rbac, flowcontrol.apiserver.k8s.io the package flowcontrol.
        yield return $"io.k8s.api.{first}.{kind.Version}.{kind.Kind}";
        yield return $"io.k8s.apimachinery.pkg.apis.meta.v1.{kind.Kind}";
        yield return $"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.{kind.Version}.{kind.Kind}";
        yield return $"io.k8s.kube-aggregator.pkg.apis.apiregistration.{kind.Version}.{kind.Kind}";
        yield return $"io.k8s.api.authentication.{kind.Version}.{kind.Kind}";
        yield return $"io.k8s.api.policy.{kind.Version}.{kind.Kind}";
        yield return $"io.k8s.api.autoscaling.{kind.Version}.{kind.Kind}";
    }

    private static TypeSchema Read(JsonObject json, string? name) => new(
        json["properties"] is JsonObject properties ? () => ReadProperties(json, properties) : null,
        json["items"] is JsonObject items ? () => Refer(items) : null,
        json["additionalProperties"] is JsonObject additional ? () => Refer(additional) : null)
    {
        Name = name,
        Type = json.Text("format") == "int-or-string" ? SchemaType.IntOrString : SchemaReader.ReadType(json.Text("type")),
        Special = SpecialOf(name),
        Format = json.Text("format"),
        PreserveUnknownFields = json["properties"] is null && json["additionalProperties"] is null,
        ListType = SchemaReader.ReadListType(json.Text("x-kubernetes-list-type")),
        HasListType = json.ContainsKey("x-kubernetes-list-type"),
        ListMapKeys = [.. json.Texts("x-kubernetes-list-map-keys")],
        AtomicMap = json.Text("x-kubernetes-map-type") == "atomic",
        Required = [.. json.Texts("required")],
        Enum = json["enum"] as JsonArray is { } values ? [.. values] : null,
        Kinds = [.. json.Objects("x-kubernetes-group-version-kind")
            .Select(k => new GroupVersionKind(k.Text("group") ?? "", k.Text("version") ?? "", k.Text("kind") ?? ""))],
    };

    private static TypeSchema Refer(JsonObject json)
    {
        if (json.Text("$ref") is not { } name) return Read(json, null);
        if (json["x-kubernetes-map-type"] is not { } mapType) return Get(name);
        // The place overrides how the type is merged.
        var overridden = OpenApi(name)!;
        overridden["x-kubernetes-map-type"] = mapType.DeepClone();
        return Read(overridden, name);
    }

    /// <summary>The properties, in the order in which a server writes them.</summary>
    private static OrderedDictionary<string, PropertySchema> ReadProperties(JsonObject owner, JsonObject properties)
    {
        var required = owner.Texts("required").ToHashSet();
        return new(properties.Select(p => KeyValuePair.Create(p.Key, Read(p))));

        PropertySchema Read(KeyValuePair<string, JsonNode?> p)
        {
            var json = (JsonObject)p.Value!;
            var strategy = json.Text("x-kubernetes-patch-strategy")?.Split(',') ?? [];
            return new PropertySchema(p.Key)
            {
                Resolve = () => Refer(json),
                Default = json["default"],
                Required = required.Contains(p.Key),
                Presence = json.Text("x-presence") switch
                {
                    "explicit" => Presence.Explicit,
                    "always" => Presence.Always,
                    "omitted" => Presence.OmitEmpty,
                    _ => json["default"] is { } value && value.ToJsonString() is "\"\"" or "0" or "false" ? Presence.Zero : Presence.OmitEmpty,
                },
                Embedded = json.Text("x-embedded"),
                PatchMerge = strategy.Contains("merge"),
                PatchRetainKeys = strategy.Contains("retainKeys"),
                PatchReplace = strategy.Contains("replace"),
                PatchMergeKey = json.Text("x-kubernetes-patch-merge-key"),
            };
        }
    }

    private static SpecialType SpecialOf(string? name) => name switch
    {
        "io.k8s.apimachinery.pkg.api.resource.Quantity" => SpecialType.Quantity,
        "io.k8s.apimachinery.pkg.apis.meta.v1.Time" => SpecialType.Time,
        "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime" => SpecialType.MicroTime,
        "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1" => SpecialType.FieldsV1,
        "io.k8s.apimachinery.pkg.runtime.RawExtension" => SpecialType.RawExtension,
        not null when name.StartsWith("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON", StringComparison.Ordinal)
            && !name.EndsWith("Props", StringComparison.Ordinal) => SpecialType.Json,
        _ => SpecialType.None,
    };
}
