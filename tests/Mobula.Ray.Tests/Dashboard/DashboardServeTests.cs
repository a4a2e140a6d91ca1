using System.Net;
using System.Text.Json.Nodes;
using Mobula.Ray.Dashboard;

namespace Mobula.Ray.Tests.Dashboard;

public sealed class DashboardServeTests
{
    private const string Address = "http://c-head-svc.ns:8265";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Applications_are_read_with_their_deployments()
    {
        const string body = """
            {"controller_info":{"node_id":"0a"},"proxy_location":"EveryNode","http_options":{"port":8000},"proxies":{},"target_capacity":null,"applications":{
              "greet":{"name":"greet","route_prefix":"/greet","status":"RUNNING","message":"","source":"declarative","last_deployed_time_s":1.5,
                "deployments":{"Greeter":{"name":"Greeter","status":"HEALTHY","message":"","replicas":[{"state":"RUNNING"}]}}},
              "third":{"name":"third","route_prefix":null,"status":"DEPLOY_FAILED","message":"No module named 'nowhere'","deployments":{}}}}
            """;
        var dashboard = new RecordedDashboard((HttpStatusCode.OK, body));
        var applications = await dashboard.Client().ServeApplicationsAsync(Cancellation);
        Assert.Equal($"GET {Address}/api/serve/applications/?api_type=declarative", dashboard.Requests.Single().Line);
        Assert.Equal(["greet", "third"], applications.Keys.Order());
        Assert.Equal(("RUNNING", "HEALTHY"), (applications["greet"].Status, applications["greet"].Deployments!["Greeter"].Status));
        Assert.Equal(("DEPLOY_FAILED", "No module named 'nowhere'"), (applications["third"].Status, applications["third"].Message));
        Assert.Empty(applications["third"].Deployments!);
    }

    [Theory]
    [InlineData("""{"controller_info":{},"proxies":{},"applications":{},"target_capacity":null}""")]
    [InlineData("{}")]
    public async Task Nothing_deployed_is_no_application(string body) =>
        Assert.Empty(await new RecordedDashboard((HttpStatusCode.OK, body)).Client().ServeApplicationsAsync(Cancellation));

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError, """{"applications":{}}""")]
    [InlineData(HttpStatusCode.Forbidden, "Forbidden: Invalid authentication token")]
    [InlineData(HttpStatusCode.OK, "not JSON")]
    public async Task Answer_that_tells_no_applications_is_an_error(HttpStatusCode status, string body)
    {
        var client = new RecordedDashboard((status, body)).Client();
        var error = await Assert.ThrowsAsync<DashboardException>(() => client.ServeApplicationsAsync(Cancellation));
        Assert.Equal((status, $"GET /api/serve/applications/?api_type=declarative: {(int)status} {body}"), (error.Status, error.Message));
    }

    [Fact]
    public async Task Configuration_is_sent_as_it_is()
    {
        var config = new JsonObject { ["applications"] = new JsonArray(new JsonObject { ["name"] = "greet", ["import_path"] = "greeter:app", ["nope"] = 1 }) };
        var dashboard = new RecordedDashboard((HttpStatusCode.OK, ""));
        await dashboard.Client("secret").DeployAsync(config, Cancellation);
        var request = dashboard.Requests.Single();
        Assert.Equal(($"PUT {Address}/api/serve/applications/", "application/json", "Bearer secret"), (request.Line, request.ContentType?.MediaType, request.Token));
        Assert.True(JsonNode.DeepEquals(config, JsonNode.Parse(request.Body!)));
    }

    [Fact]
    public async Task Refused_configuration_is_told_with_the_dashboards_words()
    {
        const string refusal = "1 validation error for ServeDeploySchema\napplications\n  Field required";
        var client = new RecordedDashboard((HttpStatusCode.BadRequest, refusal)).Client();
        var error = await Assert.ThrowsAsync<DashboardException>(() => client.DeployAsync([], Cancellation));
        Assert.Equal((HttpStatusCode.BadRequest, $"PUT /api/serve/applications/: 400 {refusal}"), (error.Status, error.Message));
    }

    [Fact]
    public async Task Dashboard_out_of_reach_is_not_an_answer()
    {
        var client = new DashboardClient(new HttpClient(new Unreachable()), new("http://nowhere:8265"));
        await Assert.ThrowsAsync<HttpRequestException>(() => client.ServeApplicationsAsync(Cancellation));
    }

    private sealed class Unreachable : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => throw new HttpRequestException("connection refused");
    }
}
