using Mobula.Controllers.Nodes;
using static Mobula.Controllers.Tests.Objects;

namespace Mobula.Controllers.Tests.Nodes;

public sealed class NodeLabelsTests
{
    [Theory]
    [InlineData("""{"kubernetes.io/os":"linux"}""", """{"beta.kubernetes.io/os":"linux"}""")]
    [InlineData("""{"kubernetes.io/arch":"arm64","beta.kubernetes.io/arch":"amd64"}""", """{"beta.kubernetes.io/arch":"arm64"}""")]
    [InlineData("""{"kubernetes.io/os":"linux","beta.kubernetes.io/os":"linux"}""", null)]
    [InlineData("""{"beta.kubernetes.io/os":"linux"}""", null)]
    public void Older_labels_follow_those_of_today(string labels, string? expected) =>
        Assert.Equal(expected, NodeLabels.Missing(Json($$$"""{"metadata":{"name":"n","labels":{{{labels}}}} }"""))?.ToJsonString());
}
