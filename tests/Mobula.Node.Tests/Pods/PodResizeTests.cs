using System.Text.Json.Nodes;
using Mobula.Node.Pods;

namespace Mobula.Node.Tests.Pods;

public sealed class PodResizeTests
{
    private static JsonObject Pod(string resources, string policy = "[]", string state = "containers") => (JsonObject)JsonNode.Parse(
        $$$"""{"metadata":{"name":"p","uid":"u","generation":2},"spec":{"{{{state}}}":[{"name":"c","restartPolicy":"Always","resizePolicy":{{{policy}}},"resources":{{{resources}}}}]}}""")!;

    private static PodRuntime Running(InstanceState state = InstanceState.Running) =>
        new([], [new() { Id = "i", Name = "c", SandboxId = "s", State = state }]);

    private static JsonObject Resources(string cpu, string memory = "32Mi") => new() { ["requests"] = new JsonObject { ["cpu"] = cpu, ["memory"] = memory } };

    [Fact]
    public void Same_amount_in_other_words_is_no_resize() =>
        Assert.Empty(PodResize.Plan(Pod("""{"requests":{"cpu":"1","memory":"32Mi"}}"""), Running(), _ => Resources("1000m", "33554432")));

    [Theory]
    [InlineData("containers")]
    [InlineData("initContainers")]
    public void Other_amount_is_one_for_what_runs(string list)
    {
        var pod = Pod("""{"requests":{"cpu":"150m","memory":"32Mi"}}""", state: list);
        Assert.False(Assert.Single(PodResize.Plan(pod, Running(), _ => Resources("100m"))).Restarts);
        Assert.Empty(PodResize.Plan(pod, Running(InstanceState.Exited), _ => Resources("100m")));
    }

    [Fact]
    public void Container_nobody_knows_the_resources_of_is_left_alone() => Assert.Empty(PodResize.Plan(Pod("""{"requests":{"cpu":"2"}}"""), Running(), _ => null));

    [Theory]
    [InlineData("150m", "32Mi", false)]
    [InlineData("100m", "64Mi", true)]
    [InlineData("150m", "64Mi", true)]
    public void Only_the_resource_that_asks_for_it_restarts(string cpu, string memory, bool restarts)
    {
        var pod = Pod(Resources(cpu, memory).ToJsonString(), """[{"resourceName":"cpu","restartPolicy":"NotRequired"},{"resourceName":"memory","restartPolicy":"RestartContainer"}]""");
        Assert.Equal(restarts, Assert.Single(PodResize.Plan(pod, Running(), _ => Resources("100m"))).Restarts);
    }

    [Fact]
    public void Events_tell_the_resources_as_a_kubelet_does() => Assert.Equal(
        """{"containers":[{"name":"c","resources":{"limits":{"cpu":"300m","memory":"64Mi"},"requests":{"cpu":"150m","memory":"32Mi"}}}],"generation":2}""",
        PodResize.Describe(Pod("""{"requests":{"memory":"32Mi","cpu":"150m"},"limits":{"cpu":"300m","memory":"64Mi"}}""")));

    [Fact]
    public void More_than_the_node_has_is_never_to_be_had()
    {
        var node = new NodeCapacity(2000, 1L << 30, 0);
        Assert.Null(PodAdmission.Infeasible(Pod("""{"requests":{"cpu":"2","memory":"1Gi"}}"""), node));
        Assert.Equal("Node didn't have enough capacity: cpu, requested: 100000, capacity: 2000", PodAdmission.Infeasible(Pod("""{"requests":{"cpu":"100"}}"""), node)?.Message);
        Assert.Equal(new("Infeasible", "Node didn't have enough capacity: memory, requested: 2147483648, capacity: 1073741824"), PodAdmission.Infeasible(Pod("""{"requests":{"memory":"2Gi"}}"""), node));
    }
}
