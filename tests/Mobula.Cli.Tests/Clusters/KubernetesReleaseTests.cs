using Mobula.Cli.Clusters;

namespace Mobula.Cli.Tests.Clusters;

public sealed class KubernetesReleaseTests
{
    [Theory]
    [InlineData("v1.24.0", "v1.24.0")]
    [InlineData("1.30", "v1.30.0")]
    [InlineData("1.37", "v1.37.2")]
    [InlineData("kindest/node:v1.24.0", "v1.24.0")]
    [InlineData("localhost:5000/kindest/node:v1.27.3@sha256:abc", "v1.27.3")]
    public void Version_is_read(string text, string expected) => Assert.Equal(expected, KubernetesRelease.Parse(text).ToString());

    [Theory]
    [InlineData("kindest/node")]
    [InlineData("latest")]
    [InlineData("v2.0.0")]
    [InlineData("v1.22.0")]
    [InlineData("v1.38.0")]
    public void Other_versions_are_refused(string text) => Assert.Throws<UsageException>(() => KubernetesRelease.Parse(text));
}
