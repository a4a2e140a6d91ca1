using System.Text.Json.Nodes;
using CsCheck;
using Mobula.ApiServer.CustomResources;

namespace Mobula.ApiServer.Tests.CustomResources;

public sealed class JsonNodeComparerTests
{
    private static readonly string[] Written = ["1", "1.0", "1e0", "-0", "0", "true", "false", "null", "\"\"", "\"a\"", "\"\\u0061\"", "[]", "{}"];

    private static readonly Gen<string> Scalars = Gen.Int[0, Written.Length - 1].Select(i => Written[i]);

    private static readonly Gen<string> Values = Gen.Recursive<string>((depth, inner) => depth > 2 ? Scalars : Gen.OneOf(
        Scalars,
        inner.Array[0, 3].Select(items => $"[{string.Join(",", items)}]"),
        Gen.Select(inner, inner, Gen.Bool, (a, b, swap) => swap ? $$"""{"x":{{a}},"y":{{b}} }""" : $$"""{"y":{{b}},"x":{{a}} }""")));

    [Theory]
    [InlineData("1", "1.0")]
    [InlineData("""{"x":1,"y":[null]}""", """{"y":[null],"x":1e0}""")]
    [InlineData("\"a\"", "\"\\u0061\"")]
    public void Equal_values_written_differently_are_found(string one, string other) =>
        Assert.Single(new[] { one, other }.Select(t => JsonNode.Parse(t)).ToHashSet(JsonNodeComparer.Instance));

    [Fact]
    public void Set_finds_the_same_duplicates_as_comparing_each_with_each() => Values.Array[0, 12].Sample(texts =>
    {
        var nodes = texts.Select(t => JsonNode.Parse(t)).ToList();
        var seen = new HashSet<JsonNode?>(JsonNodeComparer.Instance);

        Assert.All(nodes.Index(), n => Assert.Equal(nodes.Take(n.Index).Any(o => JsonNode.DeepEquals(o, n.Item)), !seen.Add(n.Item)));
    });
}
