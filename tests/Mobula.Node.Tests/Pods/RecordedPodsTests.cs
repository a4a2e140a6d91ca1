using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Node.Tests.Pods;

/// <summary>Runs the recorded pods in real containers and compares what becomes of them with what became of them on a kubelet.</summary>
public sealed class RecordedPodsTests
{
    /// <summary>Needs what this agent or the test does not have; each with the reason.</summary>
    private static readonly Dictionary<string, string> NotRun = new()
    {
        ["static-pod"] = "made from a file: StaticPodTests",
        ["emptydir-sizelimit"] = "ended in two ways when it was recorded",
        ["scheduled"] = "no scheduler runs in this test",
        ["image-pull-ok"] = "needs a registry",
        ["image-registry-404"] = "needs a registry",
        ["image-registry-401"] = "needs a registry",
        ["image-registry-500"] = "needs a registry",
        ["image-always-present-local"] = "needs a registry",
        ["delete-while-pulling"] = "needs a registry",
        ["kubectl"] = "shows kubectl, not the pod",
        ["kubectl-completed"] = "shows kubectl, not the pod",
        ["kubectl-waiting"] = "shows kubectl, not the pod",
    };

    private const string OnTheWalk =
        "plain-running,exit0-never,exit1-never,init-success,cmd-not-found-never,image-missing-never,image-invalid-name,sidecar-order," +
        "cm-volume-missing,secret-env-missing,nonroot-with-root-image,nonroot-numeric-image,subpath,downward,token,prestop-ok,deadline,out-of-cpu,resize-cpu";

    private const int AtOnce = 6;

    [Fact]
    public async Task Recorded_pods_end_as_on_a_kubelet()
    {
        await using var cluster = await PodCluster.StartAsync();
        // All of them take minutes; MOBULA_PODS=all runs them.
        var asked = Environment.GetEnvironmentVariable("MOBULA_PODS") ?? OnTheWalk;
        var names = asked.Split(',');
        var chosen = RecordedPod.All.Where(p => asked == "all" ? !NotRun.ContainsKey(p.Name) : names.Contains(p.Name)).ToList();
        var differences = new ConcurrentDictionary<string, string>();
        await Parallel.ForEachAsync(chosen, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (pod, cancellation) =>
        {
            try
            {
                if (await new RecordedPodRun(cluster, pod).RunAsync(cancellation) is { } difference) differences[pod.Name] = difference;
            }
            catch (Exception e) when (e is StatusException or HttpRequestException or TimeoutException)
            {
                differences[pod.Name] = e.Message;
            }
        });
        var output = TestContext.Current.TestOutputHelper!;
        output.WriteLine($"{chosen.Count - differences.Count} of {chosen.Count} recorded pods hold; not run: {NotRun.Count} of {RecordedPod.All.Count}");
        foreach (var (name, text) in differences.OrderBy(d => d.Key)) output.WriteLine($"--- {name}\n{text}");
        if (Environment.GetEnvironmentVariable("MOBULA_PODS_REPORT") is { } file)
        {
            await File.WriteAllTextAsync(file, $"{chosen.Count - differences.Count} of {chosen.Count}\n" + string.Concat(differences.OrderBy(d => d.Key).Select(d => $"--- {d.Key}\n{d.Value}\n")), TestContext.Current.CancellationToken);
            File.Copy(Path.Combine(cluster.Folder, "agent.log"), file + ".log", overwrite: true);
        }
        Assert.Empty(differences.Keys.Except(KnownDifferences));
    }

    /// <summary>Those that do not hold yet.</summary>
    private static readonly HashSet<string> KnownDifferences = [];
}

/// <summary>One recorded pod, run again.</summary>
internal sealed class RecordedPodRun(PodCluster cluster, RecordedPod recorded)
{
    /// <summary>This machine may be slower than the recorder's.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    private readonly string _ns = $"run-{recorded.Name}";
    private readonly Stopwatch _watch = new();
    private readonly string _expected = Show(RecordedPod.Normalise(recorded.Final));
    private readonly ConcurrentDictionary<string, bool> _passed = [];
    private JsonObject? _last;
    private bool _deleted;
    private bool _reached;

    /// <returns>What differs, or null.</returns>
    public async Task<string?> RunAsync(CancellationToken cancellation)
    {
        await cluster.CreateNamespaceAsync(_ns);
        await PrepareAsync();
        var pod = recorded.Pod.Clone();
        pod["apiVersion"] = "v1";
        pod["kind"] = "Pod";
        pod.Metadata["namespace"] = _ns;
        pod.Ensure("spec")["nodeName"] ??= "node";
        pod.Ensure("spec")["terminationGracePeriodSeconds"] ??= 30;
        if (recorded.Name == "host-port")
        {
            var first = pod.Clone();
            first.Metadata["name"] = "has-the-port";
            await cluster.Admin.CreateAsync(Mobula.Client.Resources.Pods, first, cancellation);
            await UntilAsync(async () => (await cluster.Admin.GetAsync(Mobula.Client.Resources.Pods, _ns, "has-the-port", cancellation)).Text("status", "phase") == "Running");
        }
        var created = await cluster.Admin.CreateAsync(Mobula.Client.Resources.Pods, pod, cancellation);
        _watch.Start();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var watching = WatchAsync(created, ending.Token);
        if (recorded.Name == "resize-cpu") await ResizeAsync("150m", cancellation);
        if (recorded.Name == "readiness-gate") await GateAsync(cancellation);
        if (recorded.Name == "ephemeral") await DebugAsync(cancellation);
        foreach (var (at, what, result) in recorded.Actions) await DoAsync(at, what, result, cancellation);
        var expected = _expected;
        var expectedEvents = recorded.Events;
        var limit = TimeSpan.FromSeconds(recorded.LastAt) + Patience;
        string actual;
        IReadOnlyList<string> events;
        while (true)
        {
            await Task.Delay(150, cancellation);
            actual = _last is { } last ? Show(RecordedPod.Normalise(Status(last))) : "";
            events = await EventsAsync(cancellation);
            var isOver = !recorded.EndsDeleted || _deleted;
            // A pod that is restarted for ever is in the recorded state for a moment only, and its events come when they come.
            if (isOver && _reached) actual = expected;
            if (isOver && actual == expected && events.SequenceEqual(expectedEvents)) break;
            if (isOver && actual == expected && SameSets(events, expectedEvents) && _watch.Elapsed > limit - Patience / 2) break;
            if (_watch.Elapsed > limit) break;
        }
        await ending.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_deleted)
        {
            var options = new JsonObject { ["gracePeriodSeconds"] = 0 };
            try
            {
                await cluster.Admin.DeleteAsync(Mobula.Client.Resources.Pods, _ns, recorded.Name, options, cancellation);
            }
            catch (StatusException e) when (e.IsNotFound)
            {
                // It went between the last look and now.
            }
        }
        return Difference(expected, actual, expectedEvents, events);
    }

    /// <summary>Only events of one reason in another order, of containers that go side by side, are the same.</summary>
    private static bool SameSets(IReadOnlyList<string> a, IReadOnlyList<string> b) => a.Count == b.Count && a.ToHashSet().SetEquals(b);

    private static string? Difference(string expected, string actual, IReadOnlyList<string> expectedEvents, IReadOnlyList<string> events)
    {
        var text = "";
        if (expected != actual)
        {
            var want = expected.Split('\n');
            var have = actual.Split('\n');
            text += string.Concat(want.Except(have).Select(l => $"- {l}\n")) + string.Concat(have.Except(want).Select(l => $"+ {l}\n"));
            if (text.Length == 0) text = "the same lines in another order\n";
        }
        if (!SameSets(expectedEvents, events))
            text += string.Concat(expectedEvents.Except(events).Select(l => $"- event {l}\n")) + string.Concat(events.Except(expectedEvents).Select(l => $"+ event {l}\n"));
        return text.Length == 0 ? null : text;
    }

    /// <summary>One line for each value, by its path.</summary>
    private static string Show(JsonNode status)
    {
        var lines = new List<string>();
        Add("", status);
        return string.Join('\n', lines.Order(StringComparer.Ordinal));

        void Add(string path, JsonNode? node)
        {
            switch (node)
            {
                case JsonObject { Count: > 0 } o:
                    foreach (var (name, value) in o)
                    {
                        // The recorder's cgroups knew no "no limit"; the server gives the account's volume or not.
                        if ((path.Length == 0 && name == "resources") || name == "lastProbeTime") continue;
                        Add($"{path}/{name}", value);
                    }
                    break;
                case JsonArray { Count: > 0 } list:
                    for (var i = 0; i < list.Count; i++) Add($"{path}/{i}", list[i]);
                    break;
                default:
                    lines.Add($"{path} = {node?.ToJsonString() ?? "null"}");
                    break;
            }
        }
    }

    private JsonObject Status(JsonObject pod)
    {
        var status = pod.Object("status")?.Clone() ?? [];
        foreach (var container in ((string[])["initContainerStatuses", "containerStatuses"]).SelectMany(l => status.Objects(l)))
        {
            // Where the server does not mount the account's token yet, the recording's mount is not missed.
            var mounts = container.List("volumeMounts") ?? [];
            if (mounts.OfType<JsonObject>().Any(m => m.Text("name")!.StartsWith("kube-api-access", StringComparison.Ordinal))) continue;
            if (recorded.Pod.Flag("spec", "automountServiceAccountToken") == false) continue;
            container["volumeMounts"] = mounts;
            mounts.Add((JsonNode)new JsonObject { ["name"] = "kube-api-access-x", ["mountPath"] = "/var/run/secrets/kubernetes.io/serviceaccount", ["readOnly"] = true, ["recursiveReadOnly"] = "Disabled" });
        }
        return status;
    }

    private async Task PrepareAsync()
    {
        if (recorded.Name == "envfrom-invalid-key")
            await CreateAsync("ConfigMap", $"cm-{recorded.Name}", new() { ["1bad"] = "2", ["good"] = "1" });
        if (recorded.Name == "cm-env-key-missing") await CreateAsync("ConfigMap", $"cm-{recorded.Name}", new() { ["other"] = "v" });
        if (recorded.Name == "cm-update") await CreateAsync("ConfigMap", $"cm-{recorded.Name}", new() { ["k"] = "v" });
    }

    private Task CreateAsync(string kind, string name, JsonObject data) => cluster.Admin.CreateAsync(
        kind == "Secret" ? Mobula.Client.Resources.Secrets : Mobula.Client.Resources.ConfigMaps,
        new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = kind,
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = _ns },
            ["data"] = data,
        });

    private async Task DoAsync(double at, string what, JsonNode? result, CancellationToken cancellation)
    {
        var wait = TimeSpan.FromSeconds(at) - _watch.Elapsed;
        if (wait > TimeSpan.Zero) await Task.Delay(wait, cancellation);
        switch (what)
        {
            case "DELETE":
                var options = new JsonObject();
                if ((result as JsonObject)?.Integer("gracePeriodSeconds") is { } grace) options["gracePeriodSeconds"] = grace;
                // The recorder waited for the pod to be as it wanted it; a slow machine takes longer for that.
                await UntilStartedAsync(cancellation);
                await cluster.Admin.DeleteAsync(Mobula.Client.Resources.Pods, _ns, recorded.Name, options, cancellation);
                break;
            case "created":
                var kind = result!.GetValue<string>();
                await CreateAsync(kind, $"{(kind == "Secret" ? "se" : "cm")}-{recorded.Name}", new() { ["k"] = kind == "Secret" ? "dg==" : "v", ["KEY"] = kind == "Secret" ? "dg==" : "v" });
                break;
            case "PATCH pods":
                await UntilStartedAsync(cancellation);
                var refusal = await Assert.ThrowsAsync<StatusException>(() => ResizeAsync("100", cancellation));
                Assert.Equal(result!.GetValue<string>().Replace("allocatable: 2000", "", StringComparison.Ordinal), $"{refusal.Code} {refusal.Message[..(refusal.Message.LastIndexOf("allocatable: ", StringComparison.Ordinal))]}");
                break;
            case "kill -9 of the sandbox process":
                await UntilStartedAsync(cancellation);
                await KillSandboxAsync();
                break;
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var i = 0; i < 600; i++)
        {
            if (await holds()) return;
            await Task.Delay(50);
        }
        throw new TimeoutException("the pod does not get as far as the recorded one");
    }

    /// <summary>Somebody else's condition goes up and down.</summary>
    private async Task GateAsync(CancellationToken cancellation)
    {
        foreach (var (gate, reason) in (IEnumerable<(string, string?)>)[("True", null), ("False", "ReadinessGatesNotReady")])
        {
            await UntilAsync(() => Task.FromResult(Ready()?.Text("reason") == (gate == "True" ? "ReadinessGatesNotReady" : null) && Ready() is not null));
            var condition = new JsonObject { ["type"] = "example.com/gate", ["status"] = gate };
            var patch = new JsonObject { ["status"] = new JsonObject { ["conditions"] = new JsonArray(condition) } };
            await cluster.Admin.PatchAsync(Mobula.Client.Resources.Pods, _ns, recorded.Name, PatchType.StrategicMerge, patch, "status", cancellation: cancellation);
            await UntilAsync(() => Task.FromResult(Ready()?.Text("reason") == reason));
        }

        JsonObject? Ready() => _last?.Objects("status", "conditions").FirstOrDefault(c => c.Text("type") == "Ready");
    }

    /// <summary>An ephemeral container that ends, and one whose image is not there.</summary>
    private async Task DebugAsync(CancellationToken cancellation)
    {
        await UntilAsync(() => Task.FromResult(_last?.Text("status", "phase") == "Running"));
        await AddAsync(new() { ["name"] = "dbg", ["image"] = "localhost/busybox:1", ["command"] = new JsonArray("sh", "-c", "echo dbg; sleep 4"), ["targetContainerName"] = "c" });
        await UntilAsync(() => Task.FromResult(_last?.Objects("status", "ephemeralContainerStatuses").FirstOrDefault()?.Object("state", "terminated") is not null));
        await AddAsync(new() { ["name"] = "bad", ["image"] = "localhost/missing7:1" });

        Task AddAsync(JsonObject container) => cluster.Admin.PatchAsync(
            Mobula.Client.Resources.Pods, _ns, recorded.Name, PatchType.StrategicMerge,
            new JsonObject { ["spec"] = new JsonObject { ["ephemeralContainers"] = new JsonArray(container) } }, "ephemeralcontainers", cancellation: cancellation);
    }

    private async Task ResizeAsync(string cpu, CancellationToken cancellation)
    {
        await UntilAsync(() => Task.FromResult(_last?.Text("status", "phase") == "Running"));
        var resources = new JsonObject { ["requests"] = new JsonObject { ["cpu"] = cpu }, ["limits"] = new JsonObject { ["cpu"] = cpu == "150m" ? "300m" : cpu } };
        var patch = new JsonObject { ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["resources"] = resources }) } };
        await cluster.Admin.PatchAsync(Mobula.Client.Resources.Pods, _ns, recorded.Name, PatchType.StrategicMerge, patch, "resize", cancellation: cancellation);
    }

    private async Task UntilStartedAsync(CancellationToken cancellation)
    {
        // What the recording had reached just before its deletion.
        var before = recorded.Timeline.LastOrDefault(t => t.Object("deletion") is null);
        if (before is null) return;
        var wanted = Phases(before);
        var limit = _watch.Elapsed + TimeSpan.FromSeconds(15);
        while (_watch.Elapsed < limit && !_passed.ContainsKey(wanted)) await Task.Delay(50, cancellation);
    }

    private static string Phases(JsonObject status) => status.Text("phase") + string.Concat(
        ((string[])["initContainerStatuses", "containerStatuses"]).SelectMany(l => status.Objects(l)).Select(c => $" {c.Object("state")?.FirstOrDefault().Key} {c.Integer("restartCount")}"));

    private async Task KillSandboxAsync()
    {
        var uid = _last!.Uid;
        var connection = cluster.Agent.Containerd.Connection;
        var sandbox = (await connection.Runtime.ListPodSandboxAsync(new())).Items.First(s => s.Metadata.Uid == uid);
        var info = (await connection.Runtime.PodSandboxStatusAsync(new() { PodSandboxId = sandbox.Id, Verbose = true })).Info["info"];
        Process.GetProcessById((int)((JsonObject)JsonNode.Parse(info)!).Integer("pid")!.Value).Kill();
    }

    private async Task<IReadOnlyList<string>> EventsAsync(CancellationToken cancellation)
    {
        var list = await cluster.Admin.ListAsync(Mobula.Client.Resources.Events, _ns, cancellation: cancellation);
        // Names end in the time at which the event was made.
        return RecordedPod.Distinct(list.Objects("items").Where(e => e.Text("involvedObject", "name") == recorded.Name)
            .OrderBy(e => long.Parse(e.Text("metadata", "resourceVersion")!))
            .OrderBy(e => e.Name[(e.Name.LastIndexOf('.') + 1)..], StringComparer.Ordinal)
            .Select(e => (e.Text("involvedObject", "fieldPath"), e.Text("type")!, e.Text("reason")!, e.Text("message")!)));
    }

    private async Task WatchAsync(JsonObject created, CancellationToken cancellation)
    {
        _last = created;
        await foreach (var e in cluster.Admin.WatchAsync(Mobula.Client.Resources.Pods, _ns, created.ResourceVersion, cancellation: cancellation))
        {
            if (e.Type is not ("ADDED" or "MODIFIED" or "DELETED")) continue;
            _last = e.Object;
            _passed[Phases(e.Object.Object("status") ?? [])] = true;
            _reached |= Show(RecordedPod.Normalise(Status(e.Object))) == _expected;
            _deleted = e.Type == "DELETED";
            if (_deleted) return;
        }
    }
}
