using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Webhook.Exemptions;

namespace Mobula.PodSecurity.Webhook.Tests;

/// <summary>Exemptions of single workloads: who reads them, whom they cover, how they end.</summary>
public sealed class ExemptionTests(ClusterFixture cluster) : IClassFixture<ClusterFixture>
{
    private const string Valid = "namespace: monitoring\nworkload: DaemonSet/node-exporter\nowner: team-o\nreason: reads /proc\nexpires: 2027-01-31\n";

    [Fact]
    public void Entry_is_read_whole()
    {
        var (exemptions, invalid) = ExemptionReader.Read(ConfigMap(("a", Valid)));

        Assert.Empty(invalid);
        var exemption = Assert.Single(exemptions);
        Assert.Equal(new WorkloadExemption("m/a", "monitoring", new("apps", "DaemonSet", "node-exporter"), "team-o", "reads /proc", DateTimeOffset.Parse("2027-02-01T00:00:00Z"), "2027-01-31"), exemption);
        Assert.False(exemption.IsExpired(DateTimeOffset.Parse("2027-01-31T23:59:59Z")));
        Assert.True(exemption.IsExpired(DateTimeOffset.Parse("2027-02-01T00:00:00Z")));
    }

    [Theory]
    [InlineData("owner: team-o\n", "", "owner is missing")]
    [InlineData("reason: reads /proc\n", "", "reason is missing")]
    [InlineData("expires: 2027-01-31\n", "", "expires is missing")]
    [InlineData("2027-01-31", "never", "expires: \"never\" is no date")]
    [InlineData("2027-01-31", "2027-02-31", "expires: \"2027-02-31\" is no date")]
    [InlineData("2027-01-31", "31.1.2027", "is no date")]
    [InlineData("DaemonSet/", "Daemon/", "workload: \"Daemon/node-exporter\" is not of the form KIND/NAME")]
    [InlineData("DaemonSet/node-exporter", "node-exporter", "is not of the form")]
    [InlineData("DaemonSet/node-exporter", "DaemonSet/*/x", "is not of the form")]
    [InlineData("monitoring", "'*'", "is no name of a namespace")]
    [InlineData("owner: team-o", "owner: ''", "owner is missing")]
    [InlineData("owner:", "owners:", "unknown field owners")]
    [InlineData("owner: team-o", "owner: team-o\nowner: b", "is given twice")]
    [InlineData("owner: team-o", "owner: [", "line")]
    [InlineData("namespace: monitoring\n", "- x\n", "line")]
    public void Malformed_entry_is_told_and_exempts_nothing(string part, string instead, string problem)
    {
        var (exemptions, invalid) = ExemptionReader.Read(ConfigMap(("good", Valid), ("bad", Valid.Replace(part, instead, StringComparison.Ordinal))));

        Assert.Equal("m/good", Assert.Single(exemptions).Id);
        var told = Assert.Single(invalid);
        Assert.Equal("m/bad", told.Id);
        Assert.Contains(problem, told.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Deployment/x", "apps", "Deployment")]
    [InlineData("Pod/x", "", "Pod")]
    [InlineData("RayCluster/x", "ray.io", "RayCluster")]
    [InlineData("Rollout.argoproj.io/x", "argoproj.io", "Rollout")]
    public void Workload_is_written_as_it_is_read(string text, string group, string kind)
    {
        Assert.True(WorkloadReference.TryParse(text, out var reference));
        Assert.Equal(new(group, kind, "x"), reference);
        Assert.Equal(text, reference.ToString());
    }

    [Fact]
    public async Task Workload_and_its_pods_are_exempt_until_the_end_then_warned()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var own = await cluster.NewNamespaceAsync();
        var ns = await cluster.NewNamespaceAsync(("enforce", "baseline"), ("warn", "baseline"));
        var end = time.GetUtcNow().AddDays(20).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        await CreateAsync(own, $"namespace: {ns}\nworkload: Deployment/web\nowner: team-w\nreason: legacy\nexpires: {end}\n");
        var deployment = await CreateOwnedAsync(ns, "apps/v1", "Deployment", Resources.Deployments, "web", null);
        var replicaSet = await CreateOwnedAsync(ns, "apps/v1", "ReplicaSet", Resources.ReplicaSets, "web-1", deployment);
        var other = await CreateOwnedAsync(ns, "apps/v1", "ReplicaSet", Resources.ReplicaSets, "other-1", null);
        await using var host = await WebhookHost.StartAsync(cluster.Api, Asking.Options with { Namespace = own, TlsCertificateFile = null, Log = null, ConfigurationName = "none" }, time);
        // The shared Secret is not there, so that it never becomes ready: what counts here is that its caches are filled.
        for (var i = 0; i < 500 && host.NotReady != "certificate: none yet"; i++) await Task.Delay(20);
        using var client = host.Client();

        var exempt = await client.AskAsync(Asking.Review("pods", ns, PodOf(replicaSet)));
        var others = await client.AskAsync(Asking.Review("pods", ns, PodOf(other)));
        var bare = await client.AskAsync(Asking.Review("pods", ns, Asking.Pod("web", privileged: true)));
        var claimed = await client.AskAsync(Asking.Review("pods", ns, PodOf(With(replicaSet, "another-uid"))));

        Assert.True(exempt.Flag("allowed"));
        Assert.Equal("workload", exempt.Text("auditAnnotations", "exempt"));
        Assert.Equal($"exemptions/web of Deployment/web, owner team-w, reason legacy, expires {end}", exempt.Text("auditAnnotations", "exemption"));
        Assert.Null(exempt["warnings"]);
        Assert.False(others.Flag("allowed"));
        Assert.False(bare.Flag("allowed"));
        Assert.False(claimed.Flag("allowed"));

        time.Advance(TimeSpan.FromDays(10));
        var soon = await client.AskAsync(Asking.Review("pods", ns, PodOf(replicaSet)));
        Assert.True(soon.Flag("allowed"));
        Assert.Equal($"the Pod Security exemption exemptions/web of Deployment/web ends at {end} (owner team-w): make the workload comply before", Assert.Single(soon.Texts("warnings")));

        time.Advance(TimeSpan.FromDays(10.1));
        var expired = await client.AskAsync(Asking.Review("pods", ns, PodOf(replicaSet)));
        var complying = await client.AskAsync(Asking.Review("pods", ns, PodOf(replicaSet, privileged: false)));
        Assert.False(expired.Flag("allowed"));
        Assert.StartsWith($"pods \"p\" is forbidden: violates PodSecurity", expired.Text("status", "message"), StringComparison.Ordinal);
        Assert.Equal($"the Pod Security exemption exemptions/web of Deployment/web expired at {end} (owner team-w): it exempts no more", Assert.Single(expired.Texts("warnings")));
        Assert.Null(complying["warnings"]);
        Assert.Contains("mobula_webhook_workload_exemptions{state=\"expired\"} 1\n", await client.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_writes_exemptions_is_told_what_is_wrong_with_them()
    {
        var own = await cluster.NewNamespaceAsync();
        await using var host = await WebhookHost.StartAsync(cluster.Api, Asking.Options with { Namespace = own });
        using var client = host.Client();
        var configMap = ConfigMap(("bad", "namespace: x\n"), ("old", Valid.Replace("2027", "2020", StringComparison.Ordinal)), ("good", Valid.Replace("2027", "2999", StringComparison.Ordinal)));
        var unmarked = configMap.Clone();
        unmarked.Metadata.Remove("labels");

        var told = await client.AskAsync(Asking.Review("configmaps", own, configMap));

        Assert.True(told.Flag("allowed"));
        Assert.Equal(
            ["exemption m/bad: workload is missing; owner is missing; reason is missing; expires is missing; it exempts nothing", "exemption m/old expired on 2020-01-31: it exempts nothing"],
            told.Texts("warnings"));
        Assert.Null((await client.AskAsync(Asking.Review("configmaps", own, unmarked)))["warnings"]);
        Assert.Null((await client.AskAsync(Asking.Review("configmaps", "elsewhere", configMap)))["warnings"]);
    }

    private static JsonObject ConfigMap(params (string Key, string Text)[] data)
    {
        var map = new JsonObject();
        foreach (var (key, text) in data) map[key] = text;
        return new()
        {
            ["apiVersion"] = "v1", ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = "m", ["labels"] = new JsonObject { [ExemptionReader.Label] = "true" } },
            ["data"] = map,
        };
    }

    private async Task CreateAsync(string ns, string text)
    {
        var configMap = ConfigMap(("web", text));
        configMap.Metadata["name"] = "exemptions";
        configMap.Metadata["namespace"] = ns;
        await cluster.Api.CreateAsync(Resources.ConfigMaps, configMap);
    }

    private async Task<JsonObject> CreateOwnedAsync(string ns, string apiVersion, string kind, GroupVersionResource resource, string name, JsonObject? owner)
    {
        var o = new JsonObject
        {
            ["apiVersion"] = apiVersion, ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
            ["spec"] = new JsonObject
            {
                ["replicas"] = 0,
                ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["a"] = "b" } },
                ["template"] = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["a"] = "b" } }, ["spec"] = Asking.Pod("p")["spec"]!.DeepClone() },
            },
        };
        if (owner is not null) o.Metadata["ownerReferences"] = new JsonArray(Reference(owner));
        return await cluster.Api.CreateAsync(resource, o);
    }

    private static JsonObject With(JsonObject o, string uid)
    {
        var copy = o.Clone();
        copy.Metadata["uid"] = uid;
        return copy;
    }

    private static JsonObject PodOf(JsonObject owner, bool privileged = true)
    {
        var pod = Asking.Pod("p", privileged);
        pod.Metadata["ownerReferences"] = new JsonArray(Reference(owner));
        return pod;
    }

    private static JsonObject Reference(JsonObject owner) => new()
    {
        ["apiVersion"] = owner.ApiVersion, ["kind"] = owner.Kind, ["name"] = owner.Name, ["uid"] = owner.Uid, ["controller"] = true,
    };
}
