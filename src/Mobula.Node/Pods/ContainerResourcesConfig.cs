using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Node.Containerd.Cri;
using Mobula.Node.Resources;

namespace Mobula.Node.Pods;

/// <summary>Requests and limits of a container in the terms of cgroups. Pure.</summary>
internal static class ContainerResourcesConfig
{
    public const long CpuPeriod = 100_000;

    public static LinuxContainerResources Of(JsonObject pod, ContainerSpec container, long memoryCapacity)
    {
        var resources = container.Json.Object("resources") ?? [];
        var cpuLimit = resources.Text("limits", "cpu");
        var cpuRequest = resources.Text("requests", "cpu") ?? cpuLimit;
        var memoryLimit = ResourceAmount.Whole(resources.Text("limits", "memory"));
        var result = new LinuxContainerResources
        {
            CpuShares = Shares(ResourceAmount.Milli(cpuRequest)),
            CpuPeriod = CpuPeriod,
            OomScoreAdj = OomScoreAdjustment(pod, container, memoryCapacity),
        };
        if (cpuLimit is not null) result.CpuQuota = Quota(ResourceAmount.Milli(cpuLimit));
        if (memoryLimit > 0)
        {
            result.MemoryLimitInBytes = memoryLimit;
            result.MemorySwapLimitInBytes = memoryLimit;
        }
        return result;
    }

    /// <summary>CPU shares from thousandths of a CPU: 1024 a CPU, at least 2, at most 262144.</summary>
    public static long Shares(long milli) => Math.Clamp(milli * 1024 / 1000, 2, 262_144);

    /// <summary>Microseconds of CPU a period, at least 1000; -1 (no limit) for 0.</summary>
    public static long Quota(long milli) => milli == 0 ? -1 : Math.Max(milli * CpuPeriod / 1000, 1000);

    private static long OomScoreAdjustment(JsonObject pod, ContainerSpec container, long memoryCapacity)
    {
        switch (PodResources.QosClass(pod))
        {
            case "Guaranteed": return -997;
            case "BestEffort": return 1000;
        }
        var request = ResourceAmount.Whole(container.Json.Text("resources", "requests", "memory") ?? container.Json.Text("resources", "limits", "memory"));
        var adjustment = memoryCapacity > 0 ? 1000 - 1000 * request / memoryCapacity : 1000;
        return Math.Clamp(adjustment, 3, 999);
    }
}
