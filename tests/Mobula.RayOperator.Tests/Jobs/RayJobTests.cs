using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray.Dashboard;
using Mobula.RayOperator.Jobs;

namespace Mobula.RayOperator.Tests.Jobs;

/// <summary>The decisions about a RayJob, without a server.</summary>
public class RayJobTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly SubmitterState Submitting = new(null, null);
    private static readonly SubmitterState Submitted = new(Now, null);

    private static RayJobView Job(string spec, string status = "{}") => new(
        KubernetesJson.ParseObject(Encoding.UTF8.GetBytes(
            $$$$$"""{"apiVersion":"ray.io/v1","kind":"RayJob","metadata":{"name":"j","namespace":"ns","uid":"u"},"spec":{"entrypoint":"python x.py","rayClusterSpec":{"headGroupSpec":{"template":{"spec":{"containers":[{"name":"h","image":"i"}]}}}}{{{{{(spec.Length > 0 ? "," : "")}}}}}{{{{{spec}}}}}},"status":{{{{{status}}}}}}""")),
        new());

    private static RayJobStatus Status(string status) => new(Job("", status).Object);

    [Fact]
    public void Job_that_succeeded_is_complete_only_once_its_submitter_ended()
    {
        var (job, status) = (Job(""), Status("""{"jobDeploymentStatus":"Running"}"""));
        JobConclusion.Draw(job, status, new() { Status = "SUCCEEDED", EndTime = 1 }, null, Submitting);
        Assert.Equal(("Running", "SUCCEEDED"), (status.Deployment, status.Job));
        JobConclusion.Draw(job, status, new() { Status = "SUCCEEDED", EndTime = 1 }, null, Submitted);
        Assert.Equal("Complete", status.Deployment);
    }

    [Fact]
    public void Failed_submitter_is_the_applications_failure_where_the_dashboard_says_so()
    {
        var failed = new SubmitterState(Now, "Job submission has failed.");
        var status = Status("""{"jobDeploymentStatus":"Running"}""");
        JobConclusion.Draw(Job(""), status, new JobDetails { Status = "FAILED", Message = "boom" }, null, failed);
        Assert.Equal(("Failed", "AppFailed", "boom"), (status.Deployment, status.Reason, status.Message));
        status = Status("""{"jobDeploymentStatus":"Running"}""");
        JobConclusion.Draw(Job(""), status, null, null, failed);
        Assert.Equal(("Failed", "SubmissionFailed", "Job submission has failed."), (status.Deployment, status.Reason, status.Message));
    }

    [Fact]
    public void Dashboard_that_is_silent_too_long_ends_the_job()
    {
        var status = Status("""{"jobDeploymentStatus":"Running"}""");
        Assert.True(JobConclusion.Unreachable(status, Submitting, Now).Writes);
        Assert.False(JobConclusion.Unreachable(status, Submitting, Now.AddSeconds(3)).Writes);
        Assert.False(JobDeadlines.StatusCheck(Job(""), status, Now.AddSeconds(299)));
        Assert.True(JobDeadlines.StatusCheck(Job(""), status, Now.AddSeconds(300)));
        Assert.Equal("JobStatusCheckTimeoutExceeded", status.Reason);
    }

    [Theory]
    [InlineData(0, "DeleteWorkers", 10)]
    [InlineData(9, "DeleteCluster", 7)]
    [InlineData(15, "DeleteSelf", null)]
    public void Of_the_rules_that_are_due_the_most_destructive_counts(int after, string due, int? next)
    {
        var job = Job(""" "deletionStrategy":{"deletionRules":[{"policy":"DeleteWorkers","condition":{"jobStatus":"SUCCEEDED","ttlSeconds":0}},{"policy":"DeleteCluster","condition":{"jobStatus":"SUCCEEDED","ttlSeconds":8}},{"policy":"DeleteSelf","condition":{"jobStatus":"SUCCEEDED","ttlSeconds":14}}]} """);
        var status = Status($$"""{"jobDeploymentStatus":"Complete","jobStatus":"SUCCEEDED","endTime":"{{KubernetesTime.Format(Now)}}"}""");
        var cluster = new JsonObject { ["spec"] = new JsonObject { ["workerGroupSpecs"] = new JsonArray(new JsonObject { ["groupName"] = "g" }) } };
        var plan = DeletionPlanner.Plan(job, status, cluster, Now.AddSeconds(after));
        Assert.Equal((due, next), ($"{plan.Due}", (int?)plan.After?.TotalSeconds));
    }

    [Fact]
    public void Finished_job_keeps_its_cluster_for_its_time_to_live()
    {
        var job = Job(""" "shutdownAfterJobFinishes":true,"ttlSecondsAfterFinished":60 """);
        var status = Status($$"""{"jobDeploymentStatus":"Complete","jobStatus":"SUCCEEDED","endTime":"{{KubernetesTime.Format(Now)}}"}""");
        Assert.Equal(new DeletionPlan(null, TimeSpan.FromSeconds(62)), DeletionPlanner.Plan(job, status, [], Now));
        Assert.Equal(new DeletionPlan(DeletionPolicy.DeleteCluster, null), DeletionPlanner.Plan(job, status, [], Now.AddSeconds(60)));
        Assert.Equal(default, DeletionPlanner.Plan(job, status, null, Now.AddSeconds(60)));
    }

    [Theory]
    [InlineData(""" "suspend":true """, "a RayJob with shutdownAfterJobFinishes set to false is not allowed to be suspended")]
    [InlineData(""" "submissionMode":"SidecarMode","submitterConfig":{} """, "submitterConfig is not supported in SidecarMode")]
    [InlineData(""" "activeDeadlineSeconds":0 """, "activeDeadlineSeconds must be a positive integer")]
    [InlineData(""" "runtimeEnvYAML":"- a" """, "failed to unmarshal RuntimeEnvYAML: runtimeEnvYAML: a mapping is expected")]
    [InlineData(""" "deletionStrategy":{"deletionRules":[{"policy":"DeleteCluster","condition":{"jobStatus":"FAILED","ttlSeconds":9}},{"policy":"DeleteSelf","condition":{"jobStatus":"FAILED","ttlSeconds":3}}]} """, "for jobStatus FAILED, DeleteSelf TTL (3) must be >= DeleteCluster TTL (9)")]
    public void Spec_that_makes_no_sense_is_refused_with_the_reason(string spec, string reason) =>
        Assert.Equal($"The RayJob spec is invalid: {reason}", RayJobValidation.Spec(Job(spec)));

    [Fact]
    public void Command_quotes_as_go_does()
    {
        Assert.Equal("\"a\\\"b\\\\c\\nd$e`\\x01\"", SubmitterCommand.Quote("a\"b\\c\nd$e`\x01"));
        Assert.Equal("{\"a\":[1,\"\\u003cx\\u003e\"],\"b\":null}", SubmitterCommand.Json(JsonNode.Parse("""{"b":null,"a":[1,"<x>"]}""")));
        var command = SubmitterCommand.Write(Job(""" "entrypointNumCpus":2,"entrypointNumGpus":0.5,"entrypointResources":"{\"a\": 1}","metadata":{"k":"v"} """), "id", "http://h:8265", "http://h:8265", checksFirst: false);
        Assert.EndsWith("ray job submit --address http://h:8265 --metadata-json \"{\\\"k\\\":\\\"v\\\"}\" --submission-id id --entrypoint-num-cpus 2.000000 --entrypoint-num-gpus 0.500000 --entrypoint-resources \"{\\\"a\\\": 1}\" -- python x.py ;", command, StringComparison.Ordinal);
    }

    [Fact]
    public void Submitter_is_restricted_unless_the_job_says_otherwise()
    {
        var job = Job("");
        var submitter = SubmitterBuilder.Job(job, Status("""{"dashboardURL":"h:8265","jobId":"id"}"""), job.Template());
        Assert.False(submitter.Objects("spec", "template", "spec", "containers").Single().Flag("securityContext", "allowPrivilegeEscalation"));
        job.Object.Ensure("metadata", "annotations")["mobula.dev/pod-security-defaults"] = "false";
        submitter = SubmitterBuilder.Job(job, Status("""{"dashboardURL":"h:8265","jobId":"id"}"""), job.Template());
        Assert.Null(submitter.Objects("spec", "template", "spec", "containers").Single().Object("securityContext"));
    }
}
