using System.Text.Json.Nodes;
using Mobula.ApiServer.Rest;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.Discovery;

/// <summary>Makes the OpenAPI v3 document of one group version from the schemas of its resources.</summary>
internal static class OpenApiDocument
{
    private const string Reference = "#/components/schemas/";
    private const string ObjectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

    private static readonly string[] WriteParameters = ["dryRun", "fieldManager", "fieldValidation", "force", "pretty"];

    public static JsonObject Make(IReadOnlyList<ResourceDefinition> definitions, string version)
    {
        var schemas = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        var paths = new JsonObject();
        foreach (var definition in definitions)
        {
            var name = definition.IsCustom ? AddCustom(definition, schemas) : definition.Schema.Name;
            if (name is not null && !definition.IsCustom) Add(name, schemas);
            AddPaths(definition, name, paths);
        }
        return new()
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = version },
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
                foreach (var (key, value) in map.ToList())
                {
                    if (key is not ("$ref" or "allOf")) found.AddRange(Rewrite(value));
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
        var schema = definition.Custom!.Version.Object("schema", "openAPIV3Schema")?.Clone() ?? new JsonObject { ["type"] = "object" };
        var properties = schema.Ensure("properties");
        properties["apiVersion"] = new JsonObject { ["type"] = "string" };
        properties["kind"] = new JsonObject { ["type"] = "string" };
        properties["metadata"] = new JsonObject { ["allOf"] = new JsonArray(new JsonObject { ["$ref"] = Reference + ObjectMeta }) };
        schema["x-kubernetes-group-version-kind"] = new JsonArray(Kind(kind));
        schemas[name] = schema;
        Add(ObjectMeta, schemas);
        return name;
    }

    private static void AddPaths(ResourceDefinition definition, string? schema, JsonObject paths)
    {
        var info = definition.Info;
        var root = info.Namespaced ? $"{info.Resource.RootPath}/namespaces/{{namespace}}/{info.Resource.Resource}" : $"{info.Resource.RootPath}/{info.Resource.Resource}";
        var collection = new JsonObject();
        if (info.Verbs.Contains("list")) collection["get"] = Operation(definition, "list", null, ["limit", "continue", "labelSelector", "fieldSelector", "watch"]);
        if (info.Verbs.Contains("create")) collection["post"] = Operation(definition, "post", schema, WriteParameters);
        if (info.Verbs.Contains("deletecollection")) collection["delete"] = Operation(definition, "deletecollection", null, ["dryRun"]);
        if (collection.Count > 0) paths[root] = collection;
        var one = new JsonObject();
        if (info.Verbs.Contains("get")) one["get"] = Operation(definition, "get", schema, ["pretty"]);
        if (info.Verbs.Contains("update")) one["put"] = Operation(definition, "put", schema, WriteParameters);
        if (info.Verbs.Contains("patch")) one["patch"] = Operation(definition, "patch", schema, WriteParameters);
        if (info.Verbs.Contains("delete")) one["delete"] = Operation(definition, "delete", null, ["dryRun", "gracePeriodSeconds", "propagationPolicy"]);
        if (one.Count > 0) paths[$"{root}/{{name}}"] = one;
    }

    private static JsonObject Operation(ResourceDefinition definition, string action, string? schema, IEnumerable<string> parameters)
    {
        var operation = new JsonObject
        {
            ["x-kubernetes-action"] = action,
            ["x-kubernetes-group-version-kind"] = Kind(definition.Kind),
            ["parameters"] = new JsonArray([.. parameters.Select(p => new JsonObject { ["name"] = p, ["in"] = "query", ["schema"] = new JsonObject { ["type"] = "string" } })]),
        };
        var content = schema is null ? null : new JsonObject { ["application/json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = Reference + schema } } };
        if (content is not null && action is "post" or "put") operation["requestBody"] = new JsonObject { ["content"] = content!.DeepClone(), ["required"] = true };
        var ok = new JsonObject { ["description"] = "OK" };
        if (content is not null) ok["content"] = content;
        operation["responses"] = new JsonObject { ["200"] = ok };
        return operation;
    }

    private static JsonObject Kind(GroupVersionKind kind) => new() { ["group"] = kind.Group, ["kind"] = kind.Kind, ["version"] = kind.Version };
}
