using Mobula.Controllers.Nodes;
using Mobula.Kubernetes;
using static Mobula.Controllers.Tests.Objects;

namespace Mobula.Controllers.Tests.Nodes;

public sealed class NodeHealthTests
{
    private static System.Text.Json.Nodes.JsonObject Node(string ready, string taints = "[]") => Json($$$$$"""
        {"metadata":{"name":"n"},"spec":{"taints":{{{{{taints}}}}}},"status":{"conditions":[{"type":"Ready","status":"{{{{{ready}}}}}"}]}}
        """);

    [Fact]
    public void Silent_node_becomes_unknown_and_unreachable()
    {
        var node = Node("True");
        node["status"]!["conditions"] = NodeHealth.Silent(node, Now);
        Assert.Equal("Ready NodeStatusUnknown", $"{node.Objects("status", "conditions").First().Text("type")} {node.Objects("status", "conditions").First().Text("reason")}");
        Assert.Null(NodeHealth.Silent(node, Now));
        Assert.Equal(
            """[{"key":"node.kubernetes.io/unreachable","effect":"NoSchedule"},{"key":"node.kubernetes.io/unreachable","effect":"NoExecute","timeAdded":"2026-01-02T03:04:05Z"}]""",
            NodeHealth.Taints(node, Now)!.ToJsonString());
    }

    [Fact]
    public void Node_that_is_ready_loses_its_taints_and_keeps_those_of_people()
    {
        const string mine = """{"key":"mine","effect":"NoSchedule"}""";
        Assert.Equal($"[{mine}]", NodeHealth.Taints(Node("True", $$"""[{{mine}},{"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"}]"""), Now)!.ToJsonString());
        Assert.Null(NodeHealth.Taints(Node("True", $"[{mine}]"), Now));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData(""","tolerations":[{"operator":"Exists"}]""", null)]
    [InlineData(""","tolerations":[{"key":"node.kubernetes.io/unreachable","operator":"Exists","tolerationSeconds":300}]""", 240)]
    public void Pod_goes_when_its_toleration_ends(string spec, int? seconds)
    {
        var node = Node("Unknown", """[{"key":"node.kubernetes.io/unreachable","effect":"NoExecute","timeAdded":"2026-01-02T03:03:05Z"}]""");
        Assert.Equal(seconds is null ? null : Now.AddSeconds(seconds.Value), TaintEviction.EvictAt(Pod("p", spec: spec), node, Now));
    }
}
