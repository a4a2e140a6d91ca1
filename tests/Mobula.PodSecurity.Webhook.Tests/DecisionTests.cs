using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Admission;

namespace Mobula.PodSecurity.Webhook.Tests;

/// <summary>What the webhook answers, over HTTPS, with namespaces of a real API server.</summary>
public sealed class DecisionTests(ClusterFixture cluster) : IClassFixture<ClusterFixture>
{
    private const string Violation = "violates PodSecurity \"baseline:latest\": privileged (container \"c\" must not set securityContext.privileged=true)";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pod_that_violates_is_denied_in_the_words_of_the_admission(bool http2)
    {
        var ns = await cluster.NewNamespaceAsync(("enforce", "baseline"));
        await using var host = await WebhookHost.StartAsync(cluster.Api, Asking.Options);
        await host.ReadyAsync();
        using var client = host.Client(http2);

        var denied = await client.AskAsync(Asking.Review("pods", ns, Asking.Pod("p", privileged: true)));
        var allowed = await client.AskAsync(Asking.Review("pods", ns, Asking.Pod("q")));

        Assert.False(denied.Flag("allowed"));
        Assert.Equal($"pods \"p\" is forbidden: {Violation}", denied.Text("status", "message"));
        Assert.Equal(403, denied.Integer("status", "code"));
        Assert.Equal("baseline:latest", denied.Text("auditAnnotations", "enforce-policy"));
        Assert.True(allowed.Flag("allowed"));
        Assert.Null(allowed["status"]);
    }

    [Fact]
    public async Task Namespace_that_the_cache_does_not_have_is_fetched_and_an_unknown_one_denies()
    {
        await using var host = await WebhookHost.StartAsync(cluster.Api, Asking.Options);
        await host.ReadyAsync();
        using var client = host.Client();

        for (var i = 0; i < 5; i++)
        {
            var ns = await cluster.NewNamespaceAsync(("enforce", "restricted"));
            Assert.False((await client.AskAsync(Asking.Review("pods", ns, Asking.Pod("p")))).Flag("allowed"));
        }
        var unknown = await client.AskAsync(Asking.Review("pods", "nowhere", Asking.Pod("p")));

        Assert.Equal(500, unknown.Integer("status", "code"));
        Assert.Equal("Internal error occurred: failed to lookup namespace \"nowhere\"", unknown.Text("status", "message"));
    }

    [Fact]
    public async Task Labels_that_change_count_for_the_next_review()
    {
        var ns = await cluster.NewNamespaceAsync();
        await using var host = await WebhookHost.StartAsync(cluster.Api, Asking.Options);
        await host.ReadyAsync();
        using var client = host.Client();
        Assert.True((await client.AskAsync(Asking.Review("pods", ns, Asking.Pod("p", privileged: true)))).Flag("allowed"));

        await cluster.Api.PatchAsync(Resources.Namespaces, null, ns, PatchType.Merge, JsonNode.Parse("""{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"baseline"}}}""")!);
        bool? allowed = true;
        for (var i = 0; i < 100 && allowed == true; i++)
        {
            await Task.Delay(20);
            allowed = (await client.AskAsync(Asking.Review("pods", ns, Asking.Pod("p", privileged: true)))).Flag("allowed");
        }

        Assert.False(allowed);
    }

    [Fact]
    public async Task Workloads_and_Ray_clusters_are_warned_of()
    {
        var ns = await cluster.NewNamespaceAsync(("warn", "restricted"), ("warn-version", "v1.24"));
        await using var host = await WebhookHost.StartAsync(cluster.Api, Asking.Options);
        await host.ReadyAsync();
        using var client = host.Client();
        var template = new JsonObject { ["spec"] = Asking.Pod("p")["spec"]!.DeepClone() };
        var deployment = new JsonObject { ["apiVersion"] = "apps/v1", ["kind"] = "Deployment", ["metadata"] = new JsonObject { ["name"] = "d" }, ["spec"] = new JsonObject { ["template"] = template.DeepClone() } };
        var ray = new JsonObject
        {
            ["apiVersion"] = "ray.io/v1", ["kind"] = "RayCluster", ["metadata"] = new JsonObject { ["name"] = "r" },
            ["spec"] = new JsonObject { ["headGroupSpec"] = new JsonObject { ["rayStartParams"] = new JsonObject(), ["template"] = Privileged(template) } },
        };

        var warned = await client.AskAsync(Asking.Review("deployments", ns, deployment, group: "apps"));
        var rayWarned = await client.AskAsync(Asking.Review("rayclusters", ns, ray, group: "ray.io"));

        Assert.True(warned.Flag("allowed"));
        Assert.StartsWith("would violate PodSecurity \"restricted:v1.24\": allowPrivilegeEscalation != false", Assert.Single(warned.Texts("warnings")), StringComparison.Ordinal);
        Assert.True(rayWarned.Flag("allowed"));
        Assert.Contains("privileged (container \"c\"", Assert.Single(rayWarned.Texts("warnings")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Namespace_that_tightens_is_told_of_the_pods_in_it()
    {
        var ns = await cluster.NewNamespaceAsync();
        await cluster.Api.CreateAsync(Resources.ServiceAccounts, WithNamespace(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ServiceAccount", ["metadata"] = new JsonObject { ["name"] = "default" } }, ns));
        foreach (var name in new[] { "b", "a" }) await cluster.Api.CreateAsync(Resources.Pods, WithNamespace(Asking.Pod(name, privileged: true), ns));
        await using var host = await WebhookHost.StartAsync(cluster.Api, Asking.Options);
        await host.ReadyAsync();
        using var client = host.Client();
        var old = await cluster.Api.GetAsync(Resources.Namespaces, null, ns);
        var tightened = old.Clone();
        tightened.Ensure("metadata", "labels")["pod-security.kubernetes.io/enforce"] = "baseline";

        var answer = await client.AskAsync(Asking.Review("namespaces", ns, tightened, "UPDATE", old: old));

        Assert.True(answer.Flag("allowed"));
        Assert.Equal([$"existing pods in namespace \"{ns}\" violate the new PodSecurity enforce level \"baseline:latest\"", "a (and 1 other pod): privileged"], answer.Texts("warnings"));
    }

    [Fact]
    public async Task Bad_label_of_a_namespace_is_refused()
    {
        await using var host = await WebhookHost.StartAsync(cluster.Api, Asking.Options);
        await host.ReadyAsync();
        using var client = host.Client();
        var ns = (JsonObject)JsonNode.Parse("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"x","labels":{"pod-security.kubernetes.io/enforce":"strict"}}}""")!;

        var answer = await client.AskAsync(Asking.Review("namespaces", "x", ns));

        Assert.Equal(422, answer.Integer("status", "code"));
        Assert.Contains("must be one of privileged, baseline, restricted", answer.Text("status", "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exempt_users_namespaces_and_runtime_classes_pass_and_are_counted()
    {
        var ns = await cluster.NewNamespaceAsync(("enforce", "restricted"));
        var other = await cluster.NewNamespaceAsync(("enforce", "restricted"));
        var configuration = PodSecurityConfiguration.Read((JsonObject)JsonNode.Parse($$$"""
            {"apiVersion":"pod-security.admission.config.k8s.io/v1","kind":"PodSecurityConfiguration",
             "exemptions":{"usernames":["root"],"namespaces":["{{{other}}}"],"runtimeClasses":["vm"]}}
            """)!);
        await using var host = await WebhookHost.StartAsync(cluster.Api, Asking.Options with { PodSecurity = configuration });
        await host.ReadyAsync();
        using var client = host.Client();
        var inVm = Asking.Pod("p");
        inVm.Ensure("spec")["runtimeClassName"] = "vm";

        Assert.Equal("user", (await client.AskAsync(Asking.Review("pods", ns, Asking.Pod("p"), user: "root"))).Text("auditAnnotations", "exempt"));
        Assert.Equal("namespace", (await client.AskAsync(Asking.Review("pods", other, Asking.Pod("p")))).Text("auditAnnotations", "exempt"));
        Assert.Equal("runtimeClass", (await client.AskAsync(Asking.Review("pods", ns, inVm))).Text("auditAnnotations", "exempt"));
        Assert.False((await client.AskAsync(Asking.Review("pods", ns, Asking.Pod("p")))).Flag("allowed"));
        var metrics = await client.GetStringAsync("/metrics");

        Assert.Contains("pod_security_exemptions_total{request_operation=\"create\",resource=\"pod\",subresource=\"\"} 3\n", metrics, StringComparison.Ordinal);
        Assert.Contains("pod_security_evaluations_total{decision=\"deny\",mode=\"enforce\",policy_level=\"restricted\",policy_version=\"latest\"", metrics, StringComparison.Ordinal);
        Assert.Contains("mobula_webhook_request_duration_seconds_count{outcome=\"allowed\"} 3\n", metrics, StringComparison.Ordinal);
        Assert.Contains("mobula_webhook_request_duration_seconds_count{outcome=\"denied\"} 1\n", metrics, StringComparison.Ordinal);
    }

    private static JsonObject WithNamespace(JsonObject o, string ns)
    {
        o.Metadata["namespace"] = ns;
        return o;
    }

    private static JsonObject Privileged(JsonObject template)
    {
        var copy = template.Clone();
        copy.Objects("spec", "containers").First().Ensure("securityContext")["privileged"] = true;
        return copy;
    }
}
