using System.Text.Json.Nodes;
using Mobula.ApiServer.Tests.Kinds;

namespace Mobula.ApiServer.Tests.Subresources;

public sealed class PodEvictionTests(TableServer server) : IClassFixture<TableServer>
{
    [Theory]
    [InlineData("policy/v1", 201)]
    [InlineData("policy/v1beta1", 201)]
    [InlineData("policy/v2", 400)]
    public async Task Eviction_is_taken_in_both_versions_that_clients_send(string apiVersion, int status)
    {
        var ns = $"evict-{apiVersion.Split('/')[1]}";
        await server.CreateNamespaceAsync(ns);
        await server.PostAsync($"/api/v1/namespaces/{ns}/pods", (JsonObject)JsonNode.Parse(
            """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}""")!);

        var (code, text, _) = await server.PostAsync($"/api/v1/namespaces/{ns}/pods/p/eviction", new()
        {
            ["apiVersion"] = apiVersion, ["kind"] = "Eviction", ["metadata"] = new JsonObject { ["name"] = "p", ["namespace"] = ns },
        });

        Assert.True(code == status, text);
    }
}
