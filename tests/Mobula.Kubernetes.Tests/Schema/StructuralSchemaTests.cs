using System.Text.Json.Nodes;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Tests.Schema;

public class StructuralSchemaTests
{
    private static readonly JsonObject Definition = (JsonObject)JsonNode.Parse("""
        {"spec":{"group":"g.io","names":{"kind":"K"},"versions":[{"name":"v1","schema":{"openAPIV3Schema":{"type":"object","properties":{
        "spec":{"type":"object","required":["a"],"properties":{
          "a":{"type":"integer","minimum":1,"default":7},
          "list":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"],"items":{"type":"object","properties":{"k":{"type":"string"}}}},
          "any":{"x-kubernetes-preserve-unknown-fields":true},
          "port":{"x-kubernetes-int-or-string":true},
          "template":{"type":"object","x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true}}}}}}}]}}
        """)!;

    [Fact]
    public void ForVersion_reads_types_lists_and_rules()
    {
        var schema = StructuralSchema.ForVersion(Definition, "v1")!;
        Assert.Equal(new("g.io", "v1", "K"), Assert.Single(schema.Kinds));
        Assert.Same(BuiltInSchemas.ObjectMeta, schema.At("metadata"));
        var spec = schema.At("spec")!;
        Assert.True(spec.Properties["a"].Required);
        Assert.Equal(1, spec.At("a")!.Validation!.Minimum);
        Assert.Equal("7", spec.At("a")!.Default!.ToJsonString());
        Assert.Equal(["k"], spec.At("list")!.ListMapKeys);
        Assert.True(spec.At("any")!.PreserveUnknownFields);
        Assert.Equal(SchemaType.IntOrString, spec.At("port")!.Type);
        Assert.NotNull(spec.At("template", "metadata", "labels"));
    }

    [Fact]
    public void ForVersion_of_another_version_is_null() => Assert.Null(StructuralSchema.ForVersion(Definition, "v2"));
}
