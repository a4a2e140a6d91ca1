namespace Mobula.PodSecurity.Guidance;

/// <summary>The guides of the baseline checks.</summary>
internal static class BaselineGuides
{
    private const string OwnNamespace = "keep the pod in a namespace of its own that is labelled privileged, with few people allowed to write to it";

    private static PodSecurityVersion V(int minor) => PodSecurityVersion.OfMinor(minor);

    public static readonly IReadOnlyList<ControlGuide> All =
    [
        new("appArmorProfile",
            "AppArmor confines what the processes of a container may do on nodes that have it. The runtime's own profile or one that is loaded on the node is fine; "
            + "switching AppArmor off is not. Saying nothing is fine too: the runtime then uses its own.",
            "securityContext:\n  appArmorProfile: {type: RuntimeDefault}", ["remove the field or the annotation", "type: Localhost with a localhostProfile that is loaded on the nodes"])
        {
            History = [(V(0), "by annotation container.apparmor.security.beta.kubernetes.io/CONTAINER"), (V(30), "Kubernetes has the field securityContext.appArmorProfile as well; both are looked at by every version of the policy")],
            Fields = ["spec.securityContext.appArmorProfile.type", "spec.containers[*].securityContext.appArmorProfile.type", "metadata.annotations[container.apparmor.security.beta.kubernetes.io/*]"],
            CanBeFixed = true,
        },
        new("capabilities_baseline",
            "A capability is a slice of what root may do. Container runtimes give a dozen harmless ones; adding others (SYS_ADMIN, NET_ADMIN, NET_RAW, SYS_PTRACE …) gives ways out of the container. "
            + "Baseline lets you add back only those that runtimes give anyway.",
            null,
            [
                "remove the capability: many programs only ask for it out of habit",
                "add only AUDIT_WRITE, CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, MKNOD, NET_BIND_SERVICE, SETFCAP, SETGID, SETPCAP, SETUID or SYS_CHROOT",
                OwnNamespace,
            ])
        {
            History = [(V(0), "the list above")],
            Fields = ["spec.containers[*].securityContext.capabilities.add"],
        },
        new("hostNamespaces",
            "hostNetwork, hostPID and hostIPC let a pod see the node's network, processes and shared memory as if it ran outside a container: it can listen to other pods' traffic, reach what listens on localhost, and read the environment of any process.",
            null, ["remove hostNetwork, hostPID and hostIPC; a Service, a sidecar in the same pod or the downward API usually gives what they were for", OwnNamespace])
        {
            History = [(V(0), "all three must be false or absent")],
            Fields = ["spec.hostNetwork", "spec.hostPID", "spec.hostIPC"],
        },
        new("hostPathVolumes",
            "A hostPath volume is a folder of the node. Who can write to the right one (or to a socket in it) owns the node, and what is read from it may belong to others.",
            null,
            ["persistentVolumeClaim for data to keep", "emptyDir for scratch space", "configMap, secret or projected for files to read", "a csi or local persistent volume for a disk of the node", OwnNamespace])
        {
            History = [(V(0), "no volume may be a hostPath")],
            Fields = ["spec.volumes[*].hostPath"],
        },
        new("hostPorts",
            "A hostPort is taken from the node itself: it can shadow what the node or another pod offers there, passes by NetworkPolicies of many implementations, and limits where the pod fits.",
            null, ["remove hostPort and reach the port through a Service (type NodePort or LoadBalancer from outside)", OwnNamespace])
        {
            History = [(V(0), "hostPort must be absent or 0")],
            Fields = ["spec.containers[*].ports[*].hostPort"],
        },
        new("hostProbesAndHostLifecycle",
            "Probes and lifecycle hooks are carried out by the kubelet, from the node. With a host in them a pod can make the kubelet send requests to wherever it likes, also to what only the node may reach.",
            null, ["remove host: the request then goes to the pod's own address", "use an exec probe if it really must ask somebody else"])
        {
            History = [(V(34), "host must be absent or empty in httpGet and tcpSocket")],
            Fields =
            [
                "spec.containers[*].{livenessProbe,readinessProbe,startupProbe}.{httpGet,tcpSocket}.host", "spec.containers[*].lifecycle.{postStart,preStop}.{httpGet,tcpSocket}.host",
            ],
        },
        new("privileged",
            "A privileged container has all capabilities, all devices of the node and no confinement: root in it is root on the node.",
            null, ["remove privileged and name the one capability the program needs", "a device plugin for a device, a csi driver for mounts", OwnNamespace])
        {
            History = [(V(0), "privileged must be false or absent")],
            Fields = ["spec.containers[*].securityContext.privileged"],
        },
        new("procMount",
            "Runtimes hide parts of /proc that tell about the node or change it. procMount: Unmasked shows them again, which only nested containers need.",
            null, ["remove procMount", "since v1.35, with hostUsers: false beside it, baseline lets it be; restricted does not"])
        {
            History = [(V(0), "procMount must be Default or absent"), (V(35), "not looked at when the pod has a user namespace of its own (hostUsers: false)")],
            Fields = ["spec.containers[*].securityContext.procMount"],
        },
        new("seLinuxOptions",
            "SELinux labels keep containers from each other and from the node. Another type, user or role than those made for containers takes that away.",
            null, ["remove type, user and role; level may stay", "type: container_t, container_init_t, container_kvm_t (since v1.31 also container_engine_t)"])
        {
            History = [(V(0), "types container_t, container_init_t, container_kvm_t; neither user nor role"), (V(31), "container_engine_t too")],
            Fields = ["spec.securityContext.seLinuxOptions.{type,user,role}", "spec.containers[*].securityContext.seLinuxOptions.{type,user,role}"],
        },
        new("seccompProfile_baseline",
            "Seccomp decides which system calls a process may make; most holes in the kernel need one that no ordinary program uses. Baseline forbids to switch it off (Unconfined).",
            "securityContext:\n  seccompProfile: {type: RuntimeDefault}", ["remove the field", "type: Localhost with a localhostProfile that is on the nodes"])
        {
            History = [(V(0), "by the annotations seccomp.security.alpha.kubernetes.io/pod and container.seccomp.security.alpha.kubernetes.io/CONTAINER"), (V(19), "by the field; annotations are no longer looked at")],
            Fields = ["spec.securityContext.seccompProfile.type", "spec.containers[*].securityContext.seccompProfile.type"],
            CanBeFixed = true,
        },
        new("sysctls",
            "Sysctls change settings of the kernel. Those that belong to the pod's own namespaces and can harm nobody else are fine; others reach the whole node.",
            null, ["remove the sysctl", "set it on the nodes, where who runs them decides", OwnNamespace])
        {
            History =
            [
                (V(0), "kernel.shm_rmid_forced, net.ipv4.ip_local_port_range, net.ipv4.ip_unprivileged_port_start, net.ipv4.ping_group_range, net.ipv4.tcp_syncookies"),
                (V(27), "net.ipv4.ip_local_reserved_ports too"),
                (V(29), "net.ipv4.tcp_keepalive_time, tcp_fin_timeout, tcp_keepalive_intvl, tcp_keepalive_probes too"),
                (V(32), "net.ipv4.tcp_rmem, net.ipv4.tcp_wmem too"),
                (V(37), "net.ipv4.tcp_slow_start_after_idle, net.ipv4.tcp_notsent_lowat too"),
            ],
            Fields = ["spec.securityContext.sysctls[*].name"],
        },
        new("windowsHostProcess",
            "A HostProcess container of a Windows pod is a process of the node with its rights.",
            null, ["remove hostProcess", OwnNamespace])
        {
            History = [(V(0), "hostProcess must be false or absent")],
            Fields = ["spec.securityContext.windowsOptions.hostProcess", "spec.containers[*].securityContext.windowsOptions.hostProcess"],
        },
    ];
}
