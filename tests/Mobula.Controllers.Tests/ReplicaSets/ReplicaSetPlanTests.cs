using System.Text.Json.Nodes;
using CsCheck;
using Mobula.Controllers.ReplicaSets;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;
using static Mobula.Controllers.Tests.Objects;

namespace Mobula.Controllers.Tests.ReplicaSets;

public sealed class ReplicaSetPlanTests
{
    private static JsonObject ReplicaSet(int replicas) => Json($$$$$"""
        {"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"r","namespace":"ns","uid":"u","generation":3},
         "spec":{"replicas":{{{{{replicas}}}}},"selector":{"matchLabels":{"app":"a"}},"template":{"metadata":{"labels":{"app":"a","extra":"x"}},"spec":{"containers":[]}}},"status":{"replicas":0}}
        """);

    [Fact]
    public void Plan_always_leads_to_the_wanted_number() => Gen.Select(Gen.Int[0, 30], Gen.Int[0, 30]).Sample((wanted, there) =>
    {
        var pods = Enumerable.Range(0, there).Select(i => Pod($"p{i}")).ToArray();
        var plan = ReplicaSetPlan.Make(ReplicaSet(wanted), pods, Now);
        return there + plan.Create - plan.Delete.Count == wanted && (plan.Create == 0 || plan.Delete.Count == 0) && plan.Delete.Distinct().Count() == plan.Delete.Count;
    }, iter: 500);

    [Fact]
    public void Pods_of_least_use_go_first()
    {
        JsonObject[] pods = [Pod("ready", ready: true), Pod("unready"), Pod("pending", "Pending"), Pod("unscheduled", "Pending", node: null)];
        Assert.Equal(["unscheduled", "pending", "unready", "ready"], DeletionOrder.Sort(pods, Now).Select(p => p.Name));
    }

    [Fact]
    public void Deletion_cost_outweighs_age()
    {
        var cheap = Pod("cheap", ready: true);
        cheap.Ensure("metadata", "annotations")["controller.kubernetes.io/pod-deletion-cost"] = "-5";
        Assert.Equal("cheap", DeletionOrder.Sort([Pod("a", ready: true), cheap], Now).First().Name);
    }

    [Fact]
    public void Replica_set_that_is_deleted_does_nothing()
    {
        var replicaSet = ReplicaSet(3);
        replicaSet.Metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z";
        Assert.Equal(0, ReplicaSetPlan.Make(replicaSet, [], Now).Create);
    }

    [Fact]
    public void Status_counts_pods_by_label_and_readiness()
    {
        JsonObject[] pods = [Pod("a", ready: true, labels: """{"app":"a","extra":"x"}"""), Pod("b")];
        Assert.Equal(
            """{"replicas":2,"fullyLabeledReplicas":1,"readyReplicas":1,"availableReplicas":1,"terminatingReplicas":1,"observedGeneration":3}""",
            ReplicaSetPlan.Status(ReplicaSet(2), pods, 1, null, true, Now).ToJsonString());
    }

    [Fact]
    public void Refusal_is_told_in_a_condition_and_taken_back_later()
    {
        const string refusal = "pods \"r-x\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces (hostPID=true)";
        var replicaSet = ReplicaSet(1);
        var status = ReplicaSetPlan.Status(replicaSet, [], 0, refusal, true, Now);
        var condition = Assert.Single(status.Objects("conditions"));
        Assert.Equal(("ReplicaFailure", "True", "FailedCreate", refusal), (condition.Text("type"), condition.Text("status"), condition.Text("reason"), condition.Text("message")));
        replicaSet["status"] = status;
        Assert.Equal(status.ToJsonString(), ReplicaSetPlan.Status(replicaSet, [], 0, "another refusal", true, Now.AddMinutes(1)).ToJsonString());
        Assert.False(ReplicaSetPlan.Status(replicaSet, [], 0, null, true, Now).ContainsKey("conditions"));
    }

    [Fact]
    public void Claims_adopt_orphans_release_strangers_and_leave_the_owned_of_others()
    {
        var owned = Pod("owned");
        owned.Metadata["ownerReferences"] = new JsonArray(Claims.Reference(ReplicaSet(1)));
        var stranger = owned.Clone();
        stranger.Metadata["labels"] = new JsonObject { ["app"] = "other" };
        var foreign = Pod("foreign");
        foreign.Metadata["ownerReferences"] = new JsonArray(Json("""{"uid":"else","controller":true}"""));
        var claims = Claims.Decide(ReplicaSet(1), ReplicaSetPlan.Selector(ReplicaSet(1)).Matches, [owned, stranger, foreign, Pod("orphan"), Pod("no", labels: "{}")]);
        Assert.Same(owned, Assert.Single(claims.Owned));
        Assert.Same(stranger, Assert.Single(claims.Release));
        Assert.Equal("orphan", Assert.Single(claims.Adopt).Name);
    }
}
