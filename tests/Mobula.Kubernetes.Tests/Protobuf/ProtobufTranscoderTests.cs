using System.Text.Json.Nodes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Protobuf;

namespace Mobula.Kubernetes.Tests.Protobuf;

public class ProtobufTranscoderTests(ITestOutputHelper output)
{
    private static IEnumerable<(JsonObject Json, byte[] Protobuf, string Path)> Samples => TestData.Rows("protobuf-samples.jsonl.gz")
        .Where(r => r["json"] is JsonObject)
        .Select(r => (r.Object("json")!, Convert.FromBase64String(r.Text("protobuf")!), $"{r.Text("what")} {r.Text("path")}"));

    [Fact]
    public void Decode_real_answers_gives_their_JSON()
    {
        var wrong = Samples.Where(s => Printed(WithoutNestedTypes(ProtobufTranscoder.Decode(s.Protobuf))) != Printed(WithoutNestedTypes(s.Json)))
            .Select(s => s.Path + "\n" + Difference(Printed(WithoutNestedTypes(s.Json)), Printed(WithoutNestedTypes(ProtobufTranscoder.Decode(s.Protobuf))))).ToList();
        foreach (var text in wrong.Take(12)) output.WriteLine(text);
        Assert.Empty(wrong);
    }

    [Fact]
    public void Encode_the_JSON_of_real_answers_gives_their_bytes()
    {
        var wrong = Samples.Where(s => !ProtobufTranscoder.Encode(s.Json).AsSpan().SequenceEqual(s.Protobuf))
            .Select(s => s.Path + "\n" + Difference(Convert.ToHexString(s.Protobuf), Convert.ToHexString(ProtobufTranscoder.Encode(s.Json)))).ToList();
        foreach (var text in wrong.Take(12)) output.WriteLine(text);
        Assert.Empty(wrong);
    }

    [Fact]
    public void Watch_events_read_back()
    {
        foreach (var (json, _, _) in Samples.Where(s => !s.Path.StartsWith("list", StringComparison.Ordinal)))
        {
            var frame = ProtobufTranscoder.EncodeWatchEvent("MODIFIED", json);
            Assert.Equal(frame.Length - 4, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(frame));
            var (type, obj) = ProtobufTranscoder.DecodeWatchEvent(frame.AsSpan(4));
            Assert.Equal("MODIFIED", type);
            Assert.Equal(Printed(WithoutNestedTypes(json)), Printed(WithoutNestedTypes(obj)));
        }
    }

    [Fact]
    public void Status_reads_back()
    {
        var status = StatusException.Invalid(new("", "v1", "Pod"), "p", [FieldError.Required(FieldPath.Of("spec"))]).Status;
        Assert.Equal(Printed(status), Printed(ProtobufTranscoder.Decode(ProtobufTranscoder.Encode(status))));
    }

    [Fact]
    public void Decode_broken_bytes_says_so()
    {
        Assert.Throws<FormatException>(() => ProtobufTranscoder.Decode("{}"u8));
        Assert.Throws<FormatException>(() => ProtobufTranscoder.Decode([.. "k8s\0"u8, 0x0a, 0x7f]));
    }

    [Fact]
    public void Knows_built_in_kinds_only()
    {
        Assert.True(ProtobufTranscoder.Knows(new("apps", "v1", "DeploymentList")));
        Assert.True(ProtobufTranscoder.Knows(new("meta.k8s.io", "v1", "PartialObjectMetadataList")));
        Assert.False(ProtobufTranscoder.Knows(new("ray.io", "v1", "RayCluster")));
    }

    /// <summary>Claim templates have their type in JSON only; a server adds it when it reads.</summary>
    private static JsonObject WithoutNestedTypes(JsonObject obj)
    {
        var copy = obj.Clone();
        foreach (var template in copy.Objects("spec", "volumeClaimTemplates").Concat(copy.Objects("items").SelectMany(i => i.Objects("spec", "volumeClaimTemplates"))))
        {
            template.Remove("apiVersion");
            template.Remove("kind");
        }
        return copy;
    }

    /// <summary>An empty list of items is null in lists of metadata; nobody tells them apart.</summary>
    private static string Printed(JsonObject obj)
    {
        if (obj.ContainsKey("items")) obj["items"] ??= new JsonArray();
        return GoText.SortedJson(obj);
    }

    private static string Difference(string wanted, string actual)
    {
        var at = wanted.Zip(actual).TakeWhile(p => p.First == p.Second).Count();
        var from = Math.Max(0, at - 60);
        return $"  wanted {wanted[from..Math.Min(wanted.Length, at + 80)]}\n  actual {actual[from..Math.Min(actual.Length, at + 80)]}";
    }
}
