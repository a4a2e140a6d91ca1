using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Tests.Kinds;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tests.Discovery;

public sealed class OpenApiEndpointTests(TableServer server) : IClassFixture<TableServer>
{
    private const string V2Protobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

    private async Task<HttpResponseMessage> GetAsync(string path, string accept = "application/json", string? tag = null, bool zip = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (tag is not null) request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        if (zip) request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
        return await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task<byte[]> BytesAsync(HttpResponseMessage response) => await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

    [Fact]
    public async Task V2_is_one_document_of_all_groups_whose_references_all_lead_somewhere()
    {
        using var response = await GetAsync("/openapi/v2");
        var document = KubernetesJson.ParseObject(await BytesAsync(response));
        var definitions = document.Object("definitions")!;

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("2.0", document.Text("swagger"));
        Assert.Equal("#/definitions/io.k8s.api.core.v1.PodSpec", definitions.Text("io.k8s.api.core.v1.Pod", "properties", "spec", "$ref"));
        Assert.Equal("string", definitions.Text("io.k8s.apimachinery.pkg.util.intstr.IntOrString", "type"));
        Assert.NotNull(document.At("paths", "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale", "patch"));
        Assert.Contains(document.Object("paths", "/api/v1/namespaces/{namespace}/pods/{name}", "patch")!.Objects("parameters"), p => p.Text("name") == "dryRun");
        var references = References(document).Distinct().ToList();
        Assert.NotEmpty(references);
        Assert.All(references, r => Assert.True(definitions.ContainsKey(r["#/definitions/".Length..]), r));
    }

    [Fact]
    public async Task V2_is_had_in_protobuf_zipped_and_not_again_when_it_has_not_changed()
    {
        using var plain = await GetAsync("/openapi/v2", V2Protobuf);
        using var zipped = await GetAsync("/openapi/v2", V2Protobuf, zip: true);
        using var again = await GetAsync("/openapi/v2", V2Protobuf, plain.Headers.ETag!.ToString());

        Assert.Equal("application/com.github.proto-openapi.spec.v2.v1.0+protobuf", plain.Content.Headers.ContentType!.MediaType);
        Assert.Equal(["gzip"], zipped.Content.Headers.ContentEncoding);
        using var stream = new GZipStream(new MemoryStream(await BytesAsync(zipped)), CompressionMode.Decompress);
        using var unzipped = new MemoryStream();
        await stream.CopyToAsync(unzipped, TestContext.Current.CancellationToken);
        Assert.Equal(await BytesAsync(plain), unzipped.ToArray());
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }

    [Theory]
    [InlineData("/openapi/v2", "application/yaml", 406)]
    [InlineData("/openapi/v2", "*/*", 200)]
    [InlineData("/openapi/v3/api/v1", "application/com.github.proto-openapi.spec.v3@v1.0+protobuf", 200)]
    [InlineData("/openapi/v3/api/v1", "application/yaml", 406)]
    [InlineData("/openapi/v3/apis/apps", "application/json", 200)]
    [InlineData("/openapi/v3/version", "application/json", 200)]
    [InlineData("/openapi/v3/apis/nosuch", "application/json", 404)]
    [InlineData("/openapi/v1", "application/json", 404)]
    public async Task Answers_in_the_encoding_asked_for(string path, string accept, int status)
    {
        using var response = await GetAsync(path, accept);
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Both_versions_know_a_definition_that_came()
    {
        using var before = await GetAsync("/openapi/v2");
        var (status, text, _) = await server.PostAsync("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", (JsonObject)JsonNode.Parse("""
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"fish.sea.example"},"spec":{"group":"sea.example","scope":"Namespaced",
             "names":{"plural":"fish","singular":"fish","kind":"Fish","listKind":"FishList"},"versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":
             {"type":"object","properties":{"spec":{"type":"object","properties":{"fins":{"type":"integer"},"school":{"type":"object","x-kubernetes-embedded-resource":true,
              "properties":{"spec":{"type":"object"}}},"odd":{"type":"string","nullable":true}}}}}}}]}}
            """)!);
        Assert.True(status == 201, text);

        JsonObject? definitions = null;
        for (var tries = 0; tries < 100 && definitions?.ContainsKey("example.sea.v1.Fish") != true; tries++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            using var response = await GetAsync("/openapi/v2");
            definitions = KubernetesJson.ParseObject(await BytesAsync(response)).Object("definitions");
            if (definitions!.ContainsKey("example.sea.v1.Fish")) Assert.NotEqual(before.Headers.ETag, response.Headers.ETag);
        }
        var spec = definitions!.Object("example.sea.v1.Fish", "properties", "spec", "properties")!;
        Assert.Equal("integer", spec.Text("fins", "type"));
        Assert.Equal("string", spec.Text("school", "properties", "kind", "type"));
        Assert.Empty(spec.Object("odd")!);
        Assert.True(definitions!.ContainsKey("example.sea.v1.FishList"));
        using var v3 = await GetAsync("/openapi/v3/apis/sea.example/v1");
        Assert.Equal("Kubernetes CRD Swagger", KubernetesJson.ParseObject(await BytesAsync(v3)).Text("info", "title"));
    }

    [Theory]
    [InlineData("/openapi/v3/apis/apps/v1", "/apis/apps/v1/namespaces/{namespace}/deployments/{name}", true)]
    [InlineData("/openapi/v3/apis/lake.example/v1", "/apis/lake.example/v1/namespaces/{namespace}/frogs/{name}", false)]
    public async Task Kubectl_learns_whether_it_may_send_a_strategic_merge_patch(string document, string path, bool expected)
    {
        await server.PostAsync("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", (JsonObject)JsonNode.Parse("""
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"frogs.lake.example"},"spec":{"group":"lake.example","scope":"Namespaced",
             "names":{"plural":"frogs","singular":"frog","kind":"Frog","listKind":"FrogList"},"versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}}}]}}
            """)!);

        JsonObject? content = null;
        for (var tries = 0; tries < 100 && content is null; tries++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            using var response = await GetAsync(document);
            if (response.IsSuccessStatusCode) content = KubernetesJson.ParseObject(await BytesAsync(response)).Object("paths", path, "patch", "requestBody", "content");
        }

        Assert.Equal(expected, content!.ContainsKey("application/strategic-merge-patch+json"));
        Assert.True(content.ContainsKey("application/merge-patch+json"));
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(e => e is { Key: "$ref", Value: JsonValue v } ? [v.GetValue<string>()] : References(e.Value)),
        JsonArray a => a.SelectMany(References),
        _ => [],
    };
}
