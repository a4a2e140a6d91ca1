using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Node.Probes;

namespace Mobula.Node.Pods;

/// <summary>Makes one element of <c>containerStatuses</c>. Pure.</summary>
internal static class ContainerStatusBuilder
{
    public static JsonObject Build(PodObservation seen, ContainerSpec container)
    {
        var instance = seen.Runtime.Newest(container.Name);
        var waitingReason = ContainerSpec.Init(seen.Pod).Any() ? "PodInitializing" : "ContainerCreating";
        if (container.Kind == ContainerKind.Ephemeral) waitingReason = "ContainerCreating";
        var state = State(instance, waitingReason);
        var lastState = seen.Runtime.Previous(container.Name) is { State: InstanceState.Exited } previous ? Terminated(previous) : [];
        if (RestartReason(seen, container, instance) is { } reason)
        {
            if (state["terminated"] is not null) lastState = state;
            state = Waiting(reason.Reason, reason.Message);
        }
        var running = state["running"] is not null;
        var started = running && (!container.HasStartupProbe || seen.Probes.Get(instance!.Id, ProbeKind.Startup) == true);
        var status = new JsonObject
        {
            ["name"] = container.Name,
            ["state"] = state,
            ["lastState"] = lastState,
            ["ready"] = Ready(seen, container, instance, running, started),
            ["restartCount"] = instance?.Attempt ?? 0,
            ["image"] = instance is { Image: { Length: > 0 } image } ? image : container.Image,
            ["imageID"] = instance?.ImageId ?? "",
        };
        if (instance is not null) status["containerID"] = $"containerd://{instance.Id}";
        if (container.Kind != ContainerKind.Ephemeral) status["started"] = started;
        if (instance is not null) AddResources(seen, status, container);
        AddMounts(status, container);
        if (instance?.User is { } user) status["user"] = User(user);
        return status;
    }

    private static JsonObject State(ContainerInstance? instance, string waitingReason) => instance switch
    {
        { State: InstanceState.Running } => new() { ["running"] = new JsonObject { ["startedAt"] = Time(instance.StartedAt) } },
        { State: InstanceState.Exited } => Terminated(instance),
        _ => Waiting(waitingReason, ""),
    };

    private static JsonObject Waiting(string reason, string message)
    {
        var waiting = new JsonObject { ["reason"] = reason };
        if (message.Length > 0) waiting["message"] = message;
        return new() { ["waiting"] = waiting };
    }

    private static JsonObject Terminated(ContainerInstance instance)
    {
        var end = new JsonObject { ["exitCode"] = instance.ExitCode, ["reason"] = instance.Reason };
        if (instance.Message.Length > 0) end["message"] = instance.Message;
        end["startedAt"] = Time(instance.StartedAt);
        end["finishedAt"] = Time(instance.FinishedAt);
        end["containerID"] = $"containerd://{instance.Id}";
        return new() { ["terminated"] = end };
    }

    /// <summary>Why the container does not run, if it is to run; a pod that is being deleted starts nothing any more.</summary>
    private static StatusReason? RestartReason(PodObservation seen, ContainerSpec container, ContainerInstance? instance)
    {
        if (seen.Pod.IsTerminating || !seen.StartFailures.TryGetValue(container.Name, out var reason)) return null;
        return instance switch
        {
            { State: InstanceState.Running } => null,
            { State: InstanceState.Exited } when !container.RestartsAfter(seen.Pod, instance.ExitCode) => null,
            _ => reason,
        };
    }

    private static bool Ready(PodObservation seen, ContainerSpec container, ContainerInstance? instance, bool running, bool started)
    {
        if (container.Kind == ContainerKind.Ephemeral) return false;
        if (container.Kind == ContainerKind.Init && !container.IsSidecar) return instance is { State: InstanceState.Exited, ExitCode: 0 };
        return running && started && (!container.HasReadinessProbe || seen.Probes.Get(instance!.Id, ProbeKind.Readiness) == true);
    }

    private static void AddResources(PodObservation seen, JsonObject status, ContainerSpec container)
    {
        var inForce = seen.InForce is { } pod ? ContainerSpec.All(pod).First(c => c.Name == container.Name).Json : container.Json;
        var resources = inForce.Object("resources")?.Clone() ?? [];
        // A resize that has to wait changes nothing yet; one that is being done has its share already.
        var allocated = seen.Resize.Pending is null ? container.Json : inForce;
        if (allocated.Object("resources", "requests") is { Count: > 0 } requests && container.Kind != ContainerKind.Ephemeral) status["allocatedResources"] = requests.DeepClone();
        resources.Remove("claims");
        resources.Remove("resizePolicy");
        status["resources"] = resources;
    }

    private static void AddMounts(JsonObject status, ContainerSpec container)
    {
        var mounts = new JsonArray();
        foreach (var mount in container.Json.Objects("volumeMounts"))
        {
            var told = new JsonObject { ["name"] = mount.Text("name"), ["mountPath"] = mount.Text("mountPath") };
            if (mount.Flag("readOnly") == true)
            {
                told["readOnly"] = true;
                told["recursiveReadOnly"] = "Disabled";
            }
            mounts.Add((JsonNode)told);
        }
        if (mounts.Count > 0) status["volumeMounts"] = mounts;
    }

    private static JsonObject User(ProcessUser user) => new()
    {
        ["linux"] = new JsonObject
        {
            ["uid"] = user.Uid,
            ["gid"] = user.Gid,
            ["supplementalGroups"] = new JsonArray([.. user.SupplementalGroups.Select(g => (JsonNode)JsonValue.Create(g))]),
        },
    };

    private static string Time(DateTimeOffset? time) => KubernetesTime.Format(time ?? DateTimeOffset.UnixEpoch);
}
