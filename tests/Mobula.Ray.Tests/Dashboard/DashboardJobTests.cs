using System.Net;
using System.Text.Json.Nodes;
using Mobula.Ray.Dashboard;

namespace Mobula.Ray.Tests.Dashboard;

public sealed class DashboardJobTests
{
    private const string Address = "http://c-head-svc.ns:8265";

    private const string Succeeded =
        """{"type":"SUBMISSION","job_id":null,"submission_id":"life-1","driver_info":null,"status":"SUCCEEDED","entrypoint":"sleep 1","message":"Job finished successfully.","error_type":null,"start_time":1700000000123,"end_time":1700000001456,"metadata":null,"runtime_env":null,"driver_agent_http_address":"http://10.0.0.1:52365","driver_node_id":"0a","driver_exit_code":0}""";

    private const string Running =
        """{"type":"SUBMISSION","job_id":null,"submission_id":"stop-1","status":"RUNNING","message":"Job is currently running.","start_time":1700000000123,"end_time":null}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Job_is_read_with_its_times()
    {
        var dashboard = new RecordedDashboard((HttpStatusCode.OK, Succeeded));
        var job = await dashboard.Client().FindJobAsync("life-1", Cancellation);
        Assert.Equal(
            new JobDetails { Status = "SUCCEEDED", Message = "Job finished successfully.", StartTime = 1700000000123, EndTime = 1700000001456, SubmissionId = "life-1" }, job);
        Assert.Equal(($"GET {Address}/api/jobs/life-1", null), (dashboard.Requests.Single().Line, dashboard.Requests.Single().Body));
    }

    [Fact]
    public async Task Job_that_runs_has_no_end() =>
        Assert.Equal((1700000000123d, null), await new RecordedDashboard((HttpStatusCode.OK, Running)).Client().FindJobAsync("stop-1", Cancellation) is { } job ? (job.StartTime, job.EndTime) : default);

    [Fact]
    public async Task Job_nobody_knows_is_null() =>
        Assert.Null(await new RecordedDashboard((HttpStatusCode.NotFound, "Job nobody does not exist")).Client().FindJobAsync("nobody", Cancellation));

    [Theory]
    [InlineData("a é", "a%20%C3%A9")]
    [InlineData("../version", "..%2Fversion")]
    [InlineData("a?b#c", "a%3Fb%23c")]
    public async Task Id_is_one_part_of_the_path(string id, string escaped)
    {
        var dashboard = new RecordedDashboard((HttpStatusCode.NotFound, ""));
        await dashboard.Client().FindJobAsync(id, Cancellation);
        Assert.Equal($"GET {Address}/api/jobs/{escaped}", dashboard.Requests.Single().Line);
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, "Unauthorized: Missing authentication token")]
    [InlineData(HttpStatusCode.BadGateway, "<html>")]
    [InlineData(HttpStatusCode.OK, "null")]
    public async Task Answer_that_is_no_job_is_told_with_status_and_text(HttpStatusCode status, string body)
    {
        var error = await Assert.ThrowsAsync<DashboardException>(() => new RecordedDashboard((status, body)).Client().FindJobAsync("j", Cancellation));
        Assert.Equal((status, $"GET /api/jobs/j: {(int)status} {body}"), (error.Status, error.Message));
    }

    [Fact]
    public async Task Traceback_is_cut_short()
    {
        var traceback = "Traceback (most recent call last):\n" + new string('x', 5000);
        var error = await Assert.ThrowsAsync<DashboardException>(() => new RecordedDashboard((HttpStatusCode.InternalServerError, traceback)).Client().FindJobAsync("j", Cancellation));
        Assert.Equal($"GET /api/jobs/j: 500 {traceback[..300]}", error.Message);
    }

    [Fact]
    public async Task Submission_sends_what_is_said_and_nothing_else()
    {
        var dashboard = new RecordedDashboard((HttpStatusCode.OK, """{"job_id":"life-1","submission_id":"life-1"}"""), (HttpStatusCode.OK, "{}"));
        var client = dashboard.Client();
        Assert.True(await client.SubmitAsync(new() { Entrypoint = "python -c \"print(6 * 7)\"" }, Cancellation));
        Assert.True(await client.SubmitAsync(
            new()
            {
                Entrypoint = "python x.py",
                SubmissionId = "life-1",
                RuntimeEnvironment = new() { ["pip"] = new JsonArray("requests"), ["env_vars"] = new JsonObject { ["A"] = "1" } },
                Metadata = new Dictionary<string, string> { ["team"] = "a" },
                CpuCount = 0.5,
                GpuCount = 1,
                Resources = new() { ["tpu"] = 2 },
            },
            Cancellation));
        Assert.All(dashboard.Requests, r => Assert.Equal(($"POST {Address}/api/jobs/", "application/json"), (r.Line, r.ContentType?.MediaType)));
        Same("""{"entrypoint":"python -c \"print(6 * 7)\""}""", dashboard.Requests[0].Body);
        Same(
            """{"entrypoint":"python x.py","submission_id":"life-1","runtime_env":{"pip":["requests"],"env_vars":{"A":"1"}},"metadata":{"team":"a"},"entrypoint_num_cpus":0.5,"entrypoint_num_gpus":1,"entrypoint_resources":{"tpu":2}}""",
            dashboard.Requests[1].Body);
    }

    [Fact]
    public async Task Submission_of_a_known_id_is_no_error()
    {
        const string refusal = "Traceback (most recent call last):\nValueError: Job with submission_id life-1 already exists. Please use a different submission_id.\n";
        Assert.False(await new RecordedDashboard((HttpStatusCode.InternalServerError, refusal)).Client().SubmitAsync(new() { Entrypoint = "true", SubmissionId = "life-1" }, Cancellation));
    }

    [Fact]
    public async Task Refused_submission_is_told_with_the_dashboards_words()
    {
        const string refusal = "'POST' method not allowed for browser traffic.";
        var client = new RecordedDashboard((HttpStatusCode.MethodNotAllowed, refusal)).Client();
        var error = await Assert.ThrowsAsync<DashboardException>(() => client.SubmitAsync(new() { Entrypoint = "true" }, Cancellation));
        Assert.Equal((HttpStatusCode.MethodNotAllowed, $"POST /api/jobs/: 405 {refusal}"), (error.Status, error.Message));
    }

    [Fact]
    public async Task Stopped_job_is_stopped_without_another_look()
    {
        var dashboard = new RecordedDashboard((HttpStatusCode.OK, """{"stopped":true}"""));
        Assert.True(await dashboard.Client().StopAsync("stop-1", Cancellation));
        Assert.Equal($"POST {Address}/api/jobs/stop-1/stop", dashboard.Requests.Single().Line);
    }

    [Fact]
    public async Task Job_that_had_ended_counts_as_stopped()
    {
        var dashboard = new RecordedDashboard((HttpStatusCode.OK, """{"stopped":false}"""), (HttpStatusCode.OK, Succeeded));
        Assert.True(await dashboard.Client().StopAsync("life-1", Cancellation));
        Assert.Equal(2, dashboard.Requests.Count);
    }

    [Fact]
    public async Task Job_that_runs_on_is_not_stopped() =>
        Assert.False(await new RecordedDashboard((HttpStatusCode.OK, """{"stopped":false}"""), (HttpStatusCode.OK, Running)).Client().StopAsync("stop-1", Cancellation));

    [Fact]
    public async Task Job_that_vanished_meanwhile_counts_as_stopped() =>
        Assert.True(await new RecordedDashboard((HttpStatusCode.OK, """{"stopped":false}"""), (HttpStatusCode.NotFound, "gone")).Client().StopAsync("j", Cancellation));

    [Fact]
    public async Task Stopping_what_nobody_knows_is_an_error()
    {
        var client = new RecordedDashboard((HttpStatusCode.NotFound, "Job nobody does not exist")).Client();
        var error = await Assert.ThrowsAsync<DashboardException>(() => client.StopAsync("nobody", Cancellation));
        Assert.Equal("POST /api/jobs/nobody/stop: 404 Job nobody does not exist", error.Message);
    }

    [Fact]
    public async Task Token_goes_the_way_KubeRay_sends_it()
    {
        var dashboard = new RecordedDashboard((HttpStatusCode.OK, Running), (HttpStatusCode.OK, Running));
        await dashboard.Client("secret").FindJobAsync("j", Cancellation);
        await dashboard.Client().FindJobAsync("j", Cancellation);
        Assert.Equal(["Bearer secret", null], dashboard.Requests.Select(r => r.Token));
    }

    [Theory]
    [InlineData("PENDING", false)]
    [InlineData("RUNNING", false)]
    [InlineData("STOPPED", true)]
    [InlineData("SUCCEEDED", true)]
    [InlineData("FAILED", true)]
    [InlineData(null, false)]
    public void No_other_status_follows_a_terminal_one(string? status, bool terminal) => Assert.Equal(terminal, JobDetails.IsTerminal(status));

    private static void Same(string expected, string? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual!)), $"expected {expected}\nsent     {actual}");
}
