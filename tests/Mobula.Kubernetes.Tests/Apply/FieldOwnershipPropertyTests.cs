using System.Text.Json.Nodes;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Mobula.Kubernetes.Apply;
using Mobula.Kubernetes.Decoding;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Tests.Apply;

public class FieldOwnershipPropertyTests
{
    private static readonly GroupVersionKind Service = new("", "v1", "Service");
    private static readonly TypeSchema Schema = BuiltInSchemas.Find(Service)!;
    private static readonly FieldManager Fields = new(Schema, Service, false, new FakeTimeProvider());

    private static readonly Gen<string> Port = Gen.Select(Gen.Int[80, 82], Gen.OneOf("TCP", "UDP"), Gen.OneOf("a", "b"), (port, protocol, name) =>
        $$"""{"port":{{port}},"protocol":"{{protocol}}","name":"{{name}}"}""");

    private static readonly Gen<JsonObject> Applied = Gen.Select(Port.List[0, 3], Gen.OneOf("x", "y").List[0, 2], Gen.Bool, (ports, labels, typed) =>
    {
        var obj = (JsonObject)JsonNode.Parse("""{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"}}""")!;
        foreach (var label in labels) obj.Ensure("metadata", "labels")[label] = "1";
        obj.Ensure("spec")["ports"] = new JsonArray([.. ports.Select(p => JsonNode.Parse(p)!).DistinctBy(p => (p["port"]!.ToJsonString(), p["protocol"]!.ToJsonString()))]);
        if (typed) obj.Ensure("spec")["type"] = "ClusterIP";
        return obj;
    });

    [Fact]
    public void Apply_twice_is_apply_once() => Gen.Select(Applied, Applied).Sample((first, second) =>
    {
        var live = Apply(null, first, "a");
        var once = Apply(live, second, "b");
        Assert.True(FieldManager.DifferInTimesOnly(once, Apply(once, second, "b")));
    });

    [Fact]
    public void Apply_of_nothing_gives_back_what_was_there_before() => Gen.Select(Applied, Applied).Sample((first, second) =>
    {
        var live = Apply(null, first, "a");
        var both = Apply(live, second, "b");
        var nothing = (JsonObject)JsonNode.Parse("""{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"}}""")!;
        var after = Apply(both, nothing, "b");
        // What both set alike stays the first one's; what was forced away from it goes with the second.
        Assert.DoesNotContain(after.Objects("metadata", "managedFields"), e => e.Text("manager") == "b");
        foreach (var port in after.Objects("spec", "ports"))
        {
            Assert.Contains(first.Objects("spec", "ports"), p => p["port"]!.ToJsonString() == port["port"]!.ToJsonString() && p.Text("protocol") == port.Text("protocol"));
        }
    });

    [Fact]
    public void Sets_of_fields_read_back_from_their_JSON() => Applied.Sample(obj =>
    {
        var json = TypedValues.FieldsOf(new(Schema), obj).ToJson();
        Assert.True(JsonNode.DeepEquals(json, FieldSet.FromJson(json).ToJson()));
    });

    private static JsonObject Apply(JsonObject? live, JsonObject applied, string manager) =>
        Fields.Apply(live, applied.Clone(), manager, force: true, merged => TypedForm.Apply(Schema, merged));
}
