using System.Text.Json.Nodes;
using Mobula.RayRuntime.Commands;
using Mobula.RayRuntime.Head;

namespace Mobula.RayRuntime.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData(new[] { "sleep", "300" }, "sleep 300")]
    [InlineData(new[] { "sh", "-c", "echo $A" }, "sh -c 'echo $A'")]
    [InlineData(new[] { "python", "-c", "print('x')" }, "python -c 'print('\"'\"'x'\"'\"')'")]
    [InlineData(new[] { "" }, "''")]
    public void Join_quotes_as_a_shell_reads_it(string[] words, string expected) => Assert.Equal(expected, JobCommand.Join(words));

    [Fact]
    public void Parse_takes_values_in_both_forms_and_stops_at_the_entrypoint()
    {
        var a = Arguments.Parse(["--address=x", "--submission-id", "y", "--no-wait", "python", "--version"], ["--address", "--submission-id"], ["--no-wait"], stopAtPositional: true);
        Assert.Equal("x", a.Value("--address"));
        Assert.Equal("y", a.Value("--submission-id"));
        Assert.True(a.Has("--no-wait"));
        Assert.Equal(["python", "--version"], a.Positional);
    }

    [Fact]
    public void Parse_unknown_option_is_refused_in_clicks_words()
    {
        var e = Assert.Throws<UsageException>(() => Arguments.Parse(["--nope"], [], []));
        Assert.Equal("No such option '--nope'.", e.Message);
    }

    [Fact]
    public void PythonJson_writes_as_json_dumps()
    {
        var node = JsonNode.Parse("""{"a":[1,2.5,null,true],"b":"é\n\""}""");
        Assert.Equal("{\"a\": [1, 2.5, null, true], \"b\": \"\\u00e9\\n\\\"\"}", PythonJson.Write(node));
    }
}
