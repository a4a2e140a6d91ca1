using System.Text.Json.Nodes;
using CsCheck;
using Mobula.Controllers.CronJobs;
using Mobula.Kubernetes;
using static Mobula.Controllers.Tests.Objects;

namespace Mobula.Controllers.Tests.CronJobs;

public sealed class CronJobPlannerTests
{
    [Fact]
    public void Job_that_is_due_is_created_under_the_minute_it_is_for()
    {
        var plan = CronJobPlanner.Plan(CronJob("0 * * * *"), [], Now);
        Assert.Equal(At("03:00:00"), plan.ScheduledAt);
        var job = Assert.IsType<JsonObject>(plan.Create);
        Assert.Equal($"c-{At("03:00:00").ToUnixTimeSeconds() / 60}", job.Name);
        Assert.Equal("2026-01-02T03:00:00Z", job.Annotation("batch.kubernetes.io/cronjob-scheduled-timestamp"));
        Assert.Equal(At("04:00:00").AddMilliseconds(100) - Now, plan.Again);
        var status = CronJobPlanner.WithStarted(plan.Status, Job("c-1"), plan.ScheduledAt);
        Assert.Equal(("2026-01-02T03:00:00Z", "c-1"), (status.Text("lastScheduleTime"), status.Objects("active").Single().Text("name")));
    }

    [Fact]
    public void What_was_started_already_is_not_started_again() =>
        Assert.Null(CronJobPlanner.Plan(CronJob("0 * * * *", status: """{"lastScheduleTime":"2026-01-02T03:00:00Z"}"""), [], Now).Create);

    [Fact]
    public void Suspended_one_starts_nothing() => Assert.Null(CronJobPlanner.Plan(CronJob("0 * * * *", ",\"suspend\":true"), [], Now).Create);

    [Fact]
    public void Start_that_is_too_late_is_missed()
    {
        var plan = CronJobPlanner.Plan(CronJob("0 * * * *", ",\"startingDeadlineSeconds\":300"), [], Now);
        Assert.NotNull(plan.Create);
        plan = CronJobPlanner.Plan(CronJob("0 * * * *", ",\"startingDeadlineSeconds\":10"), [], Now);
        Assert.Null(plan.Create);
    }

    [Theory]
    [InlineData("Allow", true, 0)]
    [InlineData("Forbid", false, 0)]
    [InlineData("Replace", true, 1)]
    public void Job_that_still_runs_is_dealt_with_by_policy(string policy, bool creates, int deletes)
    {
        var cronJob = CronJob("0 * * * *", $",\"concurrencyPolicy\":\"{policy}\"", """{"active":[{"name":"c-0","uid":"c-0"}],"lastScheduleTime":"2026-01-02T02:00:00Z"}""");
        var plan = CronJobPlanner.Plan(cronJob, [Job("c-0")], Now);
        Assert.Equal((creates, deletes), (plan.Create is not null, plan.Delete.Count));
        Assert.Equal(policy == "Forbid", plan.Events.Any(e => e.Reason == "JobAlreadyActive"));
        Assert.Equal(policy != "Replace", plan.Status.ContainsKey("active"));
    }

    [Fact]
    public void Ended_jobs_leave_the_status_and_only_some_are_kept()
    {
        var cronJob = CronJob("0 0 1 1 *", ",\"successfulJobsHistoryLimit\":1", """{"active":[{"name":"b","uid":"b"},{"name":"gone","uid":"gone"}]}""");
        var plan = CronJobPlanner.Plan(cronJob, [Job("a", "Complete", "2026-01-02T01:00:00Z"), Job("b", "Complete", "2026-01-02T02:00:00Z"), Job("f", "Failed")], Now);
        Assert.Equal("a", Assert.Single(plan.Delete).Name);
        Assert.Equal("""{"lastSuccessfulTime":"2026-01-02T02:00:00Z"}""", plan.Status.ToJsonString());
        Assert.Equal(["Saw completed job: b, condition: Complete", "Active job went missing: gone"], plan.Events.Select(e => e.Message));
    }

    [Fact]
    public void After_a_long_time_only_the_latest_start_counts()
    {
        var plan = CronJobPlanner.Plan(CronJob("* * * * *", status: """{"lastScheduleTime":"2020-01-01T00:00:00Z"}"""), [], Now);
        Assert.Equal(At("03:04:00"), plan.ScheduledAt);
        Assert.Contains(plan.Events, e => e.Reason == "TooManyMissedTimes");
    }

    [Fact]
    public void Latest_start_is_the_last_one_not_after_now() => Gen.Select(Gen.Int[1, 59], Gen.Int[0, 400_000]).Sample((minutes, ago) =>
    {
        var schedule = CronSchedule.Parse($"*/{minutes} * * * *", null);
        var last = KubernetesTime.Format(Now.AddSeconds(-ago));
        var plan = CronJobPlanner.Plan(CronJob($"*/{minutes} * * * *", status: $$"""{"lastScheduleTime":"{{last}}"}"""), [], Now);
        if (plan.Create is null) return schedule.Next(Now.AddSeconds(-ago)) > Now;
        return plan.ScheduledAt <= Now && plan.ScheduledAt > Now.AddSeconds(-ago) && schedule.Next(plan.ScheduledAt) > Now;
    }, iter: 300);

    [Theory]
    [InlineData("@daily", null, "2026-01-03T00:00:00")]
    [InlineData("0 6 * * *", "Europe/Berlin", "2026-01-02T05:00:00")]
    [InlineData("@every 90m", null, "2026-01-02T04:34:05")]
    [InlineData("0 0 13 * 1", null, "2026-01-05T00:00:00")]
    [InlineData("0 0 4 * */1", null, "2026-01-04T00:00:00")]
    public void Schedule_gives_the_next_time(string schedule, string? zone, string next) =>
        Assert.Equal(next, CronSchedule.Parse(schedule, zone).Next(Now)!.Value.UtcDateTime.ToString("s", System.Globalization.CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("61 * * * *", null, "UnparseableSchedule")]
    [InlineData("0 * * * *", "Mars/Olympus", "UnknownTimeZone")]
    public void Schedule_that_cannot_be_read_is_told(string schedule, string? zone, string reason)
    {
        var plan = CronJobPlanner.Plan(CronJob(schedule, zone is null ? "" : $",\"timeZone\":\"{zone}\""), [], Now);
        Assert.Equal(reason, Assert.Single(plan.Events).Reason);
        Assert.Null(plan.Create);
    }

    private static DateTimeOffset At(string time) => KubernetesTime.Parse($"2026-01-02T{time}Z")!.Value;

    private static JsonObject CronJob(string schedule, string spec = "", string status = "{}") => Json($$$$$"""
        {"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"c","namespace":"ns","uid":"u","creationTimestamp":"2026-01-02T02:30:00Z"},
         "spec":{"schedule":"{{{{{schedule}}}}}","jobTemplate":{"spec":{"template":{}}}{{{{{spec}}}}}},"status":{{{{{status}}}}}}
        """);

    private static JsonObject Job(string name, string? ended = null, string? completed = null) => Json($$$$$"""
        {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"{{{{{name}}}}}","namespace":"ns","uid":"{{{{{name}}}}}","creationTimestamp":"{{{{{completed ?? "2026-01-02T02:00:00Z"}}}}}"},
         "status":{ {{{{{(completed is null ? "" : $"\"completionTime\":\"{completed}\",")}}}}} "conditions":[{{{{{(ended is null ? "" : $"{{\"type\":\"{ended}\",\"status\":\"True\"}}")}}}}}]}}
        """);
}
