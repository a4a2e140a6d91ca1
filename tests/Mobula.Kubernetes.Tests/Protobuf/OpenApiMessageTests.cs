using System.Text.Json.Nodes;
using Mobula.Kubernetes.Protobuf;
using Mobula.Kubernetes.Protobuf.OpenApi;

namespace Mobula.Kubernetes.Tests.Protobuf;

public class OpenApiMessageTests
{
    /// <summary>The texts found by following field numbers through nested messages; every repeated message is followed.</summary>
    private static List<string> At(ReadOnlySpan<byte> message, params ReadOnlySpan<int> path)
    {
        var found = new List<string>();
        var reader = new WireReader(message);
        while (reader.Next())
        {
            if (reader.Field != path[0]) continue;
            if (path.Length > 1) found.AddRange(At(reader.Content, path[1..]));
            else found.Add(reader.Text());
        }
        return found;
    }

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;

    [Fact]
    public void V2_definitions_are_names_with_schemas()
    {
        var bytes = OpenApiV2Message.Encode(Parse("""
            {"swagger":"2.0","info":{"title":"Kubernetes","version":"v1.37.2"},"definitions":{"a.Pod":{"type":"object","required":["spec"],
             "properties":{"spec":{"$ref":"#/definitions/a.Spec"},"ports":{"type":"array","items":{"type":"integer","format":"int32"}}},
             "x-kubernetes-group-version-kind":[{"group":"","version":"v1","kind":"Pod"}]},
             "a.Map":{"type":"object","additionalProperties":{"type":"string"}},"a.Odd":{"properties":{"x-kubernetes-list-type":{"format":"odd"},"$ref":{"format":"reference"}}}}}
            """));

        Assert.Equal(["2.0"], At(bytes, 1));
        Assert.Equal(["Kubernetes"], At(bytes, 2, 1));
        Assert.Equal(["a.Pod", "a.Map", "a.Odd"], At(bytes, 9, 1, 1));
        Assert.Equal(["object", "object"], At(bytes, 9, 1, 2, 22, 1));
        Assert.Equal(["spec"], At(bytes, 9, 1, 2, 19));
        Assert.Equal(["spec", "ports", "x-kubernetes-list-type", "$ref"], At(bytes, 9, 1, 2, 25, 1, 1));
        Assert.Equal(["#/definitions/a.Spec"], At(bytes, 9, 1, 2, 25, 1, 2, 1));
        Assert.Equal(["int32"], At(bytes, 9, 1, 2, 25, 1, 2, 23, 1, 2));
        Assert.Equal(["string"], At(bytes, 9, 1, 2, 21, 1, 22, 1));
        Assert.Equal(["x-kubernetes-group-version-kind"], At(bytes, 9, 1, 2, 31, 1));
        Assert.Equal(["[{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"}]\n"], At(bytes, 9, 1, 2, 31, 2, 2));
    }

    [Fact]
    public void V2_operations_hold_their_parameters_in_the_choice_for_their_place()
    {
        var bytes = OpenApiV2Message.Encode(Parse("""
            {"swagger":"2.0","paths":{"/api/v1/pods/{name}":{"patch":{"parameters":[{"name":"body","in":"body","required":true,"schema":{"$ref":"#/definitions/P"}},
             {"name":"dryRun","in":"query","type":"string","uniqueItems":true}],"responses":{"200":{"description":"OK"}},
             "x-kubernetes-group-version-kind":{"group":"","version":"v1","kind":"Pod"}}}}}
            """));

        Assert.Equal(["/api/v1/pods/{name}"], At(bytes, 8, 2, 1));
        Assert.Equal(["body"], At(bytes, 8, 2, 2, 8, 8, 1, 1, 2));
        Assert.Equal(["#/definitions/P"], At(bytes, 8, 2, 2, 8, 8, 1, 1, 5, 1));
        Assert.Equal(["dryRun"], At(bytes, 8, 2, 2, 8, 8, 1, 2, 3, 4));
        Assert.Equal(["OK"], At(bytes, 8, 2, 2, 8, 9, 1, 2, 1, 1));
        Assert.Equal(["{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"}\n"], At(bytes, 8, 2, 2, 8, 13, 2, 2));
    }

    [Fact]
    public void V3_schemas_are_schemas_or_references()
    {
        var bytes = OpenApiV3Message.Encode(Parse("""
            {"openapi":"3.0.0","info":{"title":"Kubernetes","version":"1.37"},"components":{"schemas":{"a.Pod":{"type":"object","description":"A pod.",
             "properties":{"spec":{"allOf":[{"$ref":"#/components/schemas/a.Spec"}],"default":{}},"port":{"oneOf":[{"type":"integer"},{"type":"string"}]},
             "name":{"type":"string","default":"x"}}}}}}
            """));

        Assert.Equal(["3.0.0"], At(bytes, 1));
        Assert.Equal(["1.37"], At(bytes, 2, 6));
        Assert.Equal(["a.Pod"], At(bytes, 5, 1, 1, 1));
        Assert.Equal(["object"], At(bytes, 5, 1, 1, 2, 1, 25));
        Assert.Equal(["A pod."], At(bytes, 5, 1, 1, 2, 1, 34));
        Assert.Equal(["#/components/schemas/a.Spec"], At(bytes, 5, 1, 1, 2, 1, 31, 1, 2, 1, 26, 2, 1));
        Assert.Equal(["integer", "string"], At(bytes, 5, 1, 1, 2, 1, 31, 1, 2, 1, 27, 1, 25));
        Assert.Equal(["x"], At(bytes, 5, 1, 1, 2, 1, 31, 1, 2, 1, 33, 3));
    }

    [Fact]
    public void Fields_of_another_type_than_the_message_has_are_left_out()
    {
        var bytes = OpenApiV2Message.Encode(Parse("""{"swagger":2,"info":"x","definitions":{"a":{"type":"array","items":true,"maximum":"9","required":["a",1]}}}"""));

        Assert.Empty(At(bytes, 1));
        Assert.Empty(At(bytes, 2));
        Assert.Equal(["array"], At(bytes, 9, 1, 2, 22, 1));
        Assert.Empty(At(bytes, 9, 1, 2, 23));
        Assert.Empty(At(bytes, 9, 1, 2, 7));
        Assert.Equal(["a"], At(bytes, 9, 1, 2, 19));
    }
}
