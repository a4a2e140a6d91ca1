using Mobula.Cli.Tutorials;

namespace Mobula.Cli.Tests.Tutorials;

public sealed class ShellWordsTests
{
    [Theory]
    [InlineData("a b  c", "a|b|c")]
    [InlineData("sh -c 'a \"b\" c'", "sh|-c|a \"b\" c")]
    [InlineData("a\\ b \"\"", "a b|")]
    [InlineData("x='1 2'y", "x=1 2y")]
    public void Words_are_a_shells(string line, string expected) => Assert.Equal(expected.Split('|'), ShellWords.Split(line));

    [Fact]
    public void Open_quote_is_refused() => Assert.Throws<FormatException>(() => ShellWords.Split("a 'b"));
}
