using System.Text.Json.Nodes;
using Mobula.Kubernetes.Cel;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Tests.Cel;

/// <summary>Objects as expressions see them: by the types and names of their schema.</summary>
public class CelSchemaTests
{
    private static readonly TypeSchema Schema = StructuralSchema.ReadRoot((JsonObject)JsonNode.Parse("""
        {
          "type": "object",
          "properties": {
            "spec": {
              "type": "object",
              "properties": {
                "count": { "type": "integer" }, "ratio": { "type": "number" }, "when": { "type": "string", "format": "date-time" },
                "time-out": { "type": "string", "format": "duration" }, "data": { "type": "string", "format": "byte" }, "namespace": { "type": "string" },
                "a.b/c": { "type": "string" }, "x__y": { "type": "string" }, "port": { "x-kubernetes-int-or-string": true },
                "labels": { "type": "object", "additionalProperties": { "type": "string" } },
                "set": { "type": "array", "x-kubernetes-list-type": "set", "items": { "type": "string" } },
                "list": { "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                  "items": { "type": "object", "properties": { "name": { "type": "string" }, "v": { "type": "integer" } } } },
                "any": { "x-kubernetes-preserve-unknown-fields": true }, "nul": { "type": "string", "nullable": true }
              }
            }
          }
        }
        """)!, new("g.example.com", "v1", "K"));

    private static readonly JsonObject Example = (JsonObject)JsonNode.Parse("""
        {
          "apiVersion": "g.example.com/v1", "kind": "K", "metadata": { "name": "n", "labels": { "a": "b" } },
          "spec": {
            "count": 3, "ratio": 2, "when": "2024-01-01T00:00:00Z", "time-out": "1m", "data": "aGk=", "namespace": "ns", "a.b/c": "s", "x__y": "u", "port": "http",
            "labels": { "a-b": "c" }, "set": ["a", "b"], "list": [{ "name": "x", "v": 1 }, { "name": "y", "v": 2 }], "any": { "deep": [1, { "k": "v" }] }, "nul": null
          }
        }
        """)!;

    [Theory]
    [InlineData("self.spec.count + 1 == 4")]
    [InlineData("self.spec.ratio / 4.0 == 0.5")]
    [InlineData("self.spec.when.getFullYear() == 2024")]
    [InlineData("self.spec.time__dash__out == duration('60s')")]
    [InlineData("self.spec.data == b'hi'")]
    [InlineData("self.spec.__namespace__ == 'ns'")]
    [InlineData("self.spec.a__dot__b__slash__c == 's' && self.spec.x__underscores__y == 'u'")]
    [InlineData("self.spec.port == 'http' && type(self.spec.port) == string")]
    [InlineData("self.spec.labels['a-b'] == 'c' && 'a-b' in self.spec.labels && !('x' in self.spec.labels)")]
    [InlineData("self.spec.set == ['b', 'a'] && (self.spec.set + ['b', 'c']).size() == 3")]
    [InlineData("(self.spec.list + [{'name': 'x', 'v': 5}]).exists(i, i.name == 'x' && i.v == 5)")]
    [InlineData("self.spec.list.all(i, i.v > 0) && self.spec.list.map(i, i.name) == ['x', 'y']")]
    [InlineData("self.spec.any.deep[1].k == 'v'")]
    [InlineData("has(self.spec.nul) && self.spec.nul == null && !has(self.spec.nope2)", false)]
    [InlineData("self.metadata.name == 'n' && self.kind == 'K' && self.apiVersion.endsWith('/v1')")]
    [InlineData("self.metadata.labels.a == 'b'", false)]
    [InlineData("self.spec.count == 'x'", false)]
    [InlineData("self.spec.nope == 1", false)]
    [InlineData("self.spec.port > 1 || true")]
    public void Fields_have_the_types_of_the_schema(string expression, bool compiles = true)
    {
        CelVariable[] variables = [new("self", Schema)];
        if (!compiles)
        {
            Assert.Throws<CelSyntaxException>(() => CelProgram.Compile(expression, variables));
            return;
        }
        var result = CelProgram.Compile(expression, variables).Evaluate([Example], 1_000_000, out _);
        Assert.True(result.Value is true, $"{expression}: {result.Error ?? result.Value}");
    }

    [Fact]
    public void An_optional_variable_may_be_absent()
    {
        var text = new TypeSchema { Type = SchemaType.String };
        var program = CelProgram.Compile("oldSelf.hasValue() ? oldSelf.value() == self : self == 'new'", new("self", text), new CelVariable("oldSelf", text, IsOptional: true));
        Assert.Equal(true, program.Evaluate(["new", null], 1000, out _).Value);
        Assert.Equal(true, program.Evaluate(["a", "a"], 1000, out _).Value);
        Assert.Equal(false, program.Evaluate(["b", "a"], 1000, out _).Value);
    }
}
