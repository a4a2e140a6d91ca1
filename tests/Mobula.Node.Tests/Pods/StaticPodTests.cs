using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Node.Pods;

namespace Mobula.Node.Tests.Pods;

public sealed class StaticPodTests
{
    private const string Manifest = """
        apiVersion: v1
        kind: Pod
        metadata: {name: st, namespace: static}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
          - name: c
            image: localhost/busybox:1
            command: [sh, -c, 'trap "exit 0" TERM; while :; do echo line; sleep 0.2; done']
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("{", "")]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata: {name: a}", "this is no Pod of v1")]
    [InlineData("apiVersion: v1\nkind: Pod", "metadata.name is missing")]
    [InlineData("a: 1\n---\nb: 2", "one pod is wanted, there are 2 documents")]
    public void File_that_is_no_pod_is_told_why(string text, string problem) =>
        Assert.Contains(problem, Assert.ThrowsAny<FormatException>(() => StaticPodFolder.Parse(Encoding.UTF8.GetBytes(text))).Message);

    [Fact]
    public void Folder_gives_each_file_a_uid_of_its_content_and_complains_once()
    {
        var folder = Directory.CreateTempSubdirectory("mobula-static-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "a.yaml"), Manifest);
            File.WriteAllText(Path.Combine(folder.FullName, "b.json"), """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b"}}""");
            File.WriteAllText(Path.Combine(folder.FullName, "c.yaml"), "kind: Nothing");
            File.WriteAllText(Path.Combine(folder.FullName, ".hidden"), "kind: Nothing");
            var problems = new List<string>();
            var pods = new StaticPodFolder(folder.FullName, "node", problems.Add);
            var first = pods.Read();
            Assert.Equal(["st", "b"], first.Select(p => p.Manifest.Name));
            Assert.Equal(first.Select(p => p.Hash), pods.Read().Select(p => p.Hash));
            Assert.Equal($"{Path.Combine(folder.FullName, "c.yaml")}: this is no Pod of v1", Assert.Single(problems));
            File.AppendAllText(Path.Combine(folder.FullName, "a.yaml"), "\n");
            Assert.NotEqual(first[0].Hash, pods.Read()[0].Hash);
            Assert.NotEqual(first[0].Hash, new StaticPodFolder(folder.FullName, "other", problems.Add).Read()[0].Hash);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Mirror_stands_for_the_file_and_its_deletion_is_none_of_the_pod()
    {
        var mirror = MirrorPod.Of(StaticPodFolder.Parse(Encoding.UTF8.GetBytes(Manifest)), "h", "Node", "nodeuid", DateTimeOffset.UnixEpoch);
        Assert.Equal(("st-node", "static", "Node"), (mirror.Name, mirror.Namespace, mirror.Text("spec", "nodeName")));
        Assert.Equal(
            [MirrorPod.Hash, MirrorPod.Mirror, MirrorPod.Seen, MirrorPod.Source],
            mirror.TextMap("metadata", "annotations").Select(a => a.Key).Order(StringComparer.Ordinal));
        Assert.Equal(("Node", "nodeuid", true), (mirror.ControllerReference!.Text("kind"), mirror.ControllerReference!.Text("uid"), mirror.ControllerReference!.Flag("controller")));
        mirror.Metadata["uid"] = "api";
        mirror.Metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z";
        Assert.Equal(("h", false), (MirrorPod.Local(mirror, null).Uid, MirrorPod.Local(mirror, null).IsTerminating));
        Assert.True(MirrorPod.Local(mirror, DateTimeOffset.UnixEpoch).IsTerminating);
        var own = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "p", ["uid"] = "u" } };
        Assert.Same(own, MirrorPod.Local(own, DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public async Task Static_pod_outlives_its_mirror_and_ends_with_its_file_and_its_log_is_rotated()
    {
        await using var cluster = await PodCluster.StartAsync();
        await cluster.CreateNamespaceAsync("static");
        var file = Path.Combine(cluster.Options.DataDirectory, "manifests", "st.yaml");
        await File.WriteAllTextAsync(file, Manifest, Cancellation);
        var first = await UntilAsync(cluster, p => p.Text("status", "phase") == "Running");
        var container = first.Objects("status", "containerStatuses").Single().Text("containerID");
        Assert.Null(first.At("status", "observedGeneration"));
        Assert.NotNull(first.Annotation(MirrorPod.Mirror));

        await cluster.Admin.DeleteAsync(Mobula.Client.Resources.Pods, "static", "st-node", new JsonObject { ["gracePeriodSeconds"] = 0 }, Cancellation);
        var second = await UntilAsync(cluster, p => p.Uid != first.Uid && p.Text("status", "phase") == "Running");
        Assert.Equal(container, second.Objects("status", "containerStatuses").Single().Text("containerID"));

        await RotatesAsync(cluster, container!["containerd://".Length..]);

        // A new agent takes it over.
        await cluster.Agent.DisposeAsync();
        await cluster.StartAgentAsync();
        var third = await UntilAsync(cluster, p => p.Text("status", "phase") == "Running");
        Assert.Equal(container, third.Objects("status", "containerStatuses").Single().Text("containerID"));

        File.Delete(file);
        for (var i = 0; ; i++)
        {
            var sandboxes = await cluster.Agent.Containerd.Connection.Runtime.ListPodSandboxAsync(new(), cancellationToken: Cancellation);
            if (sandboxes.Items.Count == 0 && await cluster.Admin.FindAsync(Mobula.Client.Resources.Pods, "static", "st-node", Cancellation) is null) break;
            Assert.True(i < 300, $"{sandboxes.Items.Count} sandboxes are still there");
            await Task.Delay(100, Cancellation);
        }
    }

    private static async Task RotatesAsync(PodCluster cluster, string id)
    {
        var runtime = cluster.Agent.Containerd.Connection;
        var status = await runtime.Runtime.ContainerStatusAsync(new() { ContainerId = id }, cancellationToken: Cancellation);
        var log = status.Status.LogPath;
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(DateTimeOffset.UtcNow);
        var rotation = new LogRotation(runtime, clock, mostBytes: 100, mostFiles: 3);
        for (var i = 0; i < 4; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            while (!await rotation.RotateAsync(id, log, Cancellation)) await Task.Delay(100, Cancellation);
        }
        Assert.Equal(2, LogRotation.Rotated(log).Count);
        Assert.Equal([false, true], LogRotation.Rotated(log).Select(f => f.EndsWith(".gz", StringComparison.Ordinal)));
        while (new FileInfo(log).Length == 0) await Task.Delay(50, Cancellation);
        Assert.EndsWith("stdout F line", (await File.ReadAllLinesAsync(log, Cancellation))[0]);
    }

    private static async Task<JsonObject> UntilAsync(PodCluster cluster, Func<JsonObject, bool> holds)
    {
        JsonObject? pod = null;
        for (var i = 0; i < 400; i++)
        {
            pod = await cluster.Admin.FindAsync(Mobula.Client.Resources.Pods, "static", "st-node", Cancellation);
            if (pod is not null && holds(pod)) return pod;
            await Task.Delay(100, Cancellation);
        }
        throw new TimeoutException(pod?.ToJsonString() ?? "no mirror");
    }
}
