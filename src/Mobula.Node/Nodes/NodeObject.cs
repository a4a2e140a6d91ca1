using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Node.Resources;

namespace Mobula.Node.Nodes;

/// <summary>What is known of the node when its status is told.</summary>
internal sealed record NodeObservation
{
    public required NodeSettings Settings { get; init; }

    public required MachineFacts Machine { get; init; }

    public required string KubeletVersion { get; init; }

    public required string RuntimeVersion { get; init; }

    public required int KubeletPort { get; init; }

    /// <summary>Names and size in bytes of each image.</summary>
    public required IReadOnlyList<(IReadOnlyList<string> Names, long Bytes)> Images { get; init; }

    /// <summary>Why the node is not ready; null when it is.</summary>
    public string? NotReady { get; init; }

    public required DateTimeOffset Now { get; init; }
}

/// <summary>Makes the Node. Pure.</summary>
internal static class NodeObject
{
    /// <summary>More images than these are not told.</summary>
    private const int MostImages = 50;

    public static JsonObject Build(NodeObservation seen) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Node",
        ["metadata"] = new JsonObject
        {
            ["name"] = seen.Settings.NodeName,
            ["labels"] = Labels(seen),
            ["annotations"] = new JsonObject { ["volumes.kubernetes.io/controller-managed-attach-detach"] = "true" },
        },
        ["spec"] = Spec(seen.Settings.Taint),
        ["status"] = Status(seen, []),
    };

    public static JsonObject Labels(NodeObservation seen)
    {
        var labels = new JsonObject(seen.Settings.Labels.Select(l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value)));
        labels["beta.kubernetes.io/arch"] = seen.Machine.Architecture;
        labels["beta.kubernetes.io/os"] = "linux";
        labels["kubernetes.io/arch"] = seen.Machine.Architecture;
        labels["kubernetes.io/hostname"] = seen.Settings.NodeName;
        labels["kubernetes.io/os"] = "linux";
        return labels;
    }

    private static JsonObject Spec(string? taint)
    {
        if (taint?.Split(':') is not [var key, var effect]) return [];
        return new() { ["taints"] = new JsonArray(new JsonObject { ["key"] = key, ["effect"] = effect }) };
    }

    /// <summary>The status; times of conditions that did not change are kept from the old one.</summary>
    public static JsonObject Status(NodeObservation seen, JsonObject old)
    {
        var capacity = seen.Settings.Capacity;
        return new()
        {
            ["capacity"] = Amounts(capacity, capacity.MemoryBytes, capacity.StorageBytes),
            ["allocatable"] = Amounts(capacity, capacity.AllocatableMemory, capacity.AllocatableStorage),
            ["conditions"] = Conditions(seen, old),
            ["addresses"] = new JsonArray(
                new JsonObject { ["type"] = "InternalIP", ["address"] = seen.Settings.HostIp },
                new JsonObject { ["type"] = "Hostname", ["address"] = seen.Settings.NodeName }),
            ["daemonEndpoints"] = new JsonObject { ["kubeletEndpoint"] = new JsonObject { ["Port"] = seen.KubeletPort } },
            ["nodeInfo"] = new JsonObject
            {
                ["machineID"] = seen.Machine.MachineId,
                ["systemUUID"] = seen.Machine.SystemUuid,
                ["bootID"] = seen.Machine.BootId,
                ["kernelVersion"] = seen.Machine.KernelVersion,
                ["osImage"] = seen.Machine.OsImage,
                ["containerRuntimeVersion"] = seen.RuntimeVersion,
                ["kubeletVersion"] = seen.KubeletVersion,
                ["kubeProxyVersion"] = "",
                ["operatingSystem"] = "linux",
                ["architecture"] = seen.Machine.Architecture,
            },
            ["images"] = Images(seen.Images),
        };
    }

    private static JsonObject Amounts(NodeCapacity capacity, long memory, long storage) => new()
    {
        ["cpu"] = ResourceAmount.FormatCpu(capacity.CpuMilli),
        ["ephemeral-storage"] = storage.ToString(CultureInfo.InvariantCulture),
        ["memory"] = memory % 1024 == 0 ? $"{memory / 1024}Ki" : memory.ToString(CultureInfo.InvariantCulture),
        ["pods"] = capacity.Pods.ToString(CultureInfo.InvariantCulture),
    };

    private static JsonArray Conditions(NodeObservation seen, JsonObject old)
    {
        var before = old.Objects("conditions").ToDictionary(c => c.Text("type") ?? "");
        var result = new JsonArray();
        Add("MemoryPressure", false, "KubeletHasSufficientMemory", "kubelet has sufficient memory available");
        Add("DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure");
        Add("PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available");
        Add("Ready", seen.NotReady is null, seen.NotReady is null ? "KubeletReady" : "KubeletNotReady", seen.NotReady ?? "kubelet is posting ready status");
        return result;

        void Add(string type, bool isTrue, string reason, string message)
        {
            var status = isTrue ? "True" : "False";
            var now = KubernetesTime.Format(seen.Now);
            var same = before.TryGetValue(type, out var known) && known.Text("status") == status;
            result.Add((JsonNode)new JsonObject
            {
                ["type"] = type,
                ["status"] = status,
                ["lastHeartbeatTime"] = now,
                ["lastTransitionTime"] = same ? known!.Text("lastTransitionTime") : now,
                ["reason"] = reason,
                ["message"] = message,
            });
        }
    }

    private static JsonArray Images(IReadOnlyList<(IReadOnlyList<string> Names, long Bytes)> images)
    {
        var result = new JsonArray();
        foreach (var (names, bytes) in images.OrderByDescending(i => i.Bytes).Take(MostImages))
            result.Add((JsonNode)new JsonObject { ["names"] = new JsonArray([.. names.Select(n => (JsonNode)n)]), ["sizeBytes"] = bytes });
        return result;
    }
}
