using System.Text.Json.Nodes;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Rest;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.Discovery;

/// <summary>Makes an OpenAPI v3 document, of one group version or of all, from the schemas of its resources.</summary>
internal static class OpenApiDocument
{
    private const string Reference = "#/components/schemas/";
    private const string ObjectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
    private const string ListMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";
    private const string DeleteOptions = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";
    private const string Patch = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";

    public static JsonObject Make(IReadOnlyList<ResourceDefinition> definitions, string version)
    {
        var schemas = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        var paths = new JsonObject();
        foreach (var definition in definitions)
        {
            var name = definition.IsCustom ? AddCustom(definition, schemas) : definition.Schema.Name;
            if (name is not null && !definition.IsCustom) Add(name, schemas);
            AddPaths(definition, name, schemas, paths);
        }
        var ofDefinitions = definitions.Count > 0 && definitions.All(d => d.IsCustom);
        return new()
        {
            ["openapi"] = "3.0.0",
            ["info"] = ofDefinitions
                ? new JsonObject { ["title"] = "Kubernetes CRD Swagger", ["version"] = "v0.1.0" }
                : new JsonObject { ["title"] = "Kubernetes", ["version"] = version },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = new JsonObject(schemas.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value))) },
        };
    }

    private static void Add(string name, SortedDictionary<string, JsonObject> schemas)
    {
        if (schemas.ContainsKey(name) || BuiltInSchemas.OpenApi(name) is not { } facts) return;
        var schema = facts.Clone();
        schemas[name] = schema;
        foreach (var reference in Rewrite(schema)) Add(reference, schemas);
    }

    /// <summary>Makes the bare references of the facts those of a document, in place; gives the types they name.</summary>
    private static List<string> Rewrite(JsonNode? node)
    {
        var found = new List<string>();
        switch (node)
        {
            case JsonObject map:
                map.Remove("x-presence");
                foreach (var (_, value) in map.ToList()) found.AddRange(Rewrite(value));
                if (map.Text("$ref") is { } name && !name.StartsWith('#'))
                {
                    found.Add(name);
                    map.Remove("$ref");
                    var others = map.Count > 0;
                    var reference = new JsonObject { ["$ref"] = Reference + name };
                    // A reference beside which something else stands must be wrapped.
                    if (others) map["allOf"] = new JsonArray(reference);
                    else map["$ref"] = Reference + name;
                }
                break;
            case JsonArray list:
                foreach (var item in list) found.AddRange(Rewrite(item));
                break;
        }
        return found;
    }

    private static string? AddCustom(ResourceDefinition definition, SortedDictionary<string, JsonObject> schemas)
    {
        var kind = definition.Kind;
        var name = $"{string.Join('.', kind.Group.Split('.').Reverse())}.{kind.Version}.{kind.Kind}";
        var schema = definition.Custom!.Version.Object("schema", "openAPIV3Schema")?.Clone() ?? new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true };
        AddObjectFields(schema);
        schema["x-kubernetes-group-version-kind"] = new JsonArray(Kind(kind));
        schemas[name] = schema;
        Add(ObjectMeta, schemas);
        schemas[$"{name}List"] = new()
        {
            ["description"] = $"{definition.ListKind} is a list of {kind.Kind}",
            ["type"] = "object",
            ["required"] = new JsonArray("items"),
            ["properties"] = new JsonObject
            {
                ["apiVersion"] = ApiVersion(),
                ["items"] = new JsonObject
                {
                    ["description"] = $"List of {definition.Resource.Resource}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md",
                    ["type"] = "array",
                    ["items"] = new JsonObject { ["$ref"] = Reference + name },
                },
                ["kind"] = KindField(),
                ["metadata"] = Wrapped(ListMeta, "Standard list metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds"),
            },
            ["x-kubernetes-group-version-kind"] = new JsonArray(Kind(kind with { Kind = definition.ListKind })),
        };
        Add(ListMeta, schemas);
        return name;
    }

    /// <summary>Gives a custom schema, and those of objects embedded in it, the fields that every object has.</summary>
    private static void AddObjectFields(JsonObject schema)
    {
        var properties = schema.Ensure("properties");
        foreach (var embedded in Embedded(schema)) AddObjectFields(embedded);
        properties["apiVersion"] = ApiVersion();
        properties["kind"] = KindField();
        properties["metadata"] = Wrapped(ObjectMeta, "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata");
    }

    private static List<JsonObject> Embedded(JsonNode? node) => node switch
    {
        JsonObject map => [.. map.SelectMany(e => e.Value is JsonObject o && o.Flag("x-kubernetes-embedded-resource") == true ? [o] : Embedded(e.Value))],
        JsonArray list => [.. list.SelectMany(Embedded)],
        _ => [],
    };

    private static JsonObject ApiVersion() => new()
    {
        ["description"] = "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources",
        ["type"] = "string",
    };

    private static JsonObject KindField() => new()
    {
        ["description"] = "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds",
        ["type"] = "string",
    };

    private static JsonObject Wrapped(string type, string description) =>
        new() { ["description"] = description, ["allOf"] = new JsonArray(new JsonObject { ["$ref"] = Reference + type }) };

    private static void AddPaths(ResourceDefinition definition, string? schema, SortedDictionary<string, JsonObject> schemas, JsonObject paths)
    {
        var info = definition.Info;
        var flat = $"{info.Resource.RootPath}/{info.Resource.Resource}";
        var root = info.Namespaced ? $"{info.Resource.RootPath}/namespaces/{{namespace}}/{info.Resource.Resource}" : flat;
        var list = definition.IsCustom ? $"{schema}List" : BuiltInSchemas.Find(definition.Kind with { Kind = definition.ListKind })?.Name;
        if (list is not null && !definition.IsCustom && info.Verbs.Contains("list")) Add(list, schemas);
        if (info.Verbs.Contains("delete")) Add(DeleteOptions, schemas);
        if (info.Verbs.Contains("patch")) Add(Patch, schemas);

        var collection = new JsonObject();
        if (info.Verbs.Contains("list")) collection["get"] = Operation(definition.Kind, "list", list, definition.IsCustom);
        if (info.Verbs.Contains("create")) collection["post"] = Operation(definition.Kind, "post", schema, definition.IsCustom);
        if (info.Verbs.Contains("deletecollection")) collection["delete"] = Operation(definition.Kind, "deletecollection", null, definition.IsCustom);
        if (collection.Count > 0) paths[root] = collection;
        if (info.Namespaced && info.Verbs.Contains("list")) paths[flat] = new JsonObject { ["get"] = Operation(definition.Kind, "list", list, definition.IsCustom) };
        AddObjectPath($"{root}/{{name}}", definition.Kind, info.Verbs, schema, definition.IsCustom, paths);
        foreach (var subresource in info.Subresources)
        {
            var type = subresource.Kind == definition.Kind ? schema : BuiltInSchemas.Find(subresource.Kind)?.Name;
            if (type is not null && type != schema) Add(type, schemas);
            AddObjectPath($"{root}/{{name}}/{subresource.Name}", subresource.Kind, subresource.Verbs, type, definition.IsCustom, paths);
        }
    }

    private static void AddObjectPath(string path, GroupVersionKind kind, IReadOnlyList<string> verbs, string? schema, bool isCustom, JsonObject paths)
    {
        var one = new JsonObject();
        if (verbs.Contains("get")) one["get"] = Operation(kind, "get", schema, isCustom);
        if (verbs.Contains("update")) one["put"] = Operation(kind, "put", schema, isCustom);
        if (verbs.Contains("create") && path.Contains("{name}/", StringComparison.Ordinal)) one["post"] = Operation(kind, "post", schema, isCustom);
        if (verbs.Contains("patch")) one["patch"] = Operation(kind, "patch", schema, isCustom);
        if (verbs.Contains("delete")) one["delete"] = Operation(kind, "delete", null, isCustom);
        if (one.Count > 0) paths[path] = one;
    }

    private static JsonObject Operation(GroupVersionKind kind, string action, string? schema, bool isCustom)
    {
        var operation = new JsonObject
        {
            ["x-kubernetes-action"] = action,
            ["x-kubernetes-group-version-kind"] = Kind(kind),
            ["parameters"] = new JsonArray([.. Parameters(action).Select(Parameter)]),
        };
        var body = action switch
        {
            "post" or "put" when schema is not null => Content(schema, MediaType.Json, MediaType.Yaml),
            // kubectl reads from here whether it may send a strategic merge patch.
            "patch" => Content(Patch, [.. ObjectPatcher.TypesOf(isCustom)]),
            "delete" or "deletecollection" => Content(DeleteOptions, MediaType.Json, MediaType.Yaml),
            _ => null,
        };
        if (body is not null) operation["requestBody"] = new JsonObject { ["content"] = body, ["required"] = action is not ("delete" or "deletecollection") };
        var ok = new JsonObject { ["description"] = "OK" };
        if (schema is not null) ok["content"] = Content(schema, MediaType.Json, MediaType.Yaml);
        operation["responses"] = new JsonObject { ["200"] = ok, ["401"] = new JsonObject { ["description"] = "Unauthorized" } };
        return operation;
    }

    private static IEnumerable<string> Parameters(string action) => action switch
    {
        "list" => ["limit", "continue", "labelSelector", "fieldSelector", "resourceVersion", "resourceVersionMatch", "timeoutSeconds", "watch"],
        "post" or "put" => ["dryRun", "fieldManager", "fieldValidation", "pretty"],
        "patch" => ["dryRun", "fieldManager", "fieldValidation", "force", "pretty"],
        "delete" or "deletecollection" => ["dryRun", "gracePeriodSeconds", "propagationPolicy"],
        _ => ["pretty"],
    };

    private static JsonObject Parameter(string name) => new()
    {
        ["name"] = name,
        ["in"] = "query",
        ["schema"] = new JsonObject
        {
            ["type"] = name switch { "force" or "watch" => "boolean", "limit" or "timeoutSeconds" or "gracePeriodSeconds" => "integer", _ => "string" },
            ["uniqueItems"] = true,
        },
    };

    private static JsonObject Content(string schema, params ReadOnlySpan<string> mediaTypes)
    {
        var content = new JsonObject();
        foreach (var mediaType in mediaTypes) content[mediaType] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = Reference + schema } };
        return content;
    }

    private static JsonObject Kind(GroupVersionKind kind) => new() { ["group"] = kind.Group, ["kind"] = kind.Kind, ["version"] = kind.Version };
}
