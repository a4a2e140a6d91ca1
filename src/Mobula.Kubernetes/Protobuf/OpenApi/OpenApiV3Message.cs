using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Protobuf.OpenApi;

/// <summary>An OpenAPI v3 document in protobuf (gnostic's <c>openapi.v3.Document</c>). Written is what Kubernetes' documents hold.</summary>
public static class OpenApiV3Message
{
    /// <summary>The media type that a server answers with.</summary>
    public const string MediaType = "application/com.github.proto-openapi.spec.v3.v1.0+protobuf";

    /// <summary>The media type as clients ask for it.</summary>
    public const string AskedMediaType = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf";

    /// <summary>Encodes a document.</summary>
    /// <param name="document">The document as JSON.</param>
    public static byte[] Encode(JsonObject document) => OpenApiFields.Encode(document, Document);

    private static void Document(OpenApiFields f)
    {
        f.Text("openapi", 1);
        f.One("info", 2, Info);
        f.One("paths", 4, p => p.Entries(1, PathItem));
        f.One("components", 5, Components);
        f.Requirements("security", 6);
    }

    private static void Info(OpenApiFields f)
    {
        f.Text("title", 1);
        f.Text("description", 2);
        f.Text("version", 6);
    }

    private static void Components(OpenApiFields f)
    {
        f.Map("schemas", 1, SchemaOrReference);
        f.Map("securitySchemes", 7, s => s.Self(1, SecurityScheme));
    }

    private static void SecurityScheme(OpenApiFields f)
    {
        f.Text("type", 1);
        f.Text("description", 2);
        f.Text("name", 3);
        f.Text("in", 4);
    }

    private static void PathItem(OpenApiFields f)
    {
        f.Text("summary", 2);
        f.Text("description", 3);
        f.One("get", 4, Operation);
        f.One("put", 5, Operation);
        f.One("post", 6, Operation);
        f.One("delete", 7, Operation);
        f.One("options", 8, Operation);
        f.One("head", 9, Operation);
        f.One("patch", 10, Operation);
        f.Each("parameters", 13, p => p.Self(1, Parameter));
        f.Extensions(14);
    }

    private static void Operation(OpenApiFields f)
    {
        f.Texts("tags", 1);
        f.Text("description", 3);
        f.Text("operationId", 5);
        f.Each("parameters", 6, p => p.Self(1, Parameter));
        f.One("requestBody", 7, b => b.Self(1, RequestBody));
        f.One("responses", 8, r => r.Entries(2, response => response.Self(1, Response)));
        f.Extensions(13);
    }

    private static void Parameter(OpenApiFields f)
    {
        f.Text("name", 1);
        f.Text("in", 2);
        f.Text("description", 3);
        f.Flag("required", 4);
        f.One("schema", 10, SchemaOrReference);
    }

    private static void RequestBody(OpenApiFields f)
    {
        f.Text("description", 1);
        f.Map("content", 2, MediaContent);
        f.Flag("required", 3);
    }

    private static void Response(OpenApiFields f)
    {
        f.Text("description", 1);
        f.Map("content", 3, MediaContent);
    }

    private static void MediaContent(OpenApiFields f) => f.One("schema", 1, SchemaOrReference);

    private static void SchemaOrReference(OpenApiFields f)
    {
        if (f.Has("$ref")) f.Self(2, r => r.Text("$ref", 1));
        else f.Self(1, Schema);
    }

    private static void Schema(OpenApiFields f)
    {
        f.Flag("nullable", 1);
        f.Any("example", 7);
        f.Text("title", 9);
        f.Number("multipleOf", 10);
        f.Number("maximum", 11);
        f.Flag("exclusiveMaximum", 12);
        f.Number("minimum", 13);
        f.Flag("exclusiveMinimum", 14);
        f.Integer("maxLength", 15);
        f.Integer("minLength", 16);
        f.Text("pattern", 17);
        f.Integer("maxItems", 18);
        f.Integer("minItems", 19);
        f.Flag("uniqueItems", 20);
        f.Integer("maxProperties", 21);
        f.Integer("minProperties", 22);
        f.Texts("required", 23);
        f.AnyOfEach("enum", 24);
        f.Text("type", 25);
        f.Each("allOf", 26, SchemaOrReference);
        f.Each("oneOf", 27, SchemaOrReference);
        f.Each("anyOf", 28, SchemaOrReference);
        f.One("not", 29, Schema);
        f.One("items", 30, i => i.Self(1, SchemaOrReference));
        f.Map("properties", 31, SchemaOrReference);
        if (f.Has("additionalProperties")) f.Self(32, AdditionalProperties);
        if (f.Has("default")) f.Self(33, Default);
        f.Text("description", 34);
        f.Text("format", 35);
        f.Extensions(36);
    }

    private static void AdditionalProperties(OpenApiFields f)
    {
        f.One("additionalProperties", 1, SchemaOrReference);
        f.Flag("additionalProperties", 2);
    }

    // The message has room for scalars alone.
    private static void Default(OpenApiFields f)
    {
        f.Number("default", 1);
        f.Flag("default", 2);
        f.Text("default", 3);
    }
}
