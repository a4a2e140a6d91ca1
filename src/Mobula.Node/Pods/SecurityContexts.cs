using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Node.Containerd.Cri;

namespace Mobula.Node.Pods;

/// <summary>Security contexts of pods and containers in the terms of CRI. Pure.</summary>
internal static class SecurityContexts
{
    private static readonly string[] MaskedPaths =
    [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
    ];

    private static readonly string[] ReadonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    public static LinuxSandboxSecurityContext Sandbox(JsonObject pod)
    {
        var context = new LinuxSandboxSecurityContext
        {
            NamespaceOptions = Namespaces(pod, null),
            Privileged = ContainerSpec.All(pod).Any(c => c.Json.Flag("securityContext", "privileged") == true),
            Seccomp = new SecurityProfile { ProfileType = SecurityProfile.Types.ProfileType.RuntimeDefault },
        };
        if (pod.Integer("spec", "securityContext", "runAsUser") is { } user) context.RunAsUser = new Int64Value { Value = user };
        if (pod.Integer("spec", "securityContext", "runAsGroup") is { } group) context.RunAsGroup = new Int64Value { Value = group };
        context.SupplementalGroups.Add(SupplementalGroups(pod));
        return context;
    }

    /// <param name="pod">The pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="imageUser">The numeric user of the image, if it has one.</param>
    /// <param name="imageUserName">The named user of the image, if it has one.</param>
    /// <param name="targetId">For ephemeral containers: the id of the container whose processes they see.</param>
    /// <param name="seccompDirectory">Where local seccomp profiles lie.</param>
    /// <exception cref="StartException">The image's user is not allowed.</exception>
    public static LinuxContainerSecurityContext Container(
        JsonObject pod, ContainerSpec container, long? imageUser, string imageUserName, string? targetId, string seccompDirectory)
    {
        var own = container.Json.Object("securityContext") ?? [];
        var shared = pod.Object("spec", "securityContext") ?? [];
        var runAsUser = own.Integer("runAsUser") ?? shared.Integer("runAsUser");
        if ((own.Flag("runAsNonRoot") ?? shared.Flag("runAsNonRoot")) == true) CheckNonRoot(pod, container, runAsUser, imageUser, imageUserName);
        var privileged = own.Flag("privileged") == true;
        var context = new LinuxContainerSecurityContext
        {
            Privileged = privileged,
            NamespaceOptions = Namespaces(pod, targetId),
            ReadonlyRootfs = own.Flag("readOnlyRootFilesystem") == true,
            NoNewPrivs = own.Flag("allowPrivilegeEscalation") == false,
            Seccomp = Seccomp(own.Object("seccompProfile") ?? shared.Object("seccompProfile"), privileged, seccompDirectory),
            Capabilities = new Capability
            {
                AddCapabilities = { own.Texts("capabilities", "add") },
                DropCapabilities = { own.Texts("capabilities", "drop") },
            },
        };
        if (runAsUser is { } user) context.RunAsUser = new Int64Value { Value = user };
        else if (imageUser is { } fromImage) context.RunAsUser = new Int64Value { Value = fromImage };
        else context.RunAsUsername = imageUserName;
        if ((own.Integer("runAsGroup") ?? shared.Integer("runAsGroup")) is { } group) context.RunAsGroup = new Int64Value { Value = group };
        context.SupplementalGroups.Add(SupplementalGroups(pod));
        if (shared.Text("supplementalGroupsPolicy") == "Strict") context.SupplementalGroupsPolicy = SupplementalGroupsPolicy.Strict;
        if (!privileged && own.Text("procMount") != "Unmasked")
        {
            context.MaskedPaths.Add(MaskedPaths);
            context.ReadonlyPaths.Add(ReadonlyPaths);
        }
        return context;
    }

    private static void CheckNonRoot(JsonObject pod, ContainerSpec container, long? runAsUser, long? imageUser, string imageUserName)
    {
        var where = $"(pod: \"{pod.Name}_{pod.Namespace}({pod.Uid})\", container: {container.Name})";
        if (runAsUser is { } user)
        {
            if (user == 0) throw new StartException("CreateContainerConfigError", $"container's runAsUser breaks non-root policy {where}");
            return;
        }
        if (imageUser is null && imageUserName.Length > 0)
        {
            throw new StartException(
                "CreateContainerConfigError",
                $"container has runAsNonRoot and image has non-numeric user ({imageUserName}), cannot verify user is non-root {where}");
        }
        if (imageUser is null or 0)
            throw new StartException("CreateContainerConfigError", $"container has runAsNonRoot and image will run as root {where}");
    }

    private static NamespaceOption Namespaces(JsonObject pod, string? targetId)
    {
        var options = new NamespaceOption
        {
            Network = pod.Flag("spec", "hostNetwork") == true ? NamespaceMode.Node : NamespaceMode.Pod,
            Ipc = pod.Flag("spec", "hostIPC") == true ? NamespaceMode.Node : NamespaceMode.Pod,
            Pid = pod.Flag("spec", "hostPID") == true ? NamespaceMode.Node
                : pod.Flag("spec", "shareProcessNamespace") == true ? NamespaceMode.Pod : NamespaceMode.Container,
        };
        if (targetId is not null && options.Pid == NamespaceMode.Container)
        {
            options.Pid = NamespaceMode.Target;
            options.TargetId = targetId;
        }
        return options;
    }

    private static SecurityProfile Seccomp(JsonObject? profile, bool privileged, string directory) => (privileged ? null : profile?.Text("type")) switch
    {
        "RuntimeDefault" => new() { ProfileType = SecurityProfile.Types.ProfileType.RuntimeDefault },
        "Localhost" => new()
        {
            ProfileType = SecurityProfile.Types.ProfileType.Localhost,
            LocalhostRef = Path.Combine(directory, profile!.Text("localhostProfile") ?? ""),
        },
        _ => new() { ProfileType = SecurityProfile.Types.ProfileType.Unconfined },
    };

    private static List<long> SupplementalGroups(JsonObject pod)
    {
        var groups = new List<long>();
        if (pod.Integer("spec", "securityContext", "fsGroup") is { } fsGroup) groups.Add(fsGroup);
        foreach (var group in pod.List("spec", "securityContext", "supplementalGroups") ?? [])
            if (group is JsonValue value && long.TryParse(value.ToJsonString(), out var number)) groups.Add(number);
        return groups;
    }
}
