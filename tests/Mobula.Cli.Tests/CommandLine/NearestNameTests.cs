using Mobula.Cli.CommandLine;

namespace Mobula.Cli.Tests.CommandLine;

public sealed class NearestNameTests
{
    private static readonly string[] Names = ["create", "delete", "get", "--name", "--kubeconfig"];

    [Theory]
    [InlineData("craete", "create")]
    [InlineData("delet", "delete")]
    [InlineData("--nme", "--name")]
    [InlineData("--kubconfg", "--kubeconfig")]
    [InlineData("xyzzy", null)]
    [InlineData("q", null)]
    public void Misspelt_name_finds_its_neighbour(string name, string? expected) => Assert.Equal(expected, NearestName.Of(name, Names));
}
