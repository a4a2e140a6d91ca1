using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Discovery;

/// <summary>
/// Makes the OpenAPI v2 document, one for all groups, from the v3 form: kubectl up to 1.26 reads it to validate what it sends, to merge
/// and to explain. Where v2 cannot say it (nullable, alternatives, unknown fields), the schema is left open rather than wrong.
/// </summary>
internal static class OpenApiV2Document
{
    private const string From = "#/components/schemas/";
    private const string To = "#/definitions/";

    private static readonly string[] NotInVersion2 = ["oneOf", "anyOf", "not", "nullable", "allOf", "writeOnly", "deprecated"];

    /// <param name="v3">A v3 document of all groups; it is taken apart.</param>
    /// <param name="version">The Kubernetes version, for example <c>v1.37.2</c>.</param>
    public static JsonObject Make(JsonObject v3, string version)
    {
        var definitions = new JsonObject();
        foreach (var (name, schema) in v3.Object("components", "schemas") ?? [])
        {
            var definition = schema!.AsObject().Clone();
            Convert(definition);
            definitions[name] = definition;
        }
        var paths = new JsonObject();
        foreach (var (path, item) in v3.Object("paths") ?? [])
        {
            paths[path] = new JsonObject(item!.AsObject().Select(o => KeyValuePair.Create(o.Key, o.Value is JsonObject operation ? (JsonNode?)Operation(operation) : null)));
        }
        return new()
        {
            ["swagger"] = "2.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = $"v{version.TrimStart('v')}" },
            ["paths"] = paths,
            ["definitions"] = definitions,
            ["securityDefinitions"] = new JsonObject
            {
                ["BearerToken"] = new JsonObject { ["description"] = "Bearer Token authentication", ["type"] = "apiKey", ["name"] = "authorization", ["in"] = "header" },
            },
            ["security"] = new JsonArray(new JsonObject { ["BearerToken"] = new JsonArray() }),
        };
    }

    private static JsonObject Operation(JsonObject v3)
    {
        var content = v3.Object("requestBody", "content");
        var operation = new JsonObject();
        if (content is not null) operation["consumes"] = new JsonArray([.. content.Select(c => JsonValue.Create(c.Key))]);
        operation["produces"] = new JsonArray(Pipeline.MediaType.Json, Pipeline.MediaType.Yaml, Pipeline.MediaType.Protobuf);
        var parameters = new JsonArray();
        if (content?.FirstOrDefault().Value is JsonObject body)
        {
            parameters.Add((JsonNode)new JsonObject { ["name"] = "body", ["in"] = "body", ["required"] = true, ["schema"] = Reference(body) });
        }
        foreach (var parameter in v3.Objects("parameters"))
        {
            parameters.Add((JsonNode)new JsonObject
            {
                ["uniqueItems"] = true, ["type"] = parameter.Text("schema", "type"), ["name"] = parameter.Text("name"), ["in"] = parameter.Text("in"),
            });
        }
        operation["parameters"] = parameters;
        var responses = new JsonObject();
        foreach (var (code, response) in v3.Object("responses") ?? [])
        {
            var converted = new JsonObject { ["description"] = response!.AsObject().Text("description") };
            if (response.AsObject().Object("content", Pipeline.MediaType.Json) is { } answer) converted["schema"] = Reference(answer);
            responses[code] = converted;
        }
        operation["responses"] = responses;
        foreach (var (name, value) in v3)
        {
            if (name.StartsWith("x-", StringComparison.Ordinal)) operation[name] = value?.DeepClone();
        }
        return operation;
    }

    private static JsonObject? Reference(JsonObject content)
    {
        var schema = content.Object("schema")?.Clone();
        if (schema is not null) Convert(schema);
        return schema;
    }

    /// <summary>Changes a v3 schema to v2, in place.</summary>
    internal static void Convert(JsonObject schema)
    {
        if (schema["allOf"] is JsonArray { Count: 1 } all && all[0] is JsonObject only && only.Text("$ref") is { } wrapped) schema["$ref"] = wrapped;
        if (schema.Text("$ref") is { } reference && reference.StartsWith(From, StringComparison.Ordinal)) schema["$ref"] = To + reference[From.Length..];
        // IntOrString and Quantity are texts to version 2; any other alternative has no type there.
        if (schema["oneOf"] is JsonArray && !schema.ContainsKey("type") && schema.Flag("x-kubernetes-int-or-string") != true) schema["type"] = "string";
        if (schema.Flag("nullable") == true)
        {
            // Clients of version 2 refuse null where a type is told.
            foreach (var field in (string[])["type", "properties", "items", "additionalProperties"]) schema.Remove(field);
        }
        if (schema.Flag("x-kubernetes-preserve-unknown-fields") == true)
        {
            // They also refuse unknown fields beside known ones.
            foreach (var field in (string[])["properties", "items", "required"]) schema.Remove(field);
        }
        if (schema.Flag("x-kubernetes-int-or-string") == true) schema.Remove("type");
        foreach (var field in NotInVersion2) schema.Remove(field);
        if (schema["additionalProperties"] is JsonValue) schema.Remove("additionalProperties");
        if (schema["additionalProperties"] is JsonObject values) Convert(values);
        if (schema["items"] is JsonObject items) Convert(items);
        if (schema["properties"] is JsonObject properties)
        {
            foreach (var (_, property) in properties)
            {
                if (property is JsonObject p) Convert(p);
            }
        }
        // A list whose items are left open would be no list to these clients.
        if (schema.Text("type") == "array" && !schema.ContainsKey("items")) schema.Remove("type");
    }
}
