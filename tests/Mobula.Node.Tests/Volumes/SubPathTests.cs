using Mobula.Node.Volumes;

namespace Mobula.Node.Tests.Volumes;

public sealed class SubPathTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("mobula-subpath-").FullName;

    [Fact]
    public void Path_that_is_not_there_yet_stays_as_it_is() => Assert.Equal("a/b", SubPath.Resolve(_root, "a/./b"));

    [Fact]
    public void Link_inside_the_volume_is_followed()
    {
        Directory.CreateDirectory(Path.Combine(_root, "real"));
        File.CreateSymbolicLink(Path.Combine(_root, "link"), "real");

        Assert.Equal("real/x", SubPath.Resolve(_root, "link/x"));
    }

    [Theory]
    [InlineData("/etc")]
    [InlineData("..")]
    [InlineData("../../etc")]
    public void Link_that_leads_out_is_refused(string target)
    {
        File.CreateSymbolicLink(Path.Combine(_root, "link"), target);

        Assert.Null(SubPath.Resolve(_root, "link/passwd"));
    }

    [Fact]
    public void Absolute_link_into_the_volume_is_followed()
    {
        File.CreateSymbolicLink(Path.Combine(_root, "link"), Path.Combine(_root, "real"));

        Assert.Equal("real/x", SubPath.Resolve(_root, "link/x"));
    }

    [Fact]
    public void Links_in_a_circle_are_an_error()
    {
        File.CreateSymbolicLink(Path.Combine(_root, "a"), "b");
        File.CreateSymbolicLink(Path.Combine(_root, "b"), "a");

        Assert.Throws<IOException>(() => SubPath.Resolve(_root, "a"));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
