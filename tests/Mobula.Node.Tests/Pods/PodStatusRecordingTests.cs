using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Node.Pods;
using Mobula.Node.Probes;

namespace Mobula.Node.Tests.Pods;

/// <summary>
/// Every status in the recordings, made again: its containers' states are given back as what the runtime knew, and phase,
/// conditions and containers must come out as the kubelet told them.
/// </summary>
public sealed class PodStatusRecordingTests
{
    /// <summary>Statuses that come of something the recording of a status does not hold.</summary>
    private static readonly HashSet<string> NotFromContainersAlone =
    [
        "resize-cpu", "resize-infeasible", "static-pod", "emptydir-sizelimit", "deadline", "deadline-ignores-term", "deadline-in-pull", "readiness-gate",
    ];

    public static TheoryData<string> Names => [.. RecordedPod.All.Select(p => p.Name).Where(n => !NotFromContainersAlone.Contains(n))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Status_is_made_as_recorded(string name)
    {
        var recorded = RecordedPod.All.Single(p => p.Name == name);
        JsonObject? before = null;
        var checkedSteps = 0;
        foreach (var step in recorded.Timeline)
        {
            // Where the object is of a later generation, it changed and the kubelet has not answered yet.
            if (step.List("containerStatuses") is null || step.Integer("observedGeneration") != step.Integer("generation")) continue;
            // The phase turns terminal, and lost containers are marked, only when all was stopped.
            var ended = PodPhase.IsTerminal(step.Text("phase"));
            var status = PodStatusBuilder.Build(Observe(recorded, step, before, ended));
            Assert.Equal(step.Text("phase"), status.Text("phase"));
            Assert.Equal(Conditions(step), Conditions(status));
            foreach (var list in (string[])["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"])
                Assert.Equal(States(step, list), States(status, list));
            // What was told while the pod ran decides which containers are lost.
            if (Conditions(step).Contains("PodReadyToStartContainers True", StringComparison.Ordinal)) before = status;
            checkedSteps++;
        }
        Assert.True(checkedSteps > 0 || recorded.Final.List("conditions") is null);
    }

    private static PodObservation Observe(RecordedPod recorded, JsonObject step, JsonObject? before, bool ended)
    {
        var pod = recorded.Pod.Clone();
        var containers = new List<ContainerInstance>();
        var probes = new ProbeResults();
        var failures = new Dictionary<string, StatusReason>();
        foreach (var status in ((string[])["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"]).SelectMany(l => step.Objects(l)))
            AddContainer(status, containers, probes, failures);
        var ephemeral = step.Objects("ephemeralContainerStatuses").Select(s => (JsonNode)new JsonObject { ["name"] = s.Text("name"), ["image"] = s.Text("image") }).ToArray();
        if (ephemeral.Length > 0) pod.Ensure("spec")["ephemeralContainers"] = new JsonArray(ephemeral);
        pod.Metadata["uid"] = "u";
        pod.Metadata["generation"] = step.Integer("observedGeneration");
        if (step.Object("deletion") is not null) pod.Metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z";
        // Foreign conditions are there before the kubelet looks.
        var foreign = step.Objects("conditions").TakeWhile(c => c.Text("type") != "PodReadyToStartContainers").Select(c => c.DeepClone()).ToArray();
        var old = before?.Clone() ?? [];
        if (PodPhase.IsTerminal(old.Text("phase")) && !ended) old.Remove("phase");
        old["conditions"] = new JsonArray(foreign);
        pod["status"] = old;
        var sandbox = step.Objects("conditions").FirstOrDefault(c => c.Text("type") == "PodReadyToStartContainers");
        SandboxInstance[] sandboxes = sandbox?.Text("message") == "no pod sandbox exists" ? []
            : [new SandboxInstance { Id = "s", Ready = sandbox?.Text("status") == "True", Ips = ["10.0.0.1"] }];
        return new PodObservation
        {
            Pod = pod,
            Runtime = new(sandboxes, containers),
            Probes = probes,
            StartFailures = failures,
            HostIp = "10.0.0.2",
            Now = DateTimeOffset.UnixEpoch,
            Ended = ended,
        };
    }

    private static void AddContainer(JsonObject status, List<ContainerInstance> containers, ProbeResults probes, Dictionary<string, StatusReason> failures)
    {
        var name = status.Text("name")!;
        var attempt = (int)(status.Integer("restartCount") ?? 0);
        var id = $"{name}-{attempt}";
        var waiting = status.Text("state", "waiting", "reason");
        var hasFailure = waiting is not null and not ("ContainerCreating" or "PodInitializing");
        if (hasFailure) failures[name] = new(waiting!, status.Text("state", "waiting", "message") ?? "");
        if (status.Object("state", "running") is not null)
        {
            containers.Add(new() { Id = id, Name = name, SandboxId = "s", Attempt = attempt, State = InstanceState.Running, StartedAt = DateTimeOffset.UnixEpoch });
            if (status.Flag("started") == true) probes.Set(id, ProbeKind.Startup, true);
            if (status.Flag("ready") == true) probes.Set(id, ProbeKind.Readiness, true);
        }
        else if (status.Object("state", "terminated") is { } end && end.Text("reason") != "ContainerStatusUnknown")
        {
            containers.Add(Ended(id, name, attempt, end));
        }
        if (status.Object("lastState", "terminated") is { } last)
            containers.Add(Ended($"{name}-last", name, hasFailure ? attempt : attempt - 1, last));
    }

    private static ContainerInstance Ended(string id, string name, int attempt, JsonObject end) => new()
    {
        Id = id,
        Name = name,
        SandboxId = "s",
        Attempt = attempt,
        State = InstanceState.Exited,
        ExitCode = (int)end.Integer("exitCode")!.Value,
        Reason = end.Text("reason") ?? "",
        Message = end.Text("message") ?? "",
    };

    private static string Conditions(JsonObject status) => string.Join('\n', status.Objects("conditions").Select(c =>
        $"{c.Text("type")} {c.Text("status")} {c.Text("reason")} {c.Text("message")}"));

    private static string States(JsonObject status, string list) => string.Join('\n', status.Objects(list).Select(s =>
    {
        var shown = new JsonObject();
        foreach (var field in (string[])["name", "state", "lastState", "ready", "restartCount", "started"]) shown[field] = s[field]?.DeepClone();
        return Sorted(RecordedPod.Normalise(shown));
    }));

    private static string Sorted(JsonNode? node) => node switch
    {
        JsonObject o => "{" + string.Join(',', o.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key}:{Sorted(m.Value)}")) + "}",
        null => "null",
        _ => node.ToJsonString(),
    };
}
