using System.Text.Json.Nodes;
using CsCheck;
using Mobula.Kubernetes.Yaml;

namespace Mobula.Kubernetes.Tests.Yaml;

public class YamlWriterTests
{
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.OneOf("yes", "y", "null", "~", "1", "1.5", "0x1f", "010", "a: b", "- a", "#x", "a #b", "", " a", "a ", "a:", "'", "\"", "{}", "[a]", "&a", "*a", "!t", "%x", "@", "`", "---", "a\nb", "a\nb\n", "a\n\n b\n\n", "\n", "\t", "a\tb", "\u0007", "é", "☃", "<<", "=", "2026-01-01", "1e3", ".5", "-", "-1", "on"),
        Gen.String[Gen.Char[' ', '~'], 0, 8]);

    private static readonly Gen<JsonNode?> Node = Gen.Recursive<JsonNode?>((depth, self) =>
    {
        var scalar = Gen.OneOf(Text.Select(t => (JsonNode?)t), Gen.Int.Select(i => (JsonNode?)i), Gen.Int[0, 2].Select(b => b == 2 ? null : (JsonNode?)(b == 1)));
        if (depth > 3) return scalar;
        var list = self.List[0, 3].Select(items => (JsonNode?)new JsonArray([.. items.Select(i => i?.DeepClone())]));
        var map = Gen.Select(Text, self).List[0, 3].Select(members =>
            (JsonNode?)new JsonObject(members.DistinctBy(m => m.Item1).Select(m => KeyValuePair.Create(m.Item1, m.Item2?.DeepClone()))));
        return Gen.OneOf(scalar, list, map);
    });

    [Fact]
    public void Write_reads_back_the_same() => Node.Sample(node =>
    {
        var text = YamlWriter.Write(node);
        var source = YamlSource.Read(text);
        Assert.Null(source.Error);
        Assert.True(JsonNode.DeepEquals(node, YamlJson.Convert(Assert.Single(source.Documents))), text);
    });

    [Fact]
    public void Write_prints_plain_blocks() => Assert.Equal(
        "a: 1\nlist:\n- x: \"yes\"\n  z: b\n- []\ntext: |\n  one\n  two\nempty: {}\n",
        YamlWriter.Write(JsonNode.Parse("""{"a":1,"list":[{"x":"yes","z":"b"},[]],"text":"one\ntwo\n","empty":{}}""")));

    [Fact]
    public void WriteAsGo_reads_back_the_same() => Gen.Select(Node, Gen.OneOf("it's ", "a: ", "word ", "  ", "é# ").List[0, 60]).Sample((node, words) =>
    {
        var whole = new JsonObject { ["node"] = node?.DeepClone(), ["long"] = string.Concat(words), ["list"] = new JsonArray(string.Concat(words).Trim()) };
        var source = YamlSource.Read(YamlWriter.WriteAsGo(whole));
        Assert.Null(source.Error);
        Assert.True(JsonNode.DeepEquals(whole, YamlJson.Convert(Assert.Single(source.Documents))), YamlWriter.WriteAsGo(whole));
    });

    [Fact]
    public void WriteAsGo_breaks_long_lines_after_column_80_and_quotes_once()
    {
        const string types = "only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";
        var node = new JsonObject
        {
            ["message"] = types,
            ["list"] = new JsonArray(new JsonObject { ["description"] = "Data contains the configuration data. Each key must consist of alphanumeric characters", ["format"] = "" }),
        };

        Assert.Equal(
            "message: 'only the following media types are accepted: application/json;stream=watch,\n  application/vnd.kubernetes.protobuf;stream=watch'\n"
            + "list:\n- description: Data contains the configuration data. Each key must consist of alphanumeric\n    characters\n  format: \"\"\n",
            YamlWriter.WriteAsGo(node));
    }
}
