using Mobula.Node.Pods;

namespace Mobula.Node.Tests.Pods;

public sealed class ImageNameTests
{
    [Theory]
    [InlineData("busybox", "docker.io/library/busybox:latest")]
    [InlineData("a/b", "docker.io/a/b:latest")]
    [InlineData("localhost/busybox:1", "localhost/busybox:1")]
    [InlineData("127.0.0.1:5000/x/y", "127.0.0.1:5000/x/y:latest")]
    [InlineData("r.io/x@sha256:0123456789012345678901234567890123456789012345678901234567890123", "r.io/x@sha256:0123456789012345678901234567890123456789012345678901234567890123")]
    public void Short_name_stands_for_a_whole_one(string image, string whole) => Assert.Equal((whole, null), ImageName.Normalize(image));

    [Theory]
    [InlineData("a b", "invalid reference format")]
    [InlineData("", "invalid reference format")]
    [InlineData("UPPER/Case:1", "invalid reference format: repository name (Case) must be lowercase")]
    public void Name_that_is_none_is_told_as_the_kubelet_tells_it(string image, string error) => Assert.Equal((null, error), ImageName.Normalize(image));
}
