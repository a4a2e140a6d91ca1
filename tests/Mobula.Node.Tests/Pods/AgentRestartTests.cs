using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Node.Containerd;

namespace Mobula.Node.Tests.Pods;

/// <summary>Neither the agent's end nor containerd's loses a pod.</summary>
public sealed class AgentRestartTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pods_live_through_restarts_of_agent_and_containerd()
    {
        await using var cluster = await PodCluster.StartAsync();
        await cluster.CreateNamespaceAsync("restart");
        foreach (var name in (string[])["stays", "deleted", "forced"]) await CreateAsync(cluster, name);
        var before = await UntilAsync(cluster, "stays", p => p.Text("status", "phase") == "Running");
        await UntilAsync(cluster, "deleted", p => p.Text("status", "phase") == "Running");
        var forced = await UntilAsync(cluster, "forced", p => p.Text("status", "phase") == "Running");

        await cluster.Agent.DisposeAsync();
        await DeleteAsync(cluster, "deleted", 1);
        await DeleteAsync(cluster, "forced", 0);
        await cluster.StartAgentAsync();

        await UntilGoneAsync(cluster, "deleted");
        await UntilNoSandboxAsync(cluster, forced.Uid);
        Assert.Equal(ContainerId(before), ContainerId(await GetAsync(cluster, "stays")));

        ContainerdSupervisor.FindRunning(cluster.Agent.Containerd.Options)!.Kill();
        await CreateAsync(cluster, "after");
        await UntilAsync(cluster, "after", p => p.Text("status", "phase") == "Running");

        var after = await GetAsync(cluster, "stays");
        Assert.Equal(ContainerId(before), ContainerId(after));
        Assert.Equal("True", after.Objects("status", "conditions").Single(c => c.Text("type") == "Ready").Text("status"));
        Assert.Equal(0, after.Objects("status", "containerStatuses").Single().Integer("restartCount"));
        var node = await cluster.Admin.GetAsync(Mobula.Client.Resources.Nodes, null, "node", Cancellation);
        Assert.Equal("True", node.Objects("status", "conditions").Single(c => c.Text("type") == "Ready").Text("status"));
    }

    private static string? ContainerId(JsonObject pod) => pod.Objects("status", "containerStatuses").Single().Text("containerID");

    private static Task<JsonObject> GetAsync(PodCluster cluster, string name) => cluster.Admin.GetAsync(Mobula.Client.Resources.Pods, "restart", name, Cancellation);

    private static Task CreateAsync(PodCluster cluster, string name) => cluster.Admin.CreateAsync(Mobula.Client.Resources.Pods, new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "restart" },
        ["spec"] = new JsonObject
        {
            ["nodeName"] = "node",
            ["terminationGracePeriodSeconds"] = 1,
            ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "localhost/busybox:1", ["command"] = new JsonArray("sleep", "3600") }),
        },
    }, Cancellation);

    private static Task DeleteAsync(PodCluster cluster, string name, int grace) =>
        cluster.Admin.DeleteAsync(Mobula.Client.Resources.Pods, "restart", name, new JsonObject { ["gracePeriodSeconds"] = grace }, Cancellation);

    private static async Task<JsonObject> UntilAsync(PodCluster cluster, string name, Func<JsonObject, bool> holds)
    {
        JsonObject pod = [];
        for (var i = 0; i < 300; i++)
        {
            pod = await GetAsync(cluster, name);
            if (holds(pod)) return pod;
            await Task.Delay(100, Cancellation);
        }
        throw new TimeoutException($"{name}: {pod.Object("status")?.ToJsonString()}");
    }

    private static async Task UntilGoneAsync(PodCluster cluster, string name)
    {
        for (var i = 0; i < 300; i++)
        {
            if (await cluster.Admin.FindAsync(Mobula.Client.Resources.Pods, "restart", name, Cancellation) is null) return;
            await Task.Delay(100, Cancellation);
        }
        throw new TimeoutException($"{name} is still there");
    }

    private static async Task UntilNoSandboxAsync(PodCluster cluster, string uid)
    {
        for (var i = 0; i < 300; i++)
        {
            var sandboxes = await cluster.Agent.Containerd.Connection.Runtime.ListPodSandboxAsync(new(), cancellationToken: Cancellation);
            if (sandboxes.Items.All(s => s.Metadata.Uid != uid)) return;
            await Task.Delay(100, Cancellation);
        }
        throw new TimeoutException("the forced pod's sandbox is still there");
    }
}
