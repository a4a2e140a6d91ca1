using System.Text.Json.Nodes;
using Mobula.ApiServer.Discovery;

namespace Mobula.ApiServer.Tests.Discovery;

public class OpenApiV2DocumentTests
{
    [Theory]
    [InlineData("""{"$ref":"#/components/schemas/a.B"}""", """{"$ref":"#/definitions/a.B"}""")]
    [InlineData("""{"allOf":[{"$ref":"#/components/schemas/a.B"}],"default":{}}""", """{"default":{},"$ref":"#/definitions/a.B"}""")]
    [InlineData("""{"format":"int-or-string","oneOf":[{"type":"integer"},{"type":"string"}]}""", """{"format":"int-or-string","type":"string"}""")]
    [InlineData("""{"x-kubernetes-int-or-string":true,"anyOf":[{"type":"integer"},{"type":"string"}]}""", """{"x-kubernetes-int-or-string":true}""")]
    [InlineData("""{"type":"string","nullable":true}""", "{}")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"x-kubernetes-preserve-unknown-fields":true}""", """{"type":"object","x-kubernetes-preserve-unknown-fields":true}""")]
    [InlineData("""{"type":"object","additionalProperties":true}""", """{"type":"object"}""")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"string","nullable":true}}""", """{"type":"object","additionalProperties":{}}""")]
    [InlineData("""{"type":"array","items":{"type":"object","properties":{"a":{"not":{"type":"string"},"type":"integer"}}}}""",
        """{"type":"array","items":{"type":"object","properties":{"a":{"type":"integer"}}}}""")]
    [InlineData("""{"type":"array"}""", "{}")]
    public void Convert_leaves_open_what_version_2_cannot_say(string v3, string v2)
    {
        var schema = JsonNode.Parse(v3)!.AsObject();
        OpenApiV2Document.Convert(schema);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(v2), schema), schema.ToJsonString());
    }
}
