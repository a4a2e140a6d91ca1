namespace Mobula.PodSecurity.Guidance;

/// <summary>The guides of the checks that only restricted has.</summary>
internal static class RestrictedGuides
{
    private static PodSecurityVersion V(int minor) => PodSecurityVersion.OfMinor(minor);

    public static readonly IReadOnlyList<ControlGuide> All =
    [
        new("allowPrivilegeEscalation",
            "A program that starts another one (sudo, ping, anything with the setuid bit) can gain rights that way. allowPrivilegeEscalation: false sets no_new_privs, by which the kernel rules that out. "
            + "Every container must say so itself, init and ephemeral containers too; the default is true, and there is no such field for the pod.",
            "securityContext:\n  allowPrivilegeEscalation: false", ["not together with privileged: true or the capability SYS_ADMIN, which need it: take those away first"])
        {
            History = [(V(8), "every container"), (V(25), "not for Windows pods (spec.os.name: windows), which have no such field")],
            Fields = ["spec.containers[*].securityContext.allowPrivilegeEscalation", "spec.initContainers[*]…", "spec.ephemeralContainers[*]…"],
            CanBeFixed = true,
        },
        new("capabilities_restricted",
            "Runtimes give each container a dozen capabilities, of which nearly no program needs one. Every container must drop ALL; NET_BIND_SERVICE (ports below 1024) alone may be added back.",
            "securityContext:\n  capabilities: {drop: [\"ALL\"]}", ["a port below 1024 needs no capability where net.ipv4.ip_unprivileged_port_start is 0, as containerd and CRI-O set it", "add: [NET_BIND_SERVICE] is allowed"])
        {
            History = [(V(22), "every container"), (V(25), "not for Windows pods")],
            Fields = ["spec.containers[*].securityContext.capabilities.drop", "spec.containers[*].securityContext.capabilities.add"],
            CanBeFixed = true,
        },
        new("procMount_restricted",
            "Runtimes hide parts of /proc that tell about the node or change it; restricted keeps them hidden, also where baseline (since v1.35) lets a pod with a user namespace of its own unmask them.",
            null, ["remove procMount"])
        {
            History = [(V(35), "procMount must be Default or absent, in a user namespace too; before that baseline's check said the same")],
            Fields = ["spec.containers[*].securityContext.procMount"],
        },
        new("restrictedVolumes",
            "Restricted allows the volume types that bring nothing of the node in and whose access Kubernetes controls. Old in-tree types (nfs, iscsi, cephfs, gcePersistentDisk …) name servers and disks by themselves, past that control.",
            null,
            [
                "configMap, csi, downwardAPI, emptyDir, ephemeral, image, persistentVolumeClaim, projected or secret",
                "a PersistentVolume may still be of any type: put a persistentVolumeClaim in between",
            ])
        {
            History = [(V(0), "only the types above")],
            Fields = ["spec.volumes[*]"],
        },
        new("runAsNonRoot",
            "User 0 in a container is user 0 of the node unless a user namespace lies between. runAsNonRoot: true makes the kubelet refuse to start the container as root, whatever its image says. "
            + "It may be said once for the pod; a container's own word wins.",
            "securityContext:\n  runAsNonRoot: true",
            ["the image must name a user by number (USER 1000), or say it here: runAsUser: 1000", "since v1.35 not needed with a user namespace of the pod's own (hostUsers: false)"])
        {
            History = [(V(0), "the pod or every container says true, none says false"), (V(35), "not looked at with hostUsers: false")],
            Fields = ["spec.securityContext.runAsNonRoot", "spec.containers[*].securityContext.runAsNonRoot"],
            CanBeFixed = true,
        },
        new("runAsUser",
            "runAsUser: 0 asks for root in so many words, which is root of the node unless a user namespace lies between; it is refused even where the image could run as another user.",
            null, ["remove runAsUser, so that the image's user counts", "another user that the image can run as, for example runAsUser: 1000; files it writes may need fsGroup", "since v1.35: hostUsers: false"])
        {
            History = [(V(23), "not 0"), (V(35), "not looked at with hostUsers: false")],
            Fields = ["spec.securityContext.runAsUser", "spec.containers[*].securityContext.runAsUser"],
        },
        new("seccompProfile_restricted",
            "Seccomp decides which system calls a process may make. Kubernetes leaves it off unless told (or unless the kubelet's seccompDefault is on), so restricted wants it said: once for the pod, or by every container.",
            "securityContext:\n  seccompProfile: {type: RuntimeDefault}", ["type: Localhost with a localhostProfile that is on the nodes"])
        {
            History = [(V(19), "RuntimeDefault or Localhost, by the pod or every container"), (V(25), "not for Windows pods")],
            Fields = ["spec.securityContext.seccompProfile.type", "spec.containers[*].securityContext.seccompProfile.type"],
            CanBeFixed = true,
        },
    ];
}
