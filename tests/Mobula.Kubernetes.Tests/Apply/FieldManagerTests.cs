using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Mobula.Kubernetes.Apply;
using Mobula.Kubernetes.Decoding;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Tests.Apply;

public class FieldManagerTests
{
    private static readonly GroupVersionKind ConfigMap = new("", "v1", "ConfigMap");
    private static readonly TypeSchema Schema = BuiltInSchemas.Find(ConfigMap)!;
    private readonly FakeTimeProvider _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private FieldManager Fields => new(Schema, ConfigMap, false, _time);

    [Fact]
    public void Apply_to_a_field_of_another_names_the_owner()
    {
        var live = Apply(null, """{"data":{"x":"1","y":"1"}}""", "one");
        var error = Assert.Throws<StatusException>(() => Apply(live, """{"data":{"x":"2"}}""", "two"));
        Assert.Equal("Apply failed with 1 conflict: conflict with \"one\": .data.x", error.Message);
        Assert.Equal("""[{"field":".data.x","message":"conflict with \"one\"","reason":"FieldManagerConflict"}]""", GoText.SortedJson(error.Status.List("details", "causes")));
    }

    [Fact]
    public void Apply_to_fields_of_several_managers_lists_them_sorted()
    {
        var live = Update(Apply(null, """{"data":{"x":"1"},"metadata":{"labels":{"l":"1"}}}""", "one"), o => o.Ensure("data")["u"] = "1", "upd");
        var error = Assert.Throws<StatusException>(() => Apply(live, """{"data":{"x":"2","u":"2"},"metadata":{"labels":{"l":"2"}}}""", "two"));
        Assert.Equal("Apply failed with 3 conflicts: conflicts with \"one\":\n- .data.x\n- .metadata.labels.l\nconflicts with \"upd\" using v1:\n- .data.u", error.Message);
    }

    [Fact]
    public void Apply_with_force_takes_fields_over()
    {
        var live = Apply(null, """{"data":{"x":"1","y":"1"}}""", "one");
        var forced = Apply(live, """{"data":{"x":"2"}}""", "two", force: true);
        Assert.Equal("2", forced.Text("data", "x"));
        Assert.Equal("""one Apply {"f:data":{"f:y":{}}}; two Apply {"f:data":{"f:x":{}}}""", Owners(forced));
    }

    [Fact]
    public void Apply_that_leaves_out_a_field_removes_it_unless_another_owns_it()
    {
        var live = Apply(Apply(null, """{"data":{"x":"1","y":"1"}}""", "one"), """{"data":{"y":"1"}}""", "two");
        var after = Apply(live, """{"data":{}}""", "one");
        Assert.Equal("""{"y":"1"}""", after["data"]!.ToJsonString());
    }

    [Fact]
    public void Apply_owns_the_nulls_and_empty_maps_it_writes_and_an_update_does_not()
    {
        var applied = Apply(null, """{"metadata":{"labels":{},"annotations":null,"finalizers":[]},"data":{},"binaryData":null}""", "a");
        Assert.Equal("""a Apply {"f:binaryData":{},"f:data":{},"f:metadata":{"f:annotations":{},"f:labels":{}}}""", Owners(applied));
        var posted = Fields.Update(null, Typed("""{"metadata":{"labels":{},"annotations":null},"data":{},"immutable":false}"""), "a");
        Assert.Equal("""a Update {"f:immutable":{}}""", Owners(posted));
    }

    [Fact]
    public void Apply_that_changes_nothing_has_no_time_and_stands_first()
    {
        var live = Apply(null, """{"data":{"x":"1"}}""", "one");
        var shared = Apply(live, """{"data":{"x":"1"}}""", "two");
        Assert.Equal(["two", "one"], shared.Objects("metadata", "managedFields").Select(e => e.Text("manager")));
        Assert.Null(shared.Objects("metadata", "managedFields").First().Text("time"));
        Assert.False(FieldManager.DifferInTimesOnly(live, shared));
        Assert.True(FieldManager.DifferInTimesOnly(live, Apply(live, """{"data":{"x":"1"}}""", "one")));
    }

    [Fact]
    public void Update_with_an_empty_list_resets_and_the_next_apply_starts_anew()
    {
        var live = Fields.Update(null, Typed("""{"data":{"x":"1"}}"""), "a");
        var reset = Update(live, o => o.Metadata["managedFields"] = new JsonArray(), "b");
        Assert.Null(reset.At("metadata", "managedFields"));
        Assert.Null(Update(reset, o => o.Ensure("data")["y"] = "1", "c").At("metadata", "managedFields"));
        Assert.Equal("""one Apply {"f:data":{"f:z":{}}}; before-first-apply Update {"f:data":{".":{},"f:x":{}}}""", Owners(Apply(reset, """{"data":{"z":"1"}}""", "one")));
    }

    [Fact]
    public void Update_keeps_ten_managers_and_merges_the_oldest()
    {
        var live = Fields.Update(null, Typed("""{"data":{"m0":"0"}}"""), "m0");
        for (var i = 1; i <= 11; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            live = Update(live, o => o.Ensure("data")[$"m{i}"] = "1", $"m{i}");
        }
        Assert.Equal(["ancient-changes", "m3", "m4", "m5", "m6", "m7", "m8", "m9", "m10", "m11"], live.Objects("metadata", "managedFields").Select(e => e.Text("manager")!));
    }

    [Fact]
    public void Apply_by_kubectl_takes_over_what_its_client_side_apply_set()
    {
        const string annotation = "kubectl.kubernetes.io/last-applied-configuration";
        var live = Fields.Update(null, Typed("""{"data":{"a":"1","b":"1"},"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"apiVersion\":\"v1\",\"data\":{\"a\":\"1\"},\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"}}"}}}"""), "kubectl-client-side-apply");
        var applied = Apply(live, """{"data":{"a":"2"}}""", "kubectl");
        Assert.Equal("2", applied.Text("data", "a"));
        Assert.Equal("""{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap","metadata":{"name":"c"}}""" + "\n", applied.Annotation(annotation));
        Assert.Throws<StatusException>(() => Apply(live, """{"data":{"b":"2"}}""", "kubectl"));
        Assert.Throws<StatusException>(() => Apply(live, """{"data":{"a":"2"}}""", "other"));
    }

    [Theory]
    [InlineData("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"dat":{"k":"v"}}""", 500, "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .dat: field not declared in schema")]
    [InlineData("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","managedFields":[{}]}}""", 400, "metadata.managedFields must be nil")]
    [InlineData("""{"apiVersion":"v2","kind":"ConfigMap","metadata":{"name":"a"}}""", 400, "invalid object type: /v2, Kind=ConfigMap")]
    [InlineData("""{"metadata":{"name":"a"}}""", 400, "invalid object type: /, Kind=")]
    public void Apply_refuses_what_does_not_fit(string body, int code, string message)
    {
        var error = Assert.Throws<StatusException>(() => Fields.Apply(null, (JsonObject)JsonNode.Parse(body)!, "m", false));
        Assert.Equal((code, message), (error.Code, error.Message));
    }

    [Fact]
    public void Apply_of_two_items_with_one_key_names_the_key()
    {
        var kind = new GroupVersionKind("", "v1", "Pod");
        var fields = new FieldManager(BuiltInSchemas.Find(kind)!, kind, false, _time);
        var error = Assert.Throws<StatusException>(() => fields.Apply(null, (JsonObject)JsonNode.Parse(
            """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"q"},"spec":{"containers":[{"name":"a","image":"i"},{"name":"a","image":"j"}]}}""")!, "m", false));
        Assert.Equal("failed to create typed patch object (/q; /v1, Kind=Pod): .spec.containers: duplicate entries for key [name=\"a\"]", error.Message);
    }

    private JsonObject Apply(JsonObject? live, string body, string manager, bool force = false)
    {
        var obj = (JsonObject)JsonNode.Parse(body)!;
        obj["apiVersion"] = "v1";
        obj["kind"] = "ConfigMap";
        obj.Metadata["name"] = "c";
        return Fields.Apply(live, obj, manager, force, merged => TypedForm.Apply(Schema, merged));
    }

    private JsonObject Update(JsonObject live, Action<JsonObject> change, string manager)
    {
        var updated = live.Clone();
        change(updated);
        return Fields.Update(live, updated, manager);
    }

    private static JsonObject Typed(string body)
    {
        var obj = (JsonObject)JsonNode.Parse(body)!;
        obj["apiVersion"] = "v1";
        obj["kind"] = "ConfigMap";
        obj.Metadata["name"] = "c";
        return TypedForm.Apply(Schema, obj);
    }

    private static string Owners(JsonObject obj) => string.Join("; ", obj.Objects("metadata", "managedFields")
        .Select(e => $"{e.Text("manager")} {e.Text("operation")} {GoText.SortedJson(e["fieldsV1"])}"));
}
