using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Mobula.Kubernetes.Decoding;
using Mobula.Kubernetes.Patches;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Tests.Patches;

public class PatchTests
{
    private static readonly GroupVersionKind ConfigMap = new("", "v1", "ConfigMap");
    private static readonly TypeSchema Deployment = BuiltInSchemas.Find(new("apps", "v1", "Deployment"))!;

    private static readonly Gen<JsonNode?> Scalar = Gen.Int[-1, 3].Select(i => i < 0 ? null : (JsonNode?)i);

    private static readonly Gen<JsonNode?> Value = Gen.Recursive<JsonNode?>((depth, self) =>
        depth > 2 ? Scalar : Gen.OneOf(Scalar, Map(self).Select(m => (JsonNode?)m)));

    [Fact]
    public void MergePatch_twice_is_merge_patch_once() => Gen.Select(Map(Value), Map(Value)).Sample((target, patch) =>
    {
        var once = MergePatch.Apply(target.Clone(), patch);
        Assert.True(JsonNode.DeepEquals(once, MergePatch.Apply(once.Clone(), patch)));
    });

    [Fact]
    public void JsonPatch_that_adds_and_removes_changes_nothing() => Map(Value).Sample(target =>
    {
        var operations = (JsonArray)JsonNode.Parse("""[{"op":"add","path":"/new","value":{"a":[1]}},{"op":"add","path":"/new/a/-","value":2},{"op":"test","path":"/new/a","value":[1,2]},{"op":"remove","path":"/new"}]""")!;
        Assert.True(JsonNode.DeepEquals(target, JsonPatch.Apply(target.Clone(), operations)));
    });

    [Theory]
    [InlineData("""[{"op":"test","path":"/data/k","value":"nope"}]""", 422, "the server rejected our request due to an error in our request")]
    [InlineData("""[{"op":"remove","path":"/data/none"}]""", 422, "the server rejected our request due to an error in our request")]
    [InlineData("""[{"op":"add","path":"/metadata/annotations/x","value":"y"}]""", 422, "the server rejected our request due to an error in our request")]
    [InlineData("""[{"op":"remove","path":"data"}]""", 422, "the server rejected our request due to an error in our request")]
    [InlineData("""[{"op":"put","path":"/data/x","value":"y"}]""", 422, "the server rejected our request due to an error in our request")]
    [InlineData("""{"op":"add","path":"/data/x","value":"y"}""", 400, "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp")]
    [InlineData("x", 400, "invalid JSON patch")]
    public void JsonPatch_that_fails_is_refused(string patch, int code, string message)
    {
        var error = Assert.Throws<StatusException>(() => Patch(ObjectPatchType.Json, patch));
        Assert.Equal((code, message), (error.Code, error.Message));
    }

    [Fact]
    public void JsonPatch_replaces_a_missing_member_by_adding_it() =>
        Assert.Equal("x", Patch(ObjectPatchType.Json, """[{"op":"replace","path":"/data/none","value":"x"}]""").Object.Text("data", "none"));

    [Fact]
    public void Patch_to_a_wrong_type_shows_the_patched_object()
    {
        var error = Assert.Throws<StatusException>(() => Patch(ObjectPatchType.Json, """[{"op":"replace","path":"/data/k","value":5}]"""));
        Assert.Equal(""" "" is invalid: patch: Invalid value: "{\"apiVersion\":\"v1\",\"data\":{\"k\":5},\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\"}}": json: cannot unmarshal number into Go struct field ConfigMap.data of type string""", error.Message);
    }

    [Theory]
    [InlineData(FieldValidation.Warn)]
    [InlineData(FieldValidation.Ignore)]
    public void Patch_with_an_unknown_field_warns_or_not(FieldValidation validation) => Assert.Equal(
        validation == FieldValidation.Warn ? ["unknown field \"dat\"", "unknown field \"metadata.label\""] : [],
        Patch(ObjectPatchType.Merge, """{"dat":{"k":"v"},"metadata":{"label":{"a":"b"}}}""", validation).Warnings);

    [Fact]
    public void Strategic_patch_with_an_unknown_field_is_refused_when_strict()
    {
        var error = Assert.Throws<StatusException>(() => Patch(ObjectPatchType.Strategic, """{"dat":{"k":"v"}}""", FieldValidation.Strict));
        Assert.Equal(" \"\" is invalid: patch: Invalid value: \"map[dat:map[k:v]]\": strict decoding error: unknown field \"dat\"", error.Message);
    }

    [Theory]
    [InlineData("""{"containers":[{"name":"three","image":"k"},{"name":"one","image":"l"}]}""", "three:k one:l two:j")]
    [InlineData("""{"containers":[{"name":"two","$patch":"delete"}]}""", "one:i")]
    [InlineData("""{"containers":[{"name":"z","image":"z"},{"$patch":"replace"}]}""", "z:z")]
    [InlineData("""{"$setElementOrder/containers":[{"name":"zero"},{"name":"two"},{"name":"one"}],"containers":[{"name":"zero","image":"z"}]}""", "zero:z two:j one:i")]
    public void Strategic_patch_merges_containers_by_name(string patch, string expected)
    {
        var target = (JsonObject)JsonNode.Parse("""{"spec":{"template":{"spec":{"containers":[{"name":"one","image":"i"},{"name":"two","image":"j"}]}}}}""")!;
        var whole = new JsonObject();
        whole.Ensure("spec", "template")["spec"] = JsonNode.Parse(patch);
        var patched = StrategicMergePatch.Apply(target, whole, Deployment);
        Assert.Equal(expected, string.Join(' ', patched.Objects("spec", "template", "spec", "containers").Select(c => $"{c.Text("name")}:{c.Text("image")}")));
    }

    [Theory]
    [InlineData("""{"spec":{"template":{"spec":{"containers":[{"image":"x"}]}}}}""", "map: map[image:x] does not contain declared merge key: name")]
    [InlineData("""{"spec":{"template":{"spec":{"containers":[{"name":"one","$patch":"erase"}]}}}}""", "unknown patch type: erase in map: map[$patch:erase name:one]")]
    [InlineData("""{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"one"}],"containers":[{"name":"four","image":"x"}]}}}}""", "The order in patch list:\n[map[image:x name:four]]\n doesn't match $setElementOrder list:\n[map[name:one]]\n")]
    [InlineData("""{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate","rollingUpdate":{"maxSurge":1}}}}""", "invalid patch format of retainKeys")]
    public void Strategic_patch_with_broken_directives_says_so(string patch, string message)
    {
        var target = (JsonObject)JsonNode.Parse("""{"spec":{"strategy":{"type":"RollingUpdate"},"template":{"spec":{"containers":[{"name":"one"}]}}}}""")!;
        Assert.Equal(message, Assert.Throws<PatchException>(() => StrategicMergePatch.Apply(target, (JsonObject)JsonNode.Parse(patch)!, Deployment)).Message);
    }

    private static DecodedObject Patch(ObjectPatchType type, string patch, FieldValidation validation = FieldValidation.Warn) => ObjectPatch.Apply(
        type, Encoding.UTF8.GetBytes(patch), (JsonObject)JsonNode.Parse("""{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"data":{"k":"v"}}""")!,
        ConfigMap, BuiltInSchemas.Find(ConfigMap)!, false, validation);

    private static Gen<JsonObject> Map(Gen<JsonNode?> values) => Gen.Select(Gen.OneOf("a", "b", "c"), values).List[0, 3]
        .Select(members => new JsonObject(members.DistinctBy(m => m.Item1).Select(m => KeyValuePair.Create(m.Item1, m.Item2?.DeepClone()))));
}
