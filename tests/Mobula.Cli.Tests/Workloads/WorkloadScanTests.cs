using System.Text.Json.Nodes;
using Mobula.Cli.Reports;
using Mobula.Cli.Workloads;
using Mobula.PodSecurity;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Tests.Workloads;

public sealed class WorkloadScanTests : IDisposable
{
    private const string Loose = """{"containers":[{"name":"app","image":"a"}]}""";

    private const string Hardened = """
        {"securityContext":{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},
         "containers":[{"name":"app","image":"a","securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}}]}
        """;

    private static readonly LevelVersion Restricted = new(PodSecurityLevel.Restricted, PodSecurityVersion.Latest);

    private readonly ServedObjects _server = new();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Template_scaled_to_zero_breaks_its_workload()
    {
        AddNamespace("team", "baseline");
        _server.Add("/apis/apps/v1/deployments", Templated("web", "d1", Loose));
        _server.Add("/apis/apps/v1/statefulsets", Templated("db", "s1", Hardened));

        var report = await ReportAsync();

        var ns = Assert.Single(report.Namespaces);
        var workload = Assert.Single(ns.Workloads);
        Assert.Equal(("Deployment/web", 0, 2), (workload.Title, workload.RunningPods, ns.Pods));
        Assert.Equal("baseline:latest", ns.Namespace.Policy.Enforce.ToString());
        Assert.Equal(["allowPrivilegeEscalation", "capabilities_restricted", "runAsNonRoot", "seccompProfile_restricted"], workload.Findings.Select(f => f.CheckId).Order());
        Assert.Contains("kubectl patch -n team deployments.apps web", workload.FixCommand(report.PolicyFlags));
    }

    [Fact]
    public async Task What_is_owned_is_told_once_under_the_owner_at_the_top()
    {
        AddNamespace("team");
        _server.Add("/apis/apps/v1/deployments", Templated("web", "d1", Loose));
        _server.Add("/apis/apps/v1/replicasets", Templated("web-1", "r1", Loose, Owner("apps/v1", "Deployment", "web", "d1")));
        _server.Add("/api/v1/pods", Pod("web-1-a", Loose, Owner("apps/v1", "ReplicaSet", "web-1", "r1")));
        _server.Add("/api/v1/pods", Pod("web-1-b", Loose, Owner("apps/v1", "ReplicaSet", "web-1", "r1")));

        var workload = Assert.Single(Assert.Single((await ReportAsync()).Namespaces).Workloads);

        Assert.Equal(("Deployment/web", 2, 4, false), (workload.Title, workload.RunningPods, workload.Findings.Count, workload.IsChangedAfterwards));
    }

    [Fact]
    public async Task Container_that_only_running_pods_have_is_told_as_such()
    {
        AddNamespace("team");
        var injected = JsonNode.Parse(Hardened)!;
        injected["containers"]!.AsArray().Add(JsonNode.Parse("""{"name":"proxy","image":"p","securityContext":{"privileged":true}}"""));
        _server.Add("/apis/apps/v1/daemonsets", Templated("agent", "a1", Hardened));
        _server.Add("/api/v1/pods", Pod("agent-x", injected.ToJsonString(), Owner("apps/v1", "DaemonSet", "agent", "a1")));

        var report = await ReportAsync();

        var workload = Assert.Single(Assert.Single(report.Namespaces).Workloads);
        Assert.True(workload.IsChangedAfterwards);
        Assert.All(workload.Findings, f => Assert.Equal("proxy", f.Container));
        Assert.Null(workload.FixCommand(report.PolicyFlags));
    }

    [Fact]
    public async Task Pods_of_an_unknown_owner_are_one_workload_and_ended_pods_none()
    {
        AddNamespace("team");
        _server.Add("/api/v1/pods", Pod("a", Loose, Owner("argoproj.io/v1alpha1", "Rollout", "web", "x1")));
        _server.Add("/api/v1/pods", Pod("b", Loose, Owner("argoproj.io/v1alpha1", "Rollout", "web", "x1")));
        _server.Add("/api/v1/pods", Pod("done", Loose, status: """{"phase":"Succeeded"}"""));

        var workload = Assert.Single(Assert.Single((await ReportAsync()).Namespaces).Workloads);

        Assert.Equal(("Rollout/web", 2), (workload.Title, workload.RunningPods));
    }

    [Fact]
    public async Task Pages_are_followed_to_the_end_also_past_a_token_that_grew_old()
    {
        using var server = new ServedObjects(pageSize: 3) { Expired = { "/api/v1/pods" } };
        server.Add("/api/v1/namespaces", """{"metadata":{"name":"team"}}""");
        for (var i = 0; i < 10; i++) server.Add("/api/v1/pods", Pod($"solo-{i}", Loose));

        var scan = await ScanAsync(server);

        Assert.Equal(10, scan.RunningPods);
        Assert.Equal(10, scan.Workloads.Count());
    }

    [Fact]
    public async Task What_may_not_be_listed_is_told_and_the_rest_is_judged()
    {
        AddNamespace("team");
        _server.Forbidden.Add("/apis/batch/v1/cronjobs");
        _server.Add("/apis/batch/v1/jobs", Templated("once", "j1", Loose));

        var scan = await ScanAsync(_server);

        Assert.Contains("cronjobs.batch could not be read", Assert.Single(scan.Problems));
        Assert.Equal("Job/once", Assert.Single(scan.Workloads).Title);
    }

    [Fact]
    public async Task Names_of_people_are_text_in_every_form()
    {
        AddNamespace("team");
        _server.Add("/api/v1/pods", Pod("<script>alert(1)</script>", """{"containers":[{"name":"<b>x</b>","image":"a"}]}"""));

        var report = await ReportAsync();

        var html = ReportHtml.Of(report, DateTimeOffset.UnixEpoch);
        Assert.DoesNotContain("<script>alert", html);
        Assert.Contains("&lt;script&gt;alert", html);
        Assert.DoesNotContain("<b>x</b>", html);
        Assert.DoesNotContain("<b>x</b>", ReportMarkdown.Of(report));
        var json = JsonNode.Parse(ReportJson.Of(report))!;
        Assert.Equal("<script>alert(1)</script>", (string?)json["namespaces"]![0]!["workloads"]![0]!["name"]);
    }

    private static async Task<WorkloadScan> ScanAsync(ServedObjects server)
    {
        var scan = new WorkloadScan(new ManifestOptions { Policy = Restricted });
        await scan.RunAsync(server.Api(), null, _ => { }, TestContext.Current.CancellationToken);
        return scan;
    }

    private async Task<ClusterReport> ReportAsync() => ClusterReport.Of(await ScanAsync(_server), Restricted);

    private void AddNamespace(string name, string? enforced = null) => _server.Add(
        "/api/v1/namespaces",
        enforced is null ? $$$$"""{"metadata":{"name":"{{{{name}}}}"}}""" : $$$$"""{"metadata":{"name":"{{{{name}}}}","labels":{"pod-security.kubernetes.io/enforce":"{{{{enforced}}}}"}}}""");

    private static string Owner(string apiVersion, string kind, string name, string uid) =>
        $$$$""","ownerReferences":[{"apiVersion":"{{{{apiVersion}}}}","kind":"{{{{kind}}}}","name":"{{{{name}}}}","uid":"{{{{uid}}}}","controller":true}]""";

    private static string Templated(string name, string uid, string spec, string owner = "") =>
        $$$$"""{"metadata":{"name":"{{{{name}}}}","namespace":"team","uid":"{{{{uid}}}}"{{{{owner}}}}},"spec":{"replicas":0,"template":{"spec":{{{{spec}}}}}}}""";

    private static string Pod(string name, string spec, string owner = "", string status = """{"phase":"Running"}""") =>
        $$$$"""{"metadata":{"name":"{{{{name}}}}","namespace":"team","uid":"pod-{{{{name}}}}"{{{{owner}}}}},"spec":{{{{spec}}}},"status":{{{{status}}}}}""";
}
