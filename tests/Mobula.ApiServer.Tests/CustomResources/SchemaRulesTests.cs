using System.Text.Json.Nodes;
using Mobula.ApiServer.CustomResources;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.Tests.CustomResources;

/// <summary>Rules of schemas over objects and their changes.</summary>
public class SchemaRulesTests
{
    [Fact]
    public void Transition_rule_is_asked_of_changes_only()
    {
        const string Spec = """{ "type": "string", "x-kubernetes-validations": [{ "rule": "self == oldSelf", "message": "is immutable" }] }""";
        Assert.Empty(Check(Spec, "\"a\"", null));
        Assert.Empty(Check(Spec, "\"a\"", "\"a\""));
        Assert.Equal(["spec: Invalid value: \"b\": is immutable"], Check(Spec, "\"b\"", "\"a\""));
    }

    [Fact]
    public void OptionalOldSelf_makes_the_rule_hold_for_new_objects_too()
    {
        const string Spec = """{ "type": "integer", "x-kubernetes-validations": [{ "rule": "oldSelf.hasValue() ? self >= oldSelf.value() : self == 1", "optionalOldSelf": true, "message": "grows from 1" }] }""";
        Assert.Empty(Check(Spec, "1", null));
        Assert.Single(Check(Spec, "2", null));
        Assert.Empty(Check(Spec, "2", "1"));
        Assert.Single(Check(Spec, "1", "2"));
    }

    [Fact]
    public void Broken_rule_only_warns_where_nothing_changed()
    {
        const string Spec = """
            { "type": "object", "properties": {
              "a": { "type": "integer", "x-kubernetes-validations": [{ "rule": "self > 5", "message": "too small" }] }, "b": { "type": "integer" } } }
            """;
        var warnings = new List<string>();
        Assert.Empty(Check(Spec, """{ "a": 1, "b": 2 }""", """{ "a": 1, "b": 1 }""", warnings));
        Assert.Equal(["spec.a: Invalid value: 1: too small"], warnings);
        Assert.Equal(["spec.a: Invalid value: 2: too small"], Check(Spec, """{ "a": 2 }""", """{ "a": 1 }"""));
    }

    [Fact]
    public void Items_of_lists_with_keys_are_found_again_others_are_not()
    {
        const string Item = """{ "type": "object", "properties": { "name": { "type": "string" }, "v": { "type": "integer", "x-kubernetes-validations": [{ "rule": "self >= oldSelf" }] } } }""";
        var byKey = $$"""{ "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": {{Item}} }""";
        var atomic = $$"""{ "type": "array", "items": {{Item}} }""";
        const string Old = """[{ "name": "x", "v": 1 }, { "name": "y", "v": 2 }]""";
        const string New = """[{ "name": "y", "v": 1 }, { "name": "x", "v": 1 }]""";
        Assert.Equal(["spec[0].v: Invalid value: 1: failed rule: self >= oldSelf"], Check(byKey, New, Old));
        Assert.Empty(Check(atomic, New, Old));
    }

    [Fact]
    public void Message_reason_and_place_are_the_rules()
    {
        const string Spec = """
            { "type": "object", "properties": { "m": { "type": "object", "additionalProperties": { "type": "string" } }, "n": { "type": "integer" } },
              "x-kubernetes-validations": [
                { "rule": "self.n > 0", "messageExpression": "'n is ' + string(self.n)", "reason": "FieldValueRequired", "fieldPath": ".m['k']" },
                { "rule": "self.n > 1", "messageExpression": "self.m['absent']", "message": "fixed" },
                { "rule": "self.n > 2", "messageExpression": "'two\\nlines'" },
                { "rule": "self.m['absent'] == 'x'", "message": "never told" } ] }
            """;
        Assert.Equal(
            [
                "spec.m[k]: Required value: n is 0", "spec: Invalid value: fixed", "spec: Invalid value: failed rule: self.n > 2",
                "spec: Invalid value: \"object\": no such key: absent evaluating rule: never told",
            ],
            Check(Spec, """{ "m": {}, "n": 0 }""", null));
    }

    [Fact]
    public void Rule_that_costs_too_much_ends_the_evaluation()
    {
        const string Spec = """
            { "type": "array", "items": { "type": "integer" }, "x-kubernetes-validations": [
              { "rule": "self.all(a, self.all(b, self.all(c, a + b + c >= 0)))" }, { "rule": "false" } ] }
            """;
        var list = $"[{string.Join(',', Enumerable.Range(0, 300))}]";
        var error = Assert.Single(Check(Spec, list, null));
        Assert.Contains("no further validation rules will be run due to call cost exceeds limit for rule", error);
    }

    [Fact]
    public void Definition_with_a_wrong_rule_is_told_where()
    {
        var definition = (JsonObject)JsonNode.Parse("""
            { "spec": { "group": "g.example.com", "names": { "kind": "K" }, "versions": [{ "name": "v1", "schema": { "openAPIV3Schema": { "type": "object",
              "properties": { "spec": { "type": "object", "properties": { "a": { "type": "integer" } }, "x-kubernetes-validations": [
                { "rule": "self.b == 1" }, { "rule": "self.a" }, { "rule": "self.a > 0", "messageExpression": "self.a" },
                { "rule": "self.a > 0", "fieldPath": ".c", "reason": "Odd" }, { "rule": " " } ] } } } } }] } }
            """)!;
        var at = "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations";
        var errors = DefinitionSchemas.Validate(definition).Select(e => (e.Field, e.Message)).ToList();
        Assert.Equal([$"{at}[0].rule", $"{at}[1].rule", $"{at}[2].messageExpression", $"{at}[3].reason", $"{at}[3].fieldPath", $"{at}[4].rule"], errors.Select(e => e.Field));
        Assert.EndsWith("compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b == 1\n | ....^", errors[0].Message);
        Assert.EndsWith("cel expression must evaluate to a bool", errors[1].Message);
        Assert.Equal("Required value: rule is not specified", errors[5].Message);
    }

    private static List<string> Check(string specSchema, string spec, string? oldSpec, List<string>? warnings = null)
    {
        var schema = StructuralSchema.ReadRoot((JsonObject)JsonNode.Parse($$"""{ "type": "object", "properties": { "spec": {{specSchema}} } }""")!, new("g.example.com", "v1", "K"));
        JsonObject Whole(string value) => (JsonObject)JsonNode.Parse($$"""{ "apiVersion": "g.example.com/v1", "kind": "K", "metadata": { "name": "n" }, "spec": {{value}} }""")!;
        return [.. SchemaRules.Validate(schema, Whole(spec), oldSpec is null ? null : Whole(oldSpec), warnings ?? []).Select(e => e.ToString())];
    }
}
