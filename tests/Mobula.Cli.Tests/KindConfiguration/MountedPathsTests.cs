using Mobula.Cli.KindConfiguration;

namespace Mobula.Cli.Tests.KindConfiguration;

public sealed class MountedPathsTests
{
    private static readonly PathMount[] Volumes = [new("/etc/kubernetes/policies", "/etc/policies", true)];

    [Theory]
    [InlineData("/etc/policies/a.yaml", "./a.yaml", "/etc/kubernetes/policies/a.yaml", "/work/a.yaml")]
    [InlineData("/etc/policies/a.yaml", "policies/", "/etc/kubernetes/policies/", "/work/policies/a.yaml")]
    [InlineData("/etc/policies/sub/a.yaml", "/srv", "/etc/kubernetes", "/srv/policies/sub/a.yaml")]
    [InlineData("/var/log/audit.log", "/tmp/log", "/var/log", "/tmp/log/audit.log")]
    public void Path_goes_through_volumes_and_mounts(string path, string hostPath, string containerPath, string expected) =>
        Assert.Equal(expected, MountedPaths.OnHost(path, Volumes, [new(hostPath, containerPath, false)], "/work"));

    [Fact]
    public void Path_under_no_mount_stays_in_the_node() =>
        Assert.Null(MountedPaths.OnHost("/etc/policies/a.yaml", Volumes, [new("/x", "/etc/kube", false)], "/work"));

    [Fact]
    public void Longest_mount_decides() =>
        Assert.Equal("/b/x", MountedPaths.OnHost("/m/n/x", [], [new("/a", "/m", false), new("/b", "/m/n", false)], "/"));
}
