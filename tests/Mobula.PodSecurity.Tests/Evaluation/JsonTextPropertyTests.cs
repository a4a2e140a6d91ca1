using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Evaluation;

namespace Mobula.PodSecurity.Tests.Evaluation;

/// <summary>The reader by position against the reader of .NET: both must take and refuse the same texts.</summary>
public sealed class JsonTextPropertyTests
{
    private static readonly byte[][] Pods = [.. VerdictTable.ReadVendored("podsecurity-random-a.jsonl.gz").Take(200).Select(r => r.Object("pod")!.ToUtf8())];

    private static readonly byte[][] Insertions =
    [
        .. new[]
        {
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u00", "\\n", "\\x", " ", "\n", "\t", "\r", "\u0001", "0", "-", "1e", ".", "null", "nul", "true",
            "\u00e4", "\ud83d\ude00", "//", "{}", "[]", "\"a\":1,", ",\"b\":[1,-0.5e+3,{}]", "                 ",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    [Fact]
    public void Damaged_pods_are_taken_or_refused_as_by_the_reader_of_NET()
    {
        var damages = Gen.Select(Gen.Int[0, 2], Gen.Int[0, int.MaxValue], Gen.Int[0, 30], Gen.Int[0, Insertions.Length - 1]).Array[0, 3];
        Gen.Select(Gen.Int[0, Pods.Length - 1], damages).Sample((pod, changes) =>
        {
            var text = Pods[pod].ToList();
            foreach (var (kind, place, length, insertion) in changes)
            {
                if (text.Count == 0) break;
                var at = place % text.Count;
                if (kind == 0) text.RemoveRange(at, Math.Min(length, text.Count - at));
                else if (kind == 1) text.InsertRange(at, Insertions[insertion]);
                else text.RemoveRange(at, text.Count - at);
            }
            var bytes = text.ToArray();
            Assert.True(IsJson(bytes) == Skips(bytes), Encoding.UTF8.GetString(bytes));
            // What is JSON may still be no pod, but what is none must never be taken for one.
            if (!IsJson(bytes)) Assert.ThrowsAny<JsonException>(() => PodSecurityEvaluator.Default.Evaluate(bytes, default(LevelVersion) with { Level = PodSecurityLevel.Restricted }).Details);
        }, iter: 20_000, threads: 2);
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("-0", true)]
    [InlineData("01", false)]
    [InlineData("-", false)]
    [InlineData("1.", false)]
    [InlineData(".5", false)]
    [InlineData("1e5", true)]
    [InlineData("1E+05", true)]
    [InlineData("1e", false)]
    [InlineData("+1", false)]
    [InlineData("truefalse", false)]
    [InlineData("\"\\u12aF\"", true)]
    [InlineData("\"\\u12aG\"", false)]
    [InlineData("\"\\/\\b\\f\"", true)]
    [InlineData("\"0123456789abcdef\"", true)]
    [InlineData("\"0123456789abcdef\\\"\"", true)]
    [InlineData("\"0123456789abcdef\u001f\"", false)]
    [InlineData("\"\u007f\"", true)]
    [InlineData("[1,]", false)]
    [InlineData("[,1]", false)]
    [InlineData("{\"a\":1,}", false)]
    [InlineData("{\"a\"}", false)]
    [InlineData("{\"a\" : 1 , \"b\" : [ ] }", true)]
    [InlineData("{a:1}", false)]
    [InlineData("[}", false)]
    [InlineData("{]", false)]
    [InlineData("1 2", false)]
    [InlineData(" \t\r\n1 \n", true)]
    [InlineData("\ufeff1", false)]
    public void Text_is_JSON_or_not(string text, bool expected)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Assert.Equal((expected, expected), (IsJson(bytes), Skips(bytes)));
    }

    [Fact]
    public void Nesting_is_limited_so_that_no_text_exhausts_the_stack()
    {
        Assert.True(Skips(Encoding.UTF8.GetBytes(new string('[', JsonText.MaxDepth) + new string(']', JsonText.MaxDepth))));
        Assert.False(Skips(Encoding.UTF8.GetBytes(new string('[', JsonText.MaxDepth + 1) + new string(']', JsonText.MaxDepth + 1))));
        var nested = string.Concat(Enumerable.Repeat("{\"a\":[", 100)) + string.Concat(Enumerable.Repeat("]}", 100));
        Assert.True(Skips(Encoding.UTF8.GetBytes(nested)));
        Assert.False(Skips(Encoding.UTF8.GetBytes(nested[..^1] + "]")));
    }

    [Fact]
    public void Pretty_printed_pods_are_judged_like_minified_ones()
    {
        LevelVersion restricted = new(PodSecurityLevel.Restricted, PodSecurityVersion.Latest);
        foreach (var pod in Pods)
        {
            var pretty = PrettyPrint(pod);
            Assert.Equal(PodSecurityEvaluator.Default.Evaluate(pod, restricted).Details, PodSecurityEvaluator.Default.Evaluate(pretty, restricted).Details);
        }
    }

    private static byte[] PrettyPrint(byte[] json)
    {
        using var output = new MemoryStream();
        using (var writer = new Utf8JsonWriter(output, new() { Indented = true })) JsonNode.Parse(json)!.WriteTo(writer);
        return output.ToArray();
    }

    private static bool IsJson(byte[] text)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxDepth });
        try
        {
            if (!reader.Read()) return false;
            while (reader.Read()) continue;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool Skips(byte[] text)
    {
        var json = new JsonText(text);
        try
        {
            return json.Token(json.Skip(json.Token(0))) == text.Length;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
