using System.Text.Json.Nodes;
using CsCheck;
using Mobula.Kubernetes.Selectors;

namespace Mobula.Kubernetes.Tests.Selectors;

public class LabelSelectorTests
{
    [Theory]
    [InlineData("n>x", "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer")]
    [InlineData("a===b", "unable to parse requirement: found '=', expected: identifier")]
    [InlineData("a in (b", "unable to parse requirement: found '', expected: ',' or ')'")]
    [InlineData("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt")]
    [InlineData("-a=b", "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')")]
    [InlineData("a=b/c", "unable to parse requirement: values[0][a]: Invalid value: \"b/c\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')")]
    [InlineData(",", "found ',', expected: !, identifier, or 'end of string'")]
    [InlineData("a,", "found '', expected: identifier after ','")]
    public void Parse_a_broken_selector_says_what_was_found(string text, string message)
    {
        var error = Assert.Throws<StatusException>(() => LabelSelector.Parse(text));
        Assert.Equal((400, message), (error.Code, error.Message));
    }

    [Theory]
    [InlineData("t=l,env=prod", "a")]
    [InlineData("env==dev", "b")]
    [InlineData("t=l,env!=prod", "bc")]
    [InlineData("env in (prod, dev)", "ab")]
    [InlineData("t,env notin (prod)", "bc")]
    [InlineData("t,!env", "c")]
    [InlineData("empty=", "c")]
    [InlineData("n>7", "b")]
    [InlineData("n<7", "a")]
    [InlineData("t=l,env in ()", "")]
    [InlineData("env=prod,env=dev", "")]
    [InlineData("", "abc")]
    public void Matches_as_recorded(string text, string names)
    {
        var labels = new Dictionary<string, string>
        {
            ["a"] = """{"t":"l","env":"prod","n":"5"}""",
            ["b"] = """{"t":"l","env":"dev","n":"50"}""",
            ["c"] = """{"t":"l","empty":""}""",
        };
        var selector = LabelSelector.Parse(text);
        Assert.Equal(names, string.Concat(labels.Where(l => selector.MatchesLabels((JsonObject)JsonNode.Parse(l.Value)!)).Select(l => l.Key)));
    }

    [Fact]
    public void Parse_reads_what_ToString_prints()
    {
        var word = Gen.OneOf("a", "b.c", "x_y", "in", "notin", "1");
        var requirement = Gen.Select(word, Gen.Enum<LabelOperator>(), word.List[1, 3], Gen.Int[0, 99], (key, op, values, number) => op switch
        {
            LabelOperator.Exists or LabelOperator.DoesNotExist => new LabelRequirement(key, op, []),
            LabelOperator.In or LabelOperator.NotIn => new(key, op, [.. values.Distinct()]),
            LabelOperator.GreaterThan or LabelOperator.LessThan => new(key, op, [$"{number}"]),
            _ => new(key, op, [values[0]]),
        });
        requirement.List[1, 4].Sample(requirements =>
        {
            var printed = new LabelSelector(requirements).ToString();
            Assert.Equal(printed, LabelSelector.Parse(printed).ToString());
        });
    }

    [Fact]
    public void From_an_absent_selector_matches_nothing_and_an_empty_one_everything()
    {
        Assert.False(LabelSelector.From(null).Matches(_ => "x"));
        Assert.True(LabelSelector.From([]).Matches(_ => null));
    }

    [Fact]
    public void From_reads_labels_and_expressions()
    {
        var selector = LabelSelector.From((JsonObject)JsonNode.Parse(
            """{"matchLabels":{"a":"1"},"matchExpressions":[{"key":"b","operator":"In","values":["x","y"]},{"key":"c","operator":"DoesNotExist"}]}""")!);
        Assert.Equal("a=1,b in (x,y),!c", selector.ToString());
        Assert.Throws<FormatException>(() => LabelSelector.From((JsonObject)JsonNode.Parse("""{"matchExpressions":[{"key":"b","operator":"Nope"}]}""")!));
    }
}
