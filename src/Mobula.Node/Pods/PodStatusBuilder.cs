using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Node.Pods;

/// <summary>Makes a pod's status from what was observed. Pure.</summary>
internal static class PodStatusBuilder
{
    /// <summary>The status to write; fields that belong to others are taken over from the old one.</summary>
    public static JsonObject Build(PodObservation seen)
    {
        var pod = seen.Pod;
        var old = pod.Object("status") ?? [];
        var init = ContainerSpec.Init(pod).Select(c => ContainerStatusBuilder.Build(seen, c)).ToList();
        var regular = ContainerSpec.Regular(pod).Select(c => ContainerStatusBuilder.Build(seen, c)).ToList();
        var phase = seen.Failure is not null ? PodPhase.Failed : PodPhase.Of(pod, init, regular, seen.Ended);
        var oldPhase = old.Text("phase");
        if (PodPhase.IsTerminal(oldPhase)) phase = oldPhase!;
        var conditions = PodConditions.Build(seen, phase, init, regular);
        var failure = seen.Failure;
        if (seen.Ended && !PodPhase.IsTerminal(phase))
        {
            MarkLost(pod, init, regular);
            phase = PodPhase.Failed;
        }
        else if (PodPhase.IsTerminal(phase) && !seen.Ended && !PodPhase.IsTerminal(oldPhase))
        {
            // While something may still run, the end is only to be seen in the conditions.
            phase = oldPhase ?? PodPhase.Pending;
            failure = null;
        }
        else if (seen.Ended && seen.Failure is not null)
        {
            MarkLost(pod, init, regular);
        }

        var status = new JsonObject { ["phase"] = phase, ["conditions"] = conditions };
        if (pod.Generation > 0) status["observedGeneration"] = pod.Generation;
        if ((failure?.Message ?? (PodPhase.IsTerminal(oldPhase) ? old.Text("message") : null)) is { } message) status["message"] = message;
        if ((failure?.Reason ?? (PodPhase.IsTerminal(oldPhase) ? old.Text("reason") : null)) is { } reason) status["reason"] = reason;
        AddAddresses(status, seen, old);
        status["startTime"] = old.Text("startTime") ?? KubernetesTime.Format(seen.Now);
        if (init.Count > 0) status["initContainerStatuses"] = new JsonArray([.. init]);
        status["containerStatuses"] = new JsonArray([.. regular.OrderBy(c => c.Text("name"), StringComparer.Ordinal)]);
        var ephemeral = ContainerSpec.Ephemeral(pod).OrderBy(c => c.Name, StringComparer.Ordinal).Select(c => ContainerStatusBuilder.Build(seen, c)).ToArray<JsonNode>();
        if (ephemeral.Length > 0) status["ephemeralContainerStatuses"] = new JsonArray(ephemeral);
        status["qosClass"] = PodResources.QosClass(pod);
        var resources = new JsonObject();
        var inForce = seen.InForce ?? pod;
        if (PodResources.Quantities(inForce, "limits") is { } limits) resources["limits"] = limits;
        if (PodResources.Quantities(inForce, "requests") is { } requests) resources["requests"] = requests;
        if (PodResources.Quantities(seen.Resize.Pending is null ? pod : inForce, "requests") is { } allocated) status["allocatedResources"] = allocated;
        status["resources"] = resources;
        foreach (var foreign in (string[])["nominatedNodeName", "resourceClaimStatuses", "resize"])
            if (old[foreign] is { } value) status[foreign] = value.DeepClone();
        return status;
    }

    /// <summary>Whether the containers have come to their end and none is to run again.</summary>
    public static bool IsOver(PodObservation seen)
    {
        var init = ContainerSpec.Init(seen.Pod).Select(c => ContainerStatusBuilder.Build(seen, c)).ToList();
        var regular = ContainerSpec.Regular(seen.Pod).Select(c => ContainerStatusBuilder.Build(seen, c)).ToList();
        return PodPhase.IsTerminal(PodPhase.Of(seen.Pod, init, regular, ended: false));
    }

    /// <summary>The status of a pod that the node does not admit.</summary>
    public static JsonObject Rejected(JsonObject pod, StatusReason why, DateTimeOffset now) => new()
    {
        ["observedGeneration"] = pod.Generation,
        ["phase"] = PodPhase.Failed,
        ["message"] = $"Pod was rejected: {why.Message}",
        ["reason"] = why.Reason,
        ["startTime"] = KubernetesTime.Format(now),
        ["qosClass"] = PodResources.QosClass(pod),
    };

    private static void AddAddresses(JsonObject status, PodObservation seen, JsonObject old)
    {
        status["hostIP"] = seen.HostIp;
        status["hostIPs"] = new JsonArray(new JsonObject { ["ip"] = seen.HostIp });
        IReadOnlyList<string> ips = seen.Pod.Flag("spec", "hostNetwork") == true && seen.Runtime.Sandbox is not null ? [seen.HostIp]
            : seen.Runtime.Sandbox is { Ready: true, Ips.Count: > 0 } sandbox ? sandbox.Ips
            : [];
        if (ips.Count > 0 && seen.ShowIp)
        {
            status["podIP"] = ips[0];
            status["podIPs"] = new JsonArray([.. ips.Select(ip => new JsonObject { ["ip"] = ip })]);
        }
        else if (old.Text("podIP") is { } known)
        {
            status["podIP"] = known;
            status["podIPs"] = old["podIPs"]?.DeepClone();
        }
    }

    /// <summary>
    /// Containers that never ran when the pod ended were lost, as far as anybody can tell. Regular ones only if the init
    /// containers had done their work by the status last told; init ones up to the last that ran.
    /// </summary>
    private static void MarkLost(JsonObject pod, List<JsonObject> init, List<JsonObject> regular)
    {
        var told = pod.Objects("status", "initContainerStatuses").ToList();
        var lastInit = ContainerSpec.Init(pod).LastOrDefault();
        var initialized = lastInit is null ||
            (told.FirstOrDefault(s => s.Text("name") == lastInit.Name) is { } last &&
             (lastInit.IsSidecar ? last.Flag("started") == true : last.Integer("state", "terminated", "exitCode") == 0));
        if (initialized) foreach (var status in regular) MarkLost(status);
        var lastRan = init.FindLastIndex(PodPhase.WasStarted);
        for (var i = 0; i <= lastRan; i++) MarkLost(init[i]);
    }

    private static void MarkLost(JsonObject status)
    {
        if (status.Object("state", "terminated") is not null) return;
        status["state"] = new JsonObject
        {
            ["terminated"] = new JsonObject
            {
                ["exitCode"] = 137,
                ["reason"] = "ContainerStatusUnknown",
                ["message"] = "The container could not be located when the pod was terminated",
                ["startedAt"] = null,
                ["finishedAt"] = null,
            },
        };
    }
}
