using System.Text.Json.Nodes;
using Mobula.Controllers.Quotas;
using static Mobula.Controllers.Tests.Objects;

namespace Mobula.Controllers.Tests.Quotas;

public sealed class QuotaUsagePlannerTests
{
    private static readonly JsonObject Quota = Json("""{"spec":{"hard":{"pods":"2","requests.cpu":"1","count/jobs.batch":"3"}}}""");

    [Fact]
    public void Status_tells_the_sums_of_what_is_limited_and_nothing_else()
    {
        var status = QuotaUsagePlanner.Status(Quota, new Dictionary<string, IReadOnlyList<JsonObject>>
        {
            ["pods"] = [Json("""{"spec":{"containers":[{"name":"a","resources":{"requests":{"cpu":"250m","memory":"1Gi"}}}]}}"""), Json("""{"spec":{"containers":[{"name":"a"}]},"status":{"phase":"Succeeded"}}""")],
            ["jobs.batch"] = [[]],
        });

        Assert.Equal("""{"hard":{"pods":"2","requests.cpu":"1","count/jobs.batch":"3"},"used":{"pods":"1","requests.cpu":"250m","count/jobs.batch":"1"}}""", status.ToJsonString());
    }

    [Fact]
    public void Unused_resources_are_zero() =>
        Assert.Equal("""{"pods":"0","requests.cpu":"0","count/jobs.batch":"0"}""", QuotaUsagePlanner.Status(Quota, new Dictionary<string, IReadOnlyList<JsonObject>>())["used"]!.ToJsonString());

    [Fact]
    public void Resources_to_be_counted_are_known_by_the_names() => Assert.Equal(["pods", "jobs.batch"], QuotaUsagePlanner.Counted(Quota));

    [Fact]
    public void Pod_frees_its_share_when_it_ends_or_goes()
    {
        var (running, ended) = (Json("""{"status":{"phase":"Running"}}"""), Json("""{"status":{"phase":"Failed"}}"""));

        Assert.False(QuotaUsagePlanner.FreesSomething("pods", null, running));
        Assert.False(QuotaUsagePlanner.FreesSomething("pods", running, running));
        Assert.True(QuotaUsagePlanner.FreesSomething("pods", running, ended));
        Assert.True(QuotaUsagePlanner.FreesSomething("pods", running, null));
    }
}
