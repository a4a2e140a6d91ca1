using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Node.Pods;

/// <summary>Makes <c>status.conditions</c>: those of others first, then the kubelet's own in its order. Pure.</summary>
internal static class PodConditions
{
    private static readonly string[] Own = ["PodResizePending", "PodResizeInProgress", "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

    public static JsonArray Build(PodObservation seen, string phase, IReadOnlyList<JsonObject> init, IReadOnlyList<JsonObject> regular)
    {
        var old = seen.Pod.Objects("status", "conditions").ToList();
        var ready = ContainersReady(seen.Pod, phase, init, regular);
        var conditions = new JsonArray();
        foreach (var foreign in old.Where(c => !Own.Contains(c.Text("type")))) conditions.Add(foreign.DeepClone());
        if (seen.Resize.Pending is { } pending) Add("PodResizePending", new(true, pending.Reason, pending.Message));
        if (seen.Resize.InProgress) Add("PodResizeInProgress", seen.Resize.Error is { } error ? new(true, "Error", error) : Outcome.Yes);
        Add("PodReadyToStartContainers", SandboxReady(seen.Runtime.Sandbox, seen.Pod));
        Add("Initialized", Initialized(seen.Pod, phase, init, regular));
        Add("Ready", ready.True ? Gates(seen.Pod, old) : ready);
        Add("ContainersReady", ready);
        Add("PodScheduled", Outcome.Yes);
        return conditions;

        void Add(string type, Outcome outcome)
        {
            var before = old.FirstOrDefault(c => c.Text("type") == type);
            var status = outcome.True ? "True" : "False";
            var changed = before?.Text("status") == status ? before.Text("lastTransitionTime") : null;
            var condition = new JsonObject
            {
                ["type"] = type,
                ["status"] = status,
                ["lastProbeTime"] = null,
                ["lastTransitionTime"] = changed ?? KubernetesTime.Format(seen.Now),
            };
            // A pod from a file has no generation.
            if (seen.Pod.Generation > 0) condition["observedGeneration"] = seen.Pod.Generation;
            if (outcome.Reason.Length > 0) condition["reason"] = outcome.Reason;
            if (outcome.Message.Length > 0) condition["message"] = outcome.Message;
            conditions.Add((JsonNode)condition);
        }
    }

    private static Outcome SandboxReady(SandboxInstance? sandbox, JsonObject pod) => sandbox switch
    {
        null => new(false, "PodSandboxNotReady", "no pod sandbox exists"),
        { Ready: true } when sandbox.Ips.Count > 0 || pod.Flag("spec", "hostNetwork") == true => Outcome.Yes,
        _ => new(false, "PodSandboxNotReady", "pod sandbox is not ready"),
    };

    private static Outcome Initialized(JsonObject pod, string phase, IReadOnlyList<JsonObject> init, IReadOnlyList<JsonObject> regular)
    {
        if (phase == PodPhase.Succeeded) return new(true, "PodCompleted");
        if (init.Count == 0 || regular.Any(PodPhase.WasStarted)) return Outcome.Yes;
        var incomplete = ContainerSpec.Init(pod).Zip(init)
            .Where(p => p.First.IsSidecar ? p.Second.Flag("started") != true : p.Second.Flag("ready") != true)
            .Select(p => p.First.Name).ToList();
        return incomplete.Count == 0 ? Outcome.Yes
            : new(false, "ContainersNotInitialized", $"containers with incomplete status: [{string.Join(' ', incomplete)}]");
    }

    private static Outcome ContainersReady(JsonObject pod, string phase, IReadOnlyList<JsonObject> init, IReadOnlyList<JsonObject> regular)
    {
        if (phase == PodPhase.Succeeded) return new(false, "PodCompleted");
        if (phase == PodPhase.Failed) return new(false, "PodFailed");
        var unready = ContainerSpec.Init(pod).Zip(init).Where(p => p.First.IsSidecar).Select(p => p.Second).Concat(regular)
            .Where(s => s.Flag("ready") != true).Select(s => s.Text("name")).ToList();
        return unready.Count == 0 ? Outcome.Yes : new(false, "ContainersNotReady", $"containers with unready status: [{string.Join(' ', unready)}]");
    }

    private static Outcome Gates(JsonObject pod, List<JsonObject> conditions)
    {
        var missing = new List<string>();
        foreach (var type in pod.Objects("spec", "readinessGates").Select(g => g.Text("conditionType")))
        {
            var condition = conditions.FirstOrDefault(c => c.Text("type") == type);
            if (condition is null) missing.Add($"corresponding condition of pod readiness gate \"{type}\" does not exist.");
            else if (condition.Text("status") != "True")
                missing.Add($"the status of pod readiness gate \"{type}\" is not \"True\", but {condition.Text("status")}");
        }
        return missing.Count == 0 ? Outcome.Yes : new(false, "ReadinessGatesNotReady", string.Join(", ", missing));
    }

    private readonly record struct Outcome(bool True, string Reason = "", string Message = "")
    {
        public static readonly Outcome Yes = new(true);
    }
}
