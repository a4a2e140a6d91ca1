using System.Text.Json.Nodes;
using CsCheck;
using Mobula.Controllers.Jobs;
using Mobula.Kubernetes;
using static Mobula.Controllers.Tests.Objects;

namespace Mobula.Controllers.Tests.Jobs;

public sealed class JobPlannerTests
{
    /// <summary>A job with one completion, but for the fields given.</summary>
    private static JsonObject Job(string spec = "")
    {
        var job = Json("""
            {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j","namespace":"ns","uid":"job"},
             "spec":{"parallelism":1,"completions":1,"backoffLimit":6,"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}},
             "status":{"startTime":"2026-01-02T03:04:00Z"}}
            """);
        foreach (var (field, value) in Json($"{{{spec.TrimStart(',')}}}")) job["spec"]![field] = value?.DeepClone();
        return job;
    }

    private static JsonObject Tracked(JsonObject pod, int? index = null)
    {
        pod.Metadata["finalizers"] = new JsonArray(JobPods.Finalizer);
        if (index is not null) pod.Ensure("metadata", "annotations")[JobPods.CompletionIndex] = $"{index}";
        return pod;
    }

    private static JobPlan Plan(JsonObject job, params JsonObject[] pods) => JobPlanner.Plan(job, pods, default, Now);

    [Fact]
    public void New_job_gets_as_many_pods_as_run_at_once()
    {
        var plan = Plan(Job(""","completions":5,"parallelism":3"""));
        Assert.Equal([null, null, null], plan.Create);
        Assert.Equal("""{"startTime":"2026-01-02T03:04:00Z","terminating":0,"uncountedTerminatedPods":{},"ready":0}""", plan.Status.ToJsonString());
    }

    [Fact]
    public void Pod_is_remembered_before_it_is_counted_and_let_go()
    {
        var plan = Plan(Job(), Tracked(Pod("a", "Succeeded")));
        Assert.Equal("uid-a", Assert.Single(plan.StatusBefore!.Texts("uncountedTerminatedPods", "succeeded")));
        Assert.Null(plan.StatusBefore!.Integer("succeeded"));
        Assert.Equal("a", Assert.Single(plan.Release).Name);
        Assert.Equal(1, plan.Status.Integer("succeeded"));
        Assert.Equal(["SuccessCriteriaMet CompletionsReached", "Complete CompletionsReached"], plan.Status.Objects("conditions").Select(c => $"{c.Text("type")} {c.Text("reason")}"));
        Assert.Equal(("Normal", "Completed", "Job completed"), Assert.Single(plan.Events));
    }

    [Fact]
    public void Pod_counted_before_a_crash_is_not_counted_twice()
    {
        var job = Job(""","completions":2""");
        job["status"]!["uncountedTerminatedPods"] = Json("""{"succeeded":["uid-a"]}""");
        var plan = Plan(job, Tracked(Pod("a", "Succeeded")));
        Assert.Equal(1, plan.Status.Integer("succeeded"));
        Assert.Null(plan.StatusBefore);
        Assert.Equal("a", Assert.Single(plan.Release).Name);
    }

    [Fact]
    public void Failed_pod_is_replaced_after_ten_seconds_then_twenty()
    {
        var plan = Plan(Job(), Tracked(Pod("a", "Failed")));
        Assert.Empty(plan.Create);
        Assert.Equal(TimeSpan.FromSeconds(10), plan.Again);
        var backoff = default(JobBackoff).With(plan, Now);
        Assert.Equal(TimeSpan.FromSeconds(4), backoff.Remaining(Now.AddSeconds(6)));
        Assert.Equal(TimeSpan.FromSeconds(20), backoff.With(plan, Now).Remaining(Now));
    }

    [Fact]
    public void Beyond_the_limit_the_job_fails_when_its_pods_are_gone()
    {
        var job = Job(""","backoffLimit":0,"parallelism":2,"completions":2""");
        var plan = Plan(job, Tracked(Pod("a", "Failed")), Tracked(Pod("b")));
        Assert.Equal("b", Assert.Single(plan.Delete).Name);
        Assert.Equal("FailureTarget", Assert.Single(plan.Status.Objects("conditions")).Text("type"));
        Assert.Empty(plan.Events);

        job["status"] = plan.Status;
        plan = Plan(job);
        Assert.Equal(["FailureTarget", "Failed"], plan.Status.Objects("conditions").Select(c => c.Text("type")));
        Assert.Equal(("Warning", "BackoffLimitExceeded", "Job has reached the specified backoff limit"), Assert.Single(plan.Events));
    }

    [Fact]
    public void Deadline_ends_a_job_that_runs_too_long()
    {
        var plan = Plan(Job(""","activeDeadlineSeconds":5"""), Tracked(Pod("a")));
        Assert.Equal("DeadlineExceeded", plan.Status.Objects("conditions").First().Text("reason"));
        Assert.Equal(TimeSpan.FromSeconds(1), Plan(Job(""","activeDeadlineSeconds":6"""), Tracked(Pod("a"))).Again);
    }

    [Fact]
    public void Failure_policy_names_container_code_and_rule()
    {
        var pod = Tracked(Pod("p", "Failed"));
        pod["status"]!["containerStatuses"] = new JsonArray(Json("""{"name":"c","state":{"terminated":{"exitCode":42}}}"""));
        const string rules = ""","podFailurePolicy":{"rules":[{"action":"ACTION","onExitCodes":{"containerName":"c","operator":"In","values":[42]}}]}""";
        var fail = Plan(Job(rules.Replace("ACTION", "FailJob", StringComparison.Ordinal)), pod);
        Assert.Equal("Container c for pod ns/p failed with exit code 42 matching FailJob rule at index 0", fail.Status.Objects("conditions").First().Text("message"));
        var ignore = Plan(Job(rules.Replace("ACTION", "Ignore", StringComparison.Ordinal)), pod);
        Assert.Null(ignore.Status.Integer("failed"));
        Assert.Single(ignore.Create);
    }

    [Fact]
    public void Indexed_job_makes_the_missing_indexes_and_fails_those_beyond_their_limit()
    {
        var job = Job(""","completionMode":"Indexed","completions":4,"parallelism":4,"backoffLimitPerIndex":0""");
        var plan = Plan(job, Tracked(Pod("a", "Succeeded"), 0), Tracked(Pod("b", "Failed"), 1), Tracked(Pod("c"), 2));
        Assert.Equal(("0", "1"), (plan.Status.Text("completedIndexes"), plan.Status.Text("failedIndexes")));
        Assert.Equal((1L, 1L), (plan.Status.Integer("succeeded"), plan.Status.Integer("failed")));
        var pod = JobPods.Build(job, 3, 0);
        Assert.Equal(("j-3-", "j-3", "3"), (pod.Text("metadata", "generateName"), pod.Text("spec", "hostname"), pod.Label(JobPods.CompletionIndex)));
        Assert.Equal("metadata.labels['batch.kubernetes.io/job-completion-index']", pod.Objects("spec", "containers").Single().Objects("env").Single().Text("valueFrom", "fieldRef", "fieldPath"));
    }

    [Fact]
    public void Success_policy_ends_the_job_early_and_its_leftovers_have_not_failed()
    {
        var job = Job(""","completionMode":"Indexed","completions":2,"parallelism":2,"successPolicy":{"rules":[{"succeededIndexes":"0"}]}""");
        var plan = Plan(job, Tracked(Pod("a", "Succeeded"), 0), Tracked(Pod("b"), 1));
        Assert.Equal("Matched rules at index 0", Assert.Single(plan.Status.Objects("conditions")).Text("message"));
        Assert.Equal("b", Assert.Single(plan.Delete).Name);
        job["status"] = plan.Status;
        var leftover = Tracked(Pod("b"), 1);
        leftover.Metadata["deletionTimestamp"] = "2026-01-02T03:04:05Z";
        Assert.Null(Plan(job, leftover).Status.Integer("failed"));
    }

    [Fact]
    public void Suspended_job_gives_up_its_pods_without_counting_them()
    {
        var plan = Plan(Job(""","suspend":true"""), Tracked(Pod("a")));
        Assert.Equal("a", Assert.Single(plan.Discard).Name);
        Assert.Empty(plan.Delete);
        Assert.Equal(("Normal", "Suspended", "Job suspended"), Assert.Single(plan.Events));
        Assert.Null(plan.Status.Text("startTime"));
    }

    [Fact]
    public void Index_list_reads_back_what_it_wrote() => Gen.Int[0, 40].HashSet[0, 25].Sample(set =>
        IndexSet.Parse(IndexSet.Format(set), 41).SetEquals(set), iter: 1000);

    [Fact]
    public void Index_list_joins_three_and_more() => Assert.Equal("0,2-4,7,8", IndexSet.Format([8, 7, 4, 3, 2, 0]));
}
