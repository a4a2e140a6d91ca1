using System.Text.Json.Nodes;
using Mobula.Controllers.Scheduling;
using static Mobula.Controllers.Tests.Objects;

namespace Mobula.Controllers.Tests.Scheduling;

public sealed class SchedulingPlannerTests
{
    private static NodeState Node(string name, string labels = "{}", string spec = "{}", string cpu = "4", params JsonObject[] pods) => new(
        Json($$$$$"""
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"{{{{{name}}}}}","labels":{{{{{labels}}}}}},"spec":{{{{{spec}}}}},
             "status":{"allocatable":{"cpu":"{{{{{cpu}}}}}","memory":"8Gi","pods":"3"}}}
            """),
        pods);

    private static JsonObject Asking(string cpu, string spec = "")
    {
        var pod = Pod("p", "Pending", node: null, spec: spec);
        pod["spec"]!["containers"]![0]!["resources"] = Json($$$$$"""{"requests":{"cpu":"{{{{{cpu}}}}}"}}""");
        return pod;
    }

    private static SchedulingDecision Decide(JsonObject pod, params NodeState[] nodes) => SchedulingPlanner.Decide(pod, nodes, _ => null, _ => null);

    [Fact]
    public void Pod_goes_where_most_is_left() =>
        Assert.Equal("empty", Decide(Asking("1"), Node("busy", pods: [Asking("2")]), Node("empty")).NodeName);

    [Fact]
    public void Refusals_are_counted_and_sorted()
    {
        var decision = Decide(
            Asking("3"),
            Node("a", pods: [Asking("2")]),
            Node("b", pods: [Asking("2")]),
            Node("c", spec: """{"taints":[{"key":"k","value":"v","effect":"NoSchedule"}]}"""));
        Assert.Equal(
            "0/3 nodes are available: 1 node(s) had untolerated taint {k: v}, 2 Insufficient cpu. no new claims to deallocate, "
            + "preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.",
            decision.Message);
    }

    [Fact]
    public void Without_nodes_it_says_so() => Assert.Equal("no nodes available to schedule pods", Decide(Asking("1")).Message);

    [Theory]
    [InlineData(""","nodeSelector":{"zone":"b"}""", "n2")]
    [InlineData(""","affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"zone","operator":"NotIn","values":["a"]}]}]}}}""", "n2")]
    [InlineData(""","affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchFields":[{"key":"metadata.name","operator":"In","values":["n1"]}]}]}}}""", "n1")]
    [InlineData(""","affinity":{"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"preference":{"matchExpressions":[{"key":"zone","operator":"In","values":["b"]}]}}]}}""", "n2")]
    [InlineData(""","affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"zone","labelSelector":{"matchLabels":{"app":"x"}}}]}}""", "n2")]
    [InlineData(""","affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"zone","labelSelector":{"matchLabels":{"app":"x"}}}]}}""", "n1")]
    [InlineData(""","topologySpreadConstraints":[{"topologyKey":"zone","maxSkew":1,"whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchLabels":{"app":"x"}}}]""", null)]
    public void Wishes_of_the_pod_decide(string spec, string? node)
    {
        var decision = Decide(Asking("1", spec), Node("n1", """{"zone":"a"}""", pods: [Pod("x", labels: """{"app":"x"}""")]), Node("n2", """{"zone":"b"}"""));
        if (node is null) Assert.NotNull(decision.NodeName);
        else Assert.Equal(node, decision.NodeName);
    }

    [Fact]
    public void Spread_keeps_the_skew()
    {
        const string spec = ""","topologySpreadConstraints":[{"topologyKey":"zone","maxSkew":1,"whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchLabels":{"app":"a"}}}]""";
        var decision = Decide(Asking("1", spec), Node("n1", """{"zone":"a"}""", pods: [Pod("x")]), Node("n2", """{"zone":"b"}""", spec: """{"unschedulable":true}"""));
        Assert.Contains("1 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable", decision.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void First_of_a_group_that_wants_to_be_together_is_placed()
    {
        const string spec = ""","affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"zone","labelSelector":{"matchLabels":{"app":"a"}}}]}}""";
        Assert.Equal("n1", Decide(Asking("1", spec), Node("n1", """{"zone":"a"}""")).NodeName);
    }

    [Fact]
    public void Host_port_taken_and_too_many_pods_are_told()
    {
        var pod = Asking("1");
        pod["spec"]!["containers"]![0]!["ports"] = new JsonArray(Json("""{"containerPort":80,"hostPort":80}"""));
        Assert.StartsWith("0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.", Decide(pod, Node("n", pods: [pod])).Message, StringComparison.Ordinal);
        Assert.StartsWith("0/1 nodes are available: 1 Too many pods.", Decide(Asking("0"), Node("n", pods: [Pod("a"), Pod("b"), Pod("c")])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Init_containers_count_where_they_need_more()
    {
        var pod = Asking("500m");
        pod["spec"]!["initContainers"] = new JsonArray(
            Json("""{"name":"side","restartPolicy":"Always","resources":{"requests":{"cpu":"100m"}}}"""),
            Json("""{"name":"init","resources":{"requests":{"cpu":"1"}}}"""));
        Assert.Equal(1100, PodResources.Requests(pod)["cpu"]);
    }
}
