using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Node.Pods;

/// <summary>The cgroup above a pod's containers, which holds them to the pod's requests and limits together.</summary>
internal static class PodCgroup
{
    private const string Mount = "/sys/fs/cgroup";

    /// <summary>Hierarchies whose limits the agent sets; the runtime makes the folders in the others.</summary>
    private static readonly string[] Controllers = ["memory", "cpu", "pids"];

    private static bool IsUnified => File.Exists(Path.Combine(Mount, "cgroup.controllers"));

    /// <summary>The pod's path below the cgroup mount, by its quality of service.</summary>
    public static string PathOf(JsonObject pod, string root) => PodResources.QosClass(pod) switch
    {
        "Guaranteed" => $"{root}/pod{pod.Uid}",
        var qos => $"{root}/{qos.ToLowerInvariant()}/pod{pod.Uid}",
    };

    /// <summary>Makes the cgroup with the pod's limits; doing it again sets the limits anew.</summary>
    public static void Create(JsonObject pod, string root)
    {
        var path = PathOf(pod, root).TrimStart('/');
        var cpuRequest = (long)(PodResources.Total(pod, "requests").GetValueOrDefault("cpu") * 1000);
        var limits = PodResources.Total(pod, "limits");
        var memory = limits.TryGetValue("memory", out var bytes) ? (long)bytes : 0;
        var cpu = limits.TryGetValue("cpu", out var cpus) ? (long)(cpus * 1000) : 0;
        if (IsUnified)
        {
            CreateUnified(path);
            var folder = Path.Combine(Mount, path);
            if (memory > 0) Write(folder, "memory.max", memory);
            if (cpu > 0) File.WriteAllText(Path.Combine(folder, "cpu.max"), $"{ContainerResourcesConfig.Quota(cpu)} {ContainerResourcesConfig.CpuPeriod}");
            Write(folder, "cpu.weight", 1 + (ContainerResourcesConfig.Shares(cpuRequest) - 2) * 9999 / 262_142);
            return;
        }
        foreach (var controller in Controllers)
        {
            if (!Directory.Exists(Path.Combine(Mount, controller))) continue;
            var folder = Directory.CreateDirectory(Path.Combine(Mount, controller, path)).FullName;
            if (controller == "memory" && memory > 0) Write(folder, "memory.limit_in_bytes", memory);
            if (controller != "cpu") continue;
            Write(folder, "cpu.shares", ContainerResourcesConfig.Shares(cpuRequest));
            if (cpu > 0) Write(folder, "cpu.cfs_quota_us", ContainerResourcesConfig.Quota(cpu));
        }
    }

    /// <summary>Removes the cgroup from every hierarchy; what is still in use stays.</summary>
    public static void Remove(JsonObject pod, string root)
    {
        var path = PathOf(pod, root).TrimStart('/');
        var mounts = IsUnified ? [Mount] : Directory.GetDirectories(Mount);
        foreach (var mount in mounts)
        {
            try
            {
                var folder = Path.Combine(mount, path);
                if (!Directory.Exists(folder)) continue;
                foreach (var child in Directory.GetDirectories(folder)) Volumes.FileCalls.RemoveDirectory(child);
                Volumes.FileCalls.RemoveDirectory(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The kernel gives it up a moment after the last process; the next clean-up finds it.
            }
        }
    }

    private static void CreateUnified(string path)
    {
        var folder = Mount;
        foreach (var part in path.Split('/'))
        {
            File.WriteAllText(Path.Combine(folder, "cgroup.subtree_control"), "+memory +cpu +pids");
            folder = Path.Combine(folder, part);
            Directory.CreateDirectory(folder);
        }
    }

    private static void Write(string folder, string file, long value) =>
        File.WriteAllText(Path.Combine(folder, file), value.ToString(CultureInfo.InvariantCulture));
}
