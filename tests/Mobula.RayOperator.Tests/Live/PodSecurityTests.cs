using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Ray;

namespace Mobula.RayOperator.Tests.Live;

/// <summary>RayClusters and RayJobs in namespaces that enforce <em>restricted</em>, on a real API server.</summary>
public class PodSecurityTests(HardenedCluster cluster) : IClassFixture<HardenedCluster>
{
    private const string Off = "mobula.dev/pod-security-defaults";
    private static readonly GroupVersionResource Events = new("events.k8s.io", "v1", "events");
    private readonly KubernetesApi _api = cluster.Admin;

    [Fact]
    public async Task Cluster_without_security_contexts_runs_where_restricted_is_enforced()
    {
        await NamespaceAsync("hardened");
        await _api.CreateAsync(RayResources.RayClusters, Cluster("hardened", hardened: true));
        var ready = await UntilAsync(RayResources.RayClusters, "hardened", "c", o => o.Text("status", "state") == "ready");
        Assert.DoesNotContain(ready.Objects("status", "conditions"), c => c.Text("type") is "PodsAdmitted" or "ReplicaFailure");
    }

    [Fact]
    public async Task Refused_cluster_shows_container_control_and_fix()
    {
        await NamespaceAsync("refused-0");
        await _api.CreateAsync(RayResources.RayClusters, Cluster("refused-0", hardened: false));
        var refused = await UntilAsync(RayResources.RayClusters, "refused-0", "c", IsRefused);
        var condition = refused.Objects("status", "conditions").Single(c => c.Text("type") == "PodsAdmitted");
        Assert.Equal("PodSecurityViolation", condition.Text("reason"));
        Assert.StartsWith(
            "head pod refused by restricted:latest: allowPrivilegeEscalation != false (container \"ray-head\" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container \"ray-head\" must set securityContext.capabilities.drop=[\"ALL\"]), runAsNonRoot != true",
            condition.Text("message"), StringComparison.Ordinal);
        Assert.Contains($"remove the annotation {Off}", condition.Text("message"), StringComparison.Ordinal);
        var told = await EventsAsync("refused-0", "c", 2, until: "PodSecurityViolation");
        Assert.Contains(told, e => e.Reason == "PodSecurityViolation");
        Assert.Contains(told, e => e.Reason == "FailedToCreateHeadPod" && e.Note.Contains("is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"ray-head\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("annotation")]
    [InlineData("spec")]
    public async Task Refused_cluster_recovers_once_it_is_mended(string how)
    {
        var ns = $"mended-{how}";
        await NamespaceAsync(ns);
        await _api.CreateAsync(RayResources.RayClusters, Cluster(ns, hardened: false));
        var refused = await UntilAsync(RayResources.RayClusters, ns, "c", IsRefused);
        JsonNode patch = how == "annotation"
            ? new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [Off] = null } } }
            : new JsonObject { ["spec"] = Compliant(refused.Object("spec")!.Clone()) };
        await _api.PatchAsync(RayResources.RayClusters, ns, "c", PatchType.Merge, patch);
        var ready = await UntilAsync(RayResources.RayClusters, ns, "c", o => o.Text("status", "state") == "ready");
        Assert.DoesNotContain(ready.Objects("status", "conditions"), c => c.Text("type") is "PodsAdmitted" or "ReplicaFailure");
    }

    [Fact]
    public async Task Job_without_security_contexts_runs_where_restricted_is_enforced()
    {
        await NamespaceAsync("job");
        await DashboardAsync("job", "SUCCEEDED");
        await _api.CreateAsync(RayResources.RayJobs, Job("job", hardened: true));
        await UntilAsync(Resources.Jobs, "job", "j", o => o.Integer("status", "active") > 0);
        await _api.PatchAsync(Resources.ConfigMaps, "job", "fake-node", PatchType.Merge, new JsonObject { ["data"] = new JsonObject { ["job"] = "succeeded" } });
        var ended = await UntilAsync(RayResources.RayJobs, "job", "j", o => o.Text("status", "jobDeploymentStatus") == "Complete");
        Assert.Equal("SUCCEEDED", ended.Text("status", "jobStatus"));
    }

    [Fact]
    public async Task Refused_submitter_is_told_and_made_anew_once_the_job_is_mended()
    {
        const string ns = "submitter";
        await NamespaceAsync(ns);
        await DashboardAsync(ns, null);
        var job = Job(ns, hardened: true);
        job["spec"] = new JsonObject { ["rayClusterSpec"] = Compliant(job.Object("spec", "rayClusterSpec")!.Clone()), ["entrypoint"] = "python x.py" };
        job.Ensure("metadata", "annotations")[Off] = "false";
        await _api.CreateAsync(RayResources.RayJobs, job);
        var refused = await UntilAsync(RayResources.RayJobs, ns, "j", IsRefused);
        Assert.StartsWith("submitter pod refused by restricted:latest: allowPrivilegeEscalation != false (container \"ray-job-submitter\"", refused.Text("status", "message"), StringComparison.Ordinal);
        var told = await EventsAsync(ns, "j", 3, until: "PodSecurityViolation");
        Assert.Contains(told, e => e.Reason == "PodSecurityViolation" && e.Note.Contains("is forbidden: violates PodSecurity \"restricted:latest\"", StringComparison.Ordinal));

        await _api.PatchAsync(RayResources.RayJobs, ns, "j", PatchType.Merge, new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [Off] = null } } });
        await UntilAsync(Resources.Jobs, ns, "j", o => o.Integer("status", "active") > 0);
        var mended = await UntilAsync(RayResources.RayJobs, ns, "j", o => !IsRefused(o));
        Assert.Null(mended.Text("status", "message"));
    }

    [Fact]
    public async Task Job_shows_why_its_cluster_is_refused()
    {
        await NamespaceAsync("mirror");
        await _api.CreateAsync(RayResources.RayJobs, Job("mirror", hardened: false));
        var refused = await UntilAsync(RayResources.RayJobs, "mirror", "j", IsRefused);
        Assert.Contains("head pod refused by restricted:latest", refused.Text("status", "message"), StringComparison.Ordinal);
    }

    private static bool IsRefused(JsonObject o) => o.Objects("status", "conditions").Any(c => c.Text("type") == "PodsAdmitted" && c.Text("status") == "False");

    private Task<JsonObject> NamespaceAsync(string name) => _api.CreateAsync(Resources.Namespaces, new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Namespace",
        ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = new JsonObject { ["pod-security.kubernetes.io/enforce"] = "restricted" } },
    });

    private Task<JsonObject> DashboardAsync(string ns, string? status)
    {
        var job = status is null ? null : new JsonObject { ["status"] = status, ["message"] = "m", ["start_time"] = "now", ["end_time"] = "now" };
        return _api.CreateAsync(Resources.ConfigMaps, new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = "fake-node", ["namespace"] = ns },
            ["data"] = new JsonObject { ["dashboard"] = new JsonObject { ["job"] = job }.ToJsonString() },
        });
    }

    private static JsonObject Cluster(string ns, bool hardened)
    {
        var o = KubernetesJson.ParseObject(Encoding.UTF8.GetBytes(
            """{"apiVersion":"ray.io/v1","kind":"RayCluster","metadata":{"name":"c"},"spec":{"rayVersion":"2.60.0","headGroupSpec":{"rayStartParams":{},"template":{"spec":{"containers":[{"name":"ray-head","image":"i","ports":[{"containerPort":8265,"name":"dashboard"}]}]}}},"workerGroupSpecs":[{"groupName":"g","replicas":1,"minReplicas":0,"maxReplicas":5,"rayStartParams":{},"template":{"spec":{"containers":[{"name":"ray-worker","image":"i"}]}}}]}}"""));
        o.Metadata["namespace"] = ns;
        if (!hardened) o.Metadata["annotations"] = new JsonObject { [Off] = "false" };
        return o;
    }

    private static JsonObject Job(string ns, bool hardened)
    {
        var o = Cluster(ns, hardened);
        o["kind"] = "RayJob";
        o.Metadata["name"] = "j";
        o["spec"] = new JsonObject { ["entrypoint"] = "python x.py", ["rayClusterSpec"] = o["spec"]!.DeepClone() };
        return o;
    }

    private static JsonObject Compliant(JsonObject spec)
    {
        foreach (var group in spec.Objects("workerGroupSpecs").Append(spec.Object("headGroupSpec")!))
        {
            foreach (var container in group.Objects("template", "spec", "containers"))
            {
                container["securityContext"] = JsonNode.Parse("""{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}}""");
            }
        }
        return spec;
    }

    private async Task<JsonObject> UntilAsync(GroupVersionResource resource, string ns, string name, Func<JsonObject, bool> holds)
    {
        var watch = Stopwatch.StartNew();
        JsonObject? o;
        while ((o = await _api.FindAsync(resource, ns, name)) is null || !holds(o))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"it did not come: {o?.ToJsonString()}\n{cluster.Log}");
            await Task.Delay(20);
        }
        return o;
    }

    /// <summary>The warnings about an object, once there are several and one has the last reason to come; or what is there after ten seconds.</summary>
    private async Task<(string Reason, string Note)[]> EventsAsync(string ns, string name, int atLeast, string? until = null)
    {
        for (var i = 0; ; i++)
        {
            var list = await _api.ListAsync(Events, ns, fieldSelector: $"regarding.name={name},type=Warning");
            var found = list.Objects("items").Select(e => (e.Text("reason")!, e.Text("note") ?? "")).ToArray();
            if ((found.Length >= atLeast && (until is null || found.Any(f => f.Item1 == until))) || i == 200) return found;
            await Task.Delay(50);
        }
    }
}
