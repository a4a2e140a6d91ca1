using System.Text.Json.Nodes;
using Mobula.Controllers.DaemonSets;
using Mobula.Kubernetes;
using static Mobula.Controllers.Tests.Objects;

namespace Mobula.Controllers.Tests.DaemonSets;

public sealed class DaemonSetPlannerTests
{
    [Fact]
    public void Every_node_it_belongs_on_gets_a_pod()
    {
        var set = Set();
        set["spec"]!["template"]!["spec"]!["nodeSelector"] = Json("""{"disk":"fast"}""");
        var plan = DaemonSetPlanner.Plan(set, "new", [Node("a", """{"disk":"fast"}"""), Node("b"), Node("c", """{"disk":"fast"}""")], [On("c")], Now);
        Assert.Equal(["a"], plan.Create);
        Assert.Equal(
            """{"currentNumberScheduled":1,"numberMisscheduled":0,"desiredNumberScheduled":2,"numberReady":1,"observedGeneration":3,"updatedNumberScheduled":1,"numberAvailable":1,"numberUnavailable":1}""",
            plan.Status.ToJsonString());
    }

    [Theory]
    [InlineData("NoSchedule", false, false)]
    [InlineData("NoExecute", false, true)]
    [InlineData("PreferNoSchedule", true, false)]
    public void Taint_keeps_pods_off_and_some_drive_them_away(string effect, bool creates, bool deletes)
    {
        var node = Node("a");
        node["spec"] = Json($$"""{"taints":[{"key":"k","effect":"{{effect}}"}]}""");
        Assert.Equal(creates, DaemonSetPlanner.Plan(Set(), "new", [node], [], Now).Create.Count == 1);
        Assert.Equal(deletes, DaemonSetPlanner.Plan(Set(), "new", [node], [On("a")], Now).Delete.Count == 1);
    }

    [Fact]
    public void Cordoned_and_unreachable_nodes_keep_their_daemons()
    {
        var node = Node("a");
        node["spec"] = Json("""{"unschedulable":true,"taints":[{"key":"node.kubernetes.io/unschedulable","effect":"NoSchedule"},{"key":"node.kubernetes.io/unreachable","effect":"NoExecute"}]}""");
        Assert.Equal(["a"], DaemonSetPlanner.Plan(Set(), "new", [node], [], Now).Create);
    }

    [Fact]
    public void Update_takes_as_many_pods_away_as_may_be_missing_and_useless_ones_at_once()
    {
        JsonObject[] nodes = [Node("a"), Node("b"), Node("c")];
        Assert.Equal(["d-a"], Plan(Set(), nodes, On("a", "old"), On("b", "old"), On("c", "old")).Delete.Select(p => p.Name));
        Assert.Equal(["d-b"], Plan(Set(), nodes, On("a", "old"), On("b", "old", ready: false), On("c", "old")).Delete.Select(p => p.Name));
        Assert.Empty(Plan(Set(), nodes, On("a", ready: false), On("b", "old"), On("c", "old")).Delete);
        Assert.Equal(["d-a", "d-b"], Plan(Set("""{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"50%"}}"""), nodes, On("a", "old"), On("b", "old"), On("c", "old")).Delete.Select(p => p.Name));
        Assert.Empty(Plan(Set("""{"type":"OnDelete"}"""), nodes, On("a", "old"), On("b", "old"), On("c", "old")).Delete);
    }

    [Fact]
    public void Surge_brings_the_new_pod_before_the_old_one_goes()
    {
        var set = Set("""{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1,"maxUnavailable":0}}""");
        JsonObject[] nodes = [Node("a"), Node("b")];
        var first = Plan(set, nodes, On("a", "old"), On("b", "old"));
        Assert.Equal(["a"], first.Create);
        Assert.Empty(first.Delete);
        var waiting = Plan(set, nodes, On("a", "old"), On("a", "new", ready: false, name: "fresh"), On("b", "old"));
        Assert.Equal((0, 0), (waiting.Create.Count, waiting.Delete.Count));
        var ready = Plan(set, nodes, On("a", "old"), On("a", "new", name: "fresh"), On("b", "old"));
        Assert.Equal(["d-a"], ready.Delete.Select(p => p.Name));
        Assert.Equal(["b"], ready.Create);
    }

    [Fact]
    public void Pod_that_has_failed_is_replaced_and_told_of()
    {
        var failed = On("a");
        failed["status"]!["phase"] = "Failed";
        var plan = Plan(Set(), [Node("a")], failed);
        Assert.Same(failed, Assert.Single(plan.Delete));
        Assert.Equal(("Warning", "FailedDaemonPod", "Found failed daemon pod ns/d-a on node a, will try to kill it"), Assert.Single(plan.Events));
    }

    [Fact]
    public void Pod_is_bound_to_its_node_and_tolerates_nodes_in_trouble()
    {
        var pod = DaemonPods.Build(Set(), "a", "h");
        Assert.Equal("a", DaemonPods.NodeOf(pod));
        Assert.Equal("h", pod.Label("controller-revision-hash"));
        Assert.Equal(6, pod.Objects("spec", "tolerations").Count(t => t.Text("operator") == "Exists"));
    }

    private static DaemonSetPlan Plan(JsonObject set, JsonObject[] nodes, params JsonObject[] pods) => DaemonSetPlanner.Plan(set, "new", nodes, pods, Now);

    private static JsonObject Set(string strategy = """{"type":"RollingUpdate"}""") => Json($$$$$"""
        {"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"d","namespace":"ns","uid":"u","generation":3},
         "spec":{"updateStrategy":{{{{{strategy}}}}},"selector":{"matchLabels":{"app":"d"}},"template":{"metadata":{"labels":{"app":"d"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}
        """);

    private static JsonObject Node(string name, string labels = "{}") => Json($$$"""{"kind":"Node","metadata":{"name":"{{{name}}}","labels":{{{labels}}} },"spec":{}}""");

    private static JsonObject On(string node, string hash = "new", bool ready = true, string? name = null) =>
        Pod(name ?? $"d-{node}", ready: ready, node: node, labels: $$"""{"app":"d","controller-revision-hash":"{{hash}}"}""");
}
