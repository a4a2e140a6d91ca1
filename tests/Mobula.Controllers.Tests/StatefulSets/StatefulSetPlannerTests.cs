using System.Text.Json.Nodes;
using CsCheck;
using Mobula.Controllers.Revisions;
using Mobula.Controllers.StatefulSets;
using Mobula.Kubernetes;
using static Mobula.Controllers.Tests.Objects;

namespace Mobula.Controllers.Tests.StatefulSets;

public sealed class StatefulSetPlannerTests
{
    private static readonly JsonObject Old = RevisionNamed("s-old", "i:1");
    private static readonly JsonObject New = RevisionNamed("s-new", "i:2");

    [Fact]
    public void Ordered_set_creates_one_pod_at_a_time_each_when_the_one_before_is_available()
    {
        Assert.Equal([0], Plan(Set(3)).Create.Select(c => c.Ordinal));
        Assert.Empty(Plan(Set(3), Pod(0, ready: false)).Create);
        Assert.Equal([1], Plan(Set(3), Pod(0)).Create.Select(c => c.Ordinal));
    }

    [Fact]
    public void Parallel_set_creates_all_at_once()
    {
        var set = Set(3);
        set["spec"]!["podManagementPolicy"] = "Parallel";
        set["spec"]!["ordinals"] = Json("""{"start":5}""");
        Assert.Equal([5, 6, 7], Plan(set).Create.Select(c => c.Ordinal));
    }

    [Fact]
    public void Last_pod_goes_first_when_it_shrinks()
    {
        var plan = Plan(Set(1), Pod(0), Pod(1), Pod(2));
        Assert.Equal("s-2", Assert.Single(plan.Delete).Name);
        Assert.Same(plan.Delete[0], Assert.Single(plan.Condemned));
        // One that is not well holds back those after it.
        Assert.DoesNotContain(Plan(Set(1), Pod(0), Pod(1, ready: false), Pod(2)).Delete, p => p.Name == "s-1");
    }

    [Fact]
    public void Update_goes_from_the_last_pod_down_and_waits_for_each()
    {
        Assert.Equal("s-1", Assert.Single(Plan(Set(2), Pod(0), Pod(1)).Delete).Name);
        Assert.Empty(Plan(Set(2), Pod(0), Pod(1, revision: "s-new", ready: false)).Delete);
        Assert.Equal("s-0", Assert.Single(Plan(Set(2), Pod(0), Pod(1, revision: "s-new")).Delete).Name);
    }

    [Fact]
    public void Partition_keeps_the_pods_below_it_and_the_revision_they_come_from()
    {
        var set = Set(2);
        set["spec"]!["updateStrategy"] = Json("""{"type":"RollingUpdate","rollingUpdate":{"partition":1}}""");
        Assert.Empty(Plan(set, Pod(0), Pod(1, revision: "s-new")).Delete);
        Assert.Same(Old, Assert.Single(Plan(set, Pod(1, revision: "s-new")).Create).Revision);
    }

    [Fact]
    public void Set_that_updates_on_deletion_deletes_nothing()
    {
        var set = Set(2);
        set["spec"]!["updateStrategy"] = Json("""{"type":"OnDelete"}""");
        Assert.Empty(Plan(set, Pod(0), Pod(1)).Delete);
    }

    [Fact]
    public void Pod_that_has_ended_is_made_anew()
    {
        var plan = Plan(Set(1), Pod(0, phase: "Failed"));
        Assert.Equal("s-0", Assert.Single(plan.Recreated).Name);
        Assert.Empty(plan.Create);
    }

    [Fact]
    public void Status_counts_both_revisions_and_changes_over_when_all_are_updated()
    {
        Assert.Equal(
            """{"observedGeneration":2,"replicas":2,"readyReplicas":1,"currentReplicas":1,"updatedReplicas":1,"currentRevision":"s-old","updateRevision":"s-new","collisionCount":0,"availableReplicas":1}""",
            Plan(Set(2), Pod(0), Pod(1, revision: "s-new", ready: false)).Status.ToJsonString());
        Assert.Equal(
            """{"observedGeneration":2,"replicas":2,"readyReplicas":2,"currentReplicas":2,"updatedReplicas":2,"currentRevision":"s-new","updateRevision":"s-new","collisionCount":0,"availableReplicas":2}""",
            Plan(Set(2), Pod(0, revision: "s-new"), Pod(1, revision: "s-new")).Status.ToJsonString());
    }

    [Fact]
    public void Pod_carries_its_identity_and_its_claims()
    {
        var set = Set(1);
        set["spec"]!["serviceName"] = "svc";
        set["spec"]!["volumeClaimTemplates"] = Json("""{"l":[{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"]}}]}""")["l"]!.DeepClone();
        var pod = StatefulSetPods.Build(set, 0, New);
        Assert.Equal(("s-0", "s-0", "svc", "s-new", "0"), (pod.Name, pod.Text("spec", "hostname"), pod.Text("spec", "subdomain"), pod.Label("controller-revision-hash"), pod.Label("apps.kubernetes.io/pod-index")));
        Assert.Equal("""[{"name":"data","persistentVolumeClaim":{"claimName":"data-s-0"}}]""", pod.List("spec", "volumes")!.ToJsonString());
        Assert.Equal("i:2", pod.Objects("spec", "containers").Single().Text("image"));
        Assert.Equal("""{"app":"s"}""", StatefulSetPods.ClaimsOf(set, 0).Single().Object("metadata", "labels")!.ToJsonString());
    }

    [Fact]
    public void Every_size_and_revision_is_reached_with_one_pod_missing_at_most() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 6], Gen.Bool).Sample((from, to, parallel) =>
        {
            var set = Set(to);
            if (parallel) set["spec"]!["podManagementPolicy"] = "Parallel";
            var pods = Enumerable.Range(0, from).ToDictionary(i => i, i => Pod(i));
            for (var step = 0; step < 60; step++)
            {
                var plan = StatefulSetPlanner.Plan(set, Old, New, [.. pods.Values], Now);
                if (plan.Create.Count == 0 && plan.Delete.Count == 0) return pods.Count == to && pods.Values.All(p => p.Label("controller-revision-hash") == "s-new");
                foreach (var pod in plan.Delete) pods.Remove(StatefulSetPods.Ordinal(set, pod)!.Value);
                foreach (var (ordinal, revision) in plan.Create) pods.Add(ordinal, Pod(ordinal, revision: revision.Name));
                if (from >= to && Enumerable.Range(0, to).Count(i => !pods.ContainsKey(i)) > 1) return false;
            }
            return false;
        }, iter: 300);

    private static StatefulSetPlan Plan(JsonObject set, params JsonObject[] pods) => StatefulSetPlanner.Plan(set, Old, New, pods, Now);

    private static JsonObject Set(int replicas) => Json($$$$$"""
        {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"s","namespace":"ns","uid":"u","generation":2},
         "spec":{"replicas":{{{{{replicas}}}}},"selector":{"matchLabels":{"app":"s"}},"template":{"metadata":{"labels":{"app":"s"}},"spec":{"containers":[{"name":"c","image":"i:2"}]}}}}
        """);

    private static JsonObject RevisionNamed(string name, string image)
    {
        var set = Set(1);
        set.Objects("spec", "template", "spec", "containers").Single()["image"] = image;
        var revision = Revision.Make(set, 1, 0);
        revision.Metadata["name"] = name;
        return revision;
    }

    private static JsonObject Pod(int ordinal, string revision = "s-old", bool ready = true, string phase = "Running") =>
        Objects.Pod($"s-{ordinal}", phase, ready, labels: $$"""{"app":"s","controller-revision-hash":"{{revision}}"}""");
}
