using System.Text.Json.Nodes;
using Mobula.Kubernetes.Quotas;

namespace Mobula.Kubernetes.Tests.Quotas;

public sealed class ResourceUsageTests
{
    [Fact]
    public void Pod_takes_what_its_containers_take_or_its_greatest_initialisation()
    {
        var pod = Json("""
            {"spec":{"overhead":{"cpu":"10m"},
              "initContainers":[{"name":"i","resources":{"requests":{"cpu":"1"}}},{"name":"s","restartPolicy":"Always","resources":{"requests":{"memory":"1Gi"}}}],
              "containers":[{"name":"a","resources":{"requests":{"cpu":"100m","memory":"1Gi"},"limits":{"cpu":"1"}}},{"name":"b","resources":{"requests":{"cpu":"200m"}}}]}}
            """);

        var usage = ResourceUsage.Of("pods", pod);

        Assert.Equal("1010m", usage["requests.cpu"].ToString());
        Assert.Equal("2Gi", usage["requests.memory"].ToString());
        Assert.Equal("1010m", usage["limits.cpu"].ToString());
        Assert.Equal("1", usage["pods"].ToString());
        Assert.Equal("1", usage["count/pods"].ToString());
    }

    [Fact]
    public void Pod_that_ended_counts_as_an_object_alone() =>
        Assert.Equal(["count/pods"], ResourceUsage.Of("pods", Json("""{"spec":{"containers":[{"name":"a","resources":{"requests":{"cpu":"1"}}}]},"status":{"phase":"Failed"}}""")).Keys);

    [Fact]
    public void Containers_that_do_not_say_what_a_quota_tracks_are_named()
    {
        var pod = Json("""{"spec":{"containers":[{"name":"d","resources":{"requests":{"cpu":"1"}}},{"name":"c"}]}}""");

        var missing = PodUsage.Missing(pod, ["pods", "requests.cpu", "limits.memory", "requests.example.com/gpu"]);

        Assert.Equal(["limits.memory: c,d", "requests.cpu: c"], missing.Select(m => $"{m.Key}: {string.Join(',', m.Value)}"));
    }

    [Theory]
    [InlineData("""{"type":"NodePort","ports":[{"port":1},{"port":2}]}""", 2, 0)]
    [InlineData("""{"type":"LoadBalancer","ports":[{"port":1}]}""", 1, 1)]
    [InlineData("""{"type":"LoadBalancer","allocateLoadBalancerNodePorts":false,"ports":[{"port":1}]}""", 0, 1)]
    [InlineData("""{"type":"ClusterIP","ports":[{"port":1}]}""", 0, 0)]
    public void Service_counts_its_ports_and_balancers(string spec, long ports, long balancers)
    {
        var usage = ResourceUsage.Of("services", new JsonObject { ["spec"] = Json(spec) });

        Assert.Equal((1, ports, balancers), (usage["services"].Value, usage["services.nodeports"].Value, usage["services.loadbalancers"].Value));
    }

    [Fact]
    public void Claim_counts_for_its_storage_class()
    {
        var usage = ResourceUsage.Of("persistentvolumeclaims", Json("""{"spec":{"storageClassName":"fast","resources":{"requests":{"storage":"5Gi"}}}}"""));

        Assert.Equal("5Gi", usage["requests.storage"].ToString());
        Assert.Equal("5Gi", usage["fast.storageclass.storage.k8s.io/requests.storage"].ToString());
        Assert.Equal("1", usage["fast.storageclass.storage.k8s.io/persistentvolumeclaims"].ToString());
    }

    [Theory]
    [InlineData("""{"scopes":["BestEffort"]}""", "pods", true)]
    [InlineData("""{"scopes":["NotBestEffort"]}""", "pods", false)]
    [InlineData("""{"scopes":["Terminating"]}""", "pods", false)]
    [InlineData("""{"scopes":["BestEffort"]}""", "services", false)]
    [InlineData("""{"scopeSelector":{"matchExpressions":[{"scopeName":"PriorityClass","operator":"In","values":["high"]}]}}""", "pods", true)]
    [InlineData("""{"scopeSelector":{"matchExpressions":[{"scopeName":"PriorityClass","operator":"DoesNotExist"}]}}""", "pods", false)]
    [InlineData("{}", "services", true)]
    public void Scopes_choose_pods(string spec, string resource, bool expected) =>
        Assert.Equal(expected, ResourceUsage.IsInScope(new JsonObject { ["spec"] = Json(spec) }, resource, Json("""{"spec":{"priorityClassName":"high","containers":[{"name":"a"}]}}""")));

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
