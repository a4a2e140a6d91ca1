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
        if (IsUnified)
        {
            CreateUnified(path);
        }
        else
        {
            foreach (var controller in Controllers)
                if (Directory.Exists(Path.Combine(Mount, controller))) Directory.CreateDirectory(Path.Combine(Mount, controller, path));
        }
        Write(path, Limits.Of(pod));
    }

    /// <summary>Sets the limits of a cgroup that is there to what the pod asks for now.</summary>
    /// <exception cref="IOException">The kernel refuses: a container has more, or uses more.</exception>
    public static void Set(JsonObject pod, string root) => Write(PathOf(pod, root).TrimStart('/'), Limits.Of(pod));

    /// <summary>Sets the limits of a cgroup that is there so that both fit in.</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public static void Widen(JsonObject before, JsonObject after, string root) => Write(PathOf(after, root).TrimStart('/'), Limits.Of(before).Or(Limits.Of(after)));

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

    private static void Write(string path, Limits limits)
    {
        if (IsUnified)
        {
            var folder = Path.Combine(Mount, path);
            File.WriteAllText(Path.Combine(folder, "memory.max"), limits.MemoryBytes > 0 ? limits.MemoryBytes.ToString(CultureInfo.InvariantCulture) : "max");
            var quota = limits.CpuMilli > 0 ? ContainerResourcesConfig.Quota(limits.CpuMilli).ToString(CultureInfo.InvariantCulture) : "max";
            File.WriteAllText(Path.Combine(folder, "cpu.max"), $"{quota} {ContainerResourcesConfig.CpuPeriod}");
            Write(folder, "cpu.weight", 1 + (ContainerResourcesConfig.Shares(limits.CpuRequestMilli) - 2) * 9999 / 262_142);
            return;
        }
        var memory = Path.Combine(Mount, "memory", path);
        if (Directory.Exists(memory)) Write(memory, "memory.limit_in_bytes", limits.MemoryBytes > 0 ? limits.MemoryBytes : -1);
        var cpu = Path.Combine(Mount, "cpu", path);
        if (!Directory.Exists(cpu)) return;
        Write(cpu, "cpu.shares", ContainerResourcesConfig.Shares(limits.CpuRequestMilli));
        Write(cpu, "cpu.cfs_quota_us", limits.CpuMilli > 0 ? ContainerResourcesConfig.Quota(limits.CpuMilli) : -1);
    }

    /// <summary>What a pod's cgroup holds its containers to; 0 stands for no limit.</summary>
    private readonly record struct Limits(long MemoryBytes, long CpuMilli, long CpuRequestMilli)
    {
        public static Limits Of(JsonObject pod)
        {
            var limits = PodResources.Total(pod, "limits");
            return new(
                (long)limits.GetValueOrDefault("memory"), (long)(limits.GetValueOrDefault("cpu") * 1000),
                (long)(PodResources.Total(pod, "requests").GetValueOrDefault("cpu") * 1000));
        }

        public Limits Or(Limits other) => new(Larger(MemoryBytes, other.MemoryBytes), Larger(CpuMilli, other.CpuMilli), Math.Max(CpuRequestMilli, other.CpuRequestMilli));

        private static long Larger(long a, long b) => a == 0 || b == 0 ? 0 : Math.Max(a, b);
    }

    private static void Write(string folder, string file, long value) =>
        File.WriteAllText(Path.Combine(folder, file), value.ToString(CultureInfo.InvariantCulture));
}
