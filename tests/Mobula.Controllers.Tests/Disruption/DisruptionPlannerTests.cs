using System.Text.Json.Nodes;
using Mobula.Controllers.Disruption;
using Mobula.Kubernetes;
using static Mobula.Controllers.Tests.Objects;

namespace Mobula.Controllers.Tests.Disruption;

public sealed class DisruptionPlannerTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData("""{"minAvailable":2}""", 3, 2, 1)]
    [InlineData("""{"minAvailable":3}""", 3, 3, 0)]
    [InlineData("""{"minAvailable":"50%"}""", 5, 3, 0)]
    [InlineData("""{"maxUnavailable":"30%"}""", 4, 2, 1)]
    [InlineData("""{"maxUnavailable":9}""", 3, 0, 3)]
    public void Budget_allows_what_is_healthy_beyond_what_must_be(string spec, int wanted, long desired, long allowed)
    {
        var status = DisruptionPlanner.Status(Budget(spec), [Ready("a"), Ready("b"), Ready("c")], wanted, Now);

        Assert.Equal((desired, allowed), (status.Integer("desiredHealthy"), status.Integer("disruptionsAllowed")));
        Assert.Equal(allowed > 0 ? "SufficientPods" : "InsufficientPods", status.Objects("conditions").Single().Text("reason"));
    }

    [Fact]
    public void Pod_whose_eviction_was_let_pass_is_not_healthy_until_its_time_is_over()
    {
        var budget = Budget("""{"minAvailable":1}""");
        budget["status"] = new JsonObject { ["disruptedPods"] = new JsonObject { ["a"] = KubernetesTime.Format(Now.AddSeconds(-60)), ["gone"] = KubernetesTime.Format(Now) } };

        var status = DisruptionPlanner.Status(budget, [Ready("a"), Ready("b")], 0, Now);

        Assert.Equal((1, 0), (status.Integer("currentHealthy"), status.Integer("disruptionsAllowed")));
        Assert.Equal(["a"], status.Object("disruptedPods")!.Select(d => d.Key));
        Assert.Equal(TimeSpan.FromSeconds(60), DisruptionPlanner.NextLook(status, Now));
        Assert.Equal(1, DisruptionPlanner.Status(budget, [Ready("a"), Ready("b")], 0, Now.AddMinutes(2)).Integer("disruptionsAllowed"));
    }

    [Fact]
    public void Budget_without_pods_allows_nothing() =>
        Assert.Equal(0, DisruptionPlanner.Status(Budget("""{"minAvailable":0}"""), [], 0, Now).Integer("disruptionsAllowed"));

    private static JsonObject Budget(string spec) => new() { ["metadata"] = new JsonObject { ["name"] = "b", ["generation"] = 1 }, ["spec"] = Json(spec) };

    private static JsonObject Ready(string name) => Json($$$"""{"metadata":{"name":"{{{name}}}"},"status":{"conditions":[{"type":"Ready","status":"True"}]}}""");
}
