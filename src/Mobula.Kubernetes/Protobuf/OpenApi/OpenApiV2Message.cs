using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Protobuf.OpenApi;

/// <summary>
/// An OpenAPI v2 document in protobuf (gnostic's <c>openapi.v2.Document</c>), which kubectl reads up to 1.26 and other clients still do.
/// Written is what Kubernetes' documents hold.
/// </summary>
public static class OpenApiV2Message
{
    /// <summary>The media type that a server answers with.</summary>
    public const string MediaType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

    /// <summary>The media type as clients ask for it.</summary>
    public const string AskedMediaType = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

    /// <summary>Encodes a document.</summary>
    /// <param name="document">The document as JSON.</param>
    public static byte[] Encode(JsonObject document) => OpenApiFields.Encode(document, Document);

    private static void Document(OpenApiFields f)
    {
        f.Text("swagger", 1);
        f.One("info", 2, Info);
        f.One("paths", 8, p => p.Entries(2, PathItem));
        f.Map("definitions", 9, Schema);
        f.Map("parameters", 10, Parameter);
        f.Requirements("security", 12);
        f.Map("securityDefinitions", 13, s => s.Self(2, ApiKey));
    }

    private static void Info(OpenApiFields f)
    {
        f.Text("title", 1);
        f.Text("version", 2);
        f.Text("description", 3);
    }

    private static void ApiKey(OpenApiFields f)
    {
        f.Text("type", 1);
        f.Text("name", 2);
        f.Text("in", 3);
        f.Text("description", 4);
    }

    private static void PathItem(OpenApiFields f)
    {
        f.One("get", 2, Operation);
        f.One("put", 3, Operation);
        f.One("post", 4, Operation);
        f.One("delete", 5, Operation);
        f.One("options", 6, Operation);
        f.One("head", 7, Operation);
        f.One("patch", 8, Operation);
        f.Each("parameters", 9, ParametersItem);
        f.Extensions(10);
    }

    private static void Operation(OpenApiFields f)
    {
        f.Texts("tags", 1);
        f.Text("description", 3);
        f.Text("operationId", 5);
        f.Texts("produces", 6);
        f.Texts("consumes", 7);
        f.Each("parameters", 8, ParametersItem);
        f.One("responses", 9, r => r.Entries(1, response => response.Self(1, Response)));
        f.Texts("schemes", 10);
        f.Extensions(13);
    }

    private static void ParametersItem(OpenApiFields f)
    {
        if (f.Has("$ref")) f.Self(2, Reference);
        else f.Self(1, Parameter);
    }

    private static void Reference(OpenApiFields f) => f.Text("$ref", 1);

    private static void Parameter(OpenApiFields f)
    {
        if (f.Has("schema")) f.Self(1, BodyParameter);
        else f.Self(2, plain => plain.Self(plain.Has("required") ? 4 : 3, plain.Has("required") ? PathParameter : QueryParameter));
    }

    private static void BodyParameter(OpenApiFields f)
    {
        f.Text("description", 1);
        f.Text("name", 2);
        f.Text("in", 3);
        f.Flag("required", 4);
        f.One("schema", 5, Schema);
    }

    private static void QueryParameter(OpenApiFields f)
    {
        f.Text("in", 2);
        f.Text("description", 3);
        f.Text("name", 4);
        f.Text("type", 6);
        f.Text("format", 7);
        f.Flag("uniqueItems", 20);
    }

    private static void PathParameter(OpenApiFields f)
    {
        f.Flag("required", 1);
        f.Text("in", 2);
        f.Text("description", 3);
        f.Text("name", 4);
        f.Text("type", 5);
        f.Text("format", 6);
        f.Flag("uniqueItems", 19);
    }

    private static void Response(OpenApiFields f)
    {
        f.Text("description", 1);
        f.One("schema", 2, s => s.Self(1, Schema));
    }

    private static void Schema(OpenApiFields f)
    {
        f.Text("$ref", 1);
        f.Text("format", 2);
        f.Text("title", 3);
        f.Text("description", 4);
        f.Any("default", 5);
        f.Number("multipleOf", 6);
        f.Number("maximum", 7);
        f.Flag("exclusiveMaximum", 8);
        f.Number("minimum", 9);
        f.Flag("exclusiveMinimum", 10);
        f.Integer("maxLength", 11);
        f.Integer("minLength", 12);
        f.Text("pattern", 13);
        f.Integer("maxItems", 14);
        f.Integer("minItems", 15);
        f.Flag("uniqueItems", 16);
        f.Integer("maxProperties", 17);
        f.Integer("minProperties", 18);
        f.Texts("required", 19);
        f.AnyOfEach("enum", 20);
        f.One("additionalProperties", 21, a => a.Self(1, Schema));
        if (f.Has("type")) f.Self(22, t => t.Texts("type", 1));
        f.One("items", 23, i => i.Self(1, Schema));
        f.Each("allOf", 24, Schema);
        f.Map("properties", 25, Schema);
        f.Any("example", 30);
        f.Extensions(31);
    }
}
