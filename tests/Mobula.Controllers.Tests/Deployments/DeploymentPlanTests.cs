using System.Text.Json.Nodes;
using CsCheck;
using Mobula.Controllers.Deployments;
using Mobula.Kubernetes;
using static Mobula.Controllers.Tests.Objects;

namespace Mobula.Controllers.Tests.Deployments;

public sealed class DeploymentPlanTests
{
    [Fact]
    public void Rollout_ends_complete_and_keeps_its_bounds() =>
        Gen.Select(Gen.Int[1, 12], Gen.Int[0, 100], Gen.Int[0, 100], Gen.Int[0, 12]).Sample((replicas, surge, unavailable, oldReplicas) =>
        {
            var spec = DeploymentSpec.Of(Deployment(replicas, $"{surge}%", $"{unavailable}%"));
            var old = ReplicaSet("old", oldReplicas, oldReplicas);
            var newest = ReplicaSet("new", 0, 0);
            for (var step = 0; step < 100; step++)
            {
                var resizes = DeploymentScaling.Roll(spec, newest, [old]);
                foreach (var (replicaSet, size) in resizes) replicaSet["spec"]!["replicas"] = size;
                var total = ReplicaSetFacts.Wanted(old) + ReplicaSetFacts.Wanted(newest);
                if (total > Math.Max(spec.MostReplicas, oldReplicas)) return false;
                // Pods of the old set that are asked to go are gone; those of the new become available.
                old["status"]!["availableReplicas"] = ReplicaSetFacts.Wanted(old);
                if (Math.Min(oldReplicas, replicas) - spec.MaxUnavailable > ReplicaSetFacts.Count(old, "availableReplicas") + ReplicaSetFacts.Count(newest, "availableReplicas")) return false;
                newest["status"]!["availableReplicas"] = ReplicaSetFacts.Wanted(newest);
                if (resizes.Count == 0) return ReplicaSetFacts.Wanted(newest) == replicas && ReplicaSetFacts.Wanted(old) == 0;
            }
            return false;
        }, iter: 2000);

    [Theory]
    [InlineData("25%", "25%", 2, 1, 0)]
    [InlineData("25%", "25%", 10, 3, 2)]
    [InlineData("0", "0", 5, 0, 1)]
    [InlineData("0%", "1%", 5, 0, 1)]
    [InlineData("100%", "100%", 3, 3, 3)]
    public void Percentages_round_up_for_surge_and_down_for_unavailable(string surge, string unavailable, int replicas, int maxSurge, int maxUnavailable)
    {
        var spec = DeploymentSpec.Of(Deployment(replicas, surge, unavailable));
        Assert.Equal((maxSurge, maxUnavailable), (spec.MaxSurge, spec.MaxUnavailable));
    }

    [Fact]
    public void Unhealthy_old_pods_go_before_the_new_ones_are_there()
    {
        var spec = DeploymentSpec.Of(Deployment(10, "0", "2"));
        var resizes = DeploymentScaling.Roll(spec, ReplicaSet("new", 0, 0), [ReplicaSet("old", 10, 5)]);
        Assert.Equal(("old", 8), (Assert.Single(resizes).ReplicaSet.Name, resizes[0].Replicas));
    }

    [Fact]
    public void Scaling_during_a_rollout_is_shared_in_proportion()
    {
        var deployment = Deployment(20, "0", "10%");
        var (old, newest) = (ReplicaSet("old", 6, 6), ReplicaSet("new", 4, 4));
        foreach (var r in (JsonObject[])[old, newest]) r["metadata"]!["annotations"] = Json("""{"deployment.kubernetes.io/desired-replicas":"10","deployment.kubernetes.io/max-replicas":"10"}""");
        var spec = DeploymentSpec.Of(deployment);
        Assert.True(DeploymentScaling.WasResized(spec, [old, newest]));
        Assert.Equal([("old", 12), ("new", 8)], DeploymentScaling.Scale(deployment, spec, newest, [old]).Select(r => (r.ReplicaSet.Name, r.Replicas)));
    }

    [Fact]
    public void Conditions_stand_in_upstreams_order_and_words()
    {
        var deployment = Deployment(1, "25%", "25%");
        deployment["status"] = Json("{}");
        DeploymentStatus.SetCondition(deployment.Object("status")!, DeploymentStatus.Condition("Progressing", "True", "NewReplicaSetCreated", "Created new replica set \"w-1\"", Now));
        var newest = ReplicaSet("w-1", 1, 0);
        newest["status"]!["terminatingReplicas"] = 0;
        newest["status"]!["conditions"] = new JsonArray(Json("""{"type":"ReplicaFailure","status":"True","reason":"FailedCreate","message":"no","lastTransitionTime":"2026-01-01T00:00:00Z"}"""));
        var status = DeploymentStatus.Calculate(deployment, DeploymentSpec.Of(deployment), newest, [newest], Now);
        DeploymentStatus.AddProgress(status, deployment, DeploymentSpec.Of(deployment), newest, [newest], Now);
        Assert.Equal(["Progressing NewReplicaSetCreated", "Available MinimumReplicasUnavailable", "ReplicaFailure FailedCreate"], status.Objects("conditions").Select(c => $"{c.Text("type")} {c.Text("reason")}"));
        Assert.Equal((1L, 0L), (status.Integer("unavailableReplicas"), status.Integer("terminatingReplicas")));
    }

    [Fact]
    public void Complete_rollout_is_told_and_a_stuck_one_after_its_deadline()
    {
        var deployment = Deployment(2, "25%", "25%");
        var spec = DeploymentSpec.Of(deployment);
        DeploymentStatus.SetCondition(deployment.Ensure("status"), DeploymentStatus.Condition("Progressing", "True", "ReplicaSetUpdated", "m", Now));
        var newest = ReplicaSet("w-1", 2, 1);
        newest["status"]!["replicas"] = 2;
        deployment["status"]!["updatedReplicas"] = 2;
        deployment["status"]!["replicas"] = 2;
        deployment["status"]!["availableReplicas"] = 1;
        string Reason(DateTimeOffset now)
        {
            var status = DeploymentStatus.Calculate(deployment, spec, newest, [newest], now);
            DeploymentStatus.AddProgress(status, deployment, spec, newest, [newest], now);
            return status.Objects("conditions").Single(c => c.Text("type") == "Progressing").Text("message")!;
        }
        Assert.Equal("m", Reason(Now.AddSeconds(600)));
        Assert.Equal("ReplicaSet \"w-1\" has timed out progressing.", Reason(Now.AddSeconds(601)));
        newest["status"]!["availableReplicas"] = 2;
        Assert.Equal("ReplicaSet \"w-1\" has successfully progressed.", Reason(Now));
    }

    [Fact]
    public void Rolled_back_replica_set_remembers_its_revisions()
    {
        var replicaSet = ReplicaSet("r", 1, 1);
        replicaSet["metadata"]!["annotations"] = Json("""{"deployment.kubernetes.io/revision":"1"}""");
        Assert.True(ReplicaSetFacts.Annotate(Deployment(1, "1", "1"), replicaSet, 3, exists: true, DeploymentSpec.Of(Deployment(1, "1", "1"))));
        Assert.Equal(("3", "1"), (replicaSet.Annotation(ReplicaSetFacts.Revision), replicaSet.Annotation(ReplicaSetFacts.RevisionHistory)));
    }

    private static JsonObject Deployment(int replicas, string surge, string unavailable)
    {
        static string Value(string s) => s.EndsWith('%') ? $"\"{s}\"" : s;
        return Json($$$$$"""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"w","namespace":"ns","uid":"d","generation":1},
             "spec":{"replicas":{{{{{replicas}}}}},"progressDeadlineSeconds":600,"selector":{"matchLabels":{"app":"a"}},"template":{},
             "strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":{{{{{Value(surge)}}}}},"maxUnavailable":{{{{{Value(unavailable)}}}}}}}}}
            """);
    }

    private static JsonObject ReplicaSet(string name, int replicas, int available) => Json($$$$$"""
        {"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"{{{{{name}}}}}","namespace":"ns","uid":"{{{{{name}}}}}"},
         "spec":{"replicas":{{{{{replicas}}}}}},"status":{"replicas":{{{{{available}}}}},"availableReplicas":{{{{{available}}}}}}}
        """);
}
