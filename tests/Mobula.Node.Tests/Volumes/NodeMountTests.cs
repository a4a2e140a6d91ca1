namespace Mobula.Node.Tests.Volumes;

public sealed class NodeMountTests
{
    private static readonly NodeMount[] Mounts = [new("/home/me/data", "/data"), new("/srv/deep/", "/data/deep/"), new("/", "/host")];

    [Theory]
    [InlineData("/data", "/home/me/data")]
    [InlineData("/data/a/b", "/home/me/data/a/b")]
    [InlineData("/data/deep", "/srv/deep")]
    [InlineData("/data/deep/a", "/srv/deep/a")]
    [InlineData("/database", "/database")]
    [InlineData("/host", "/")]
    [InlineData("/host/etc", "/etc")]
    [InlineData("/var/log", "/var/log")]
    public void OnHost_follows_the_longest_mount(string path, string found) => Assert.Equal(found, NodeMount.OnHost(path, Mounts));
}
