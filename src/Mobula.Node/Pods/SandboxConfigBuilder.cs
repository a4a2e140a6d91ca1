using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Node.Containerd.Cri;

namespace Mobula.Node.Pods;

/// <summary>The labels and annotations by which an agent finds its pods again after a restart. They are the kubelet's.</summary>
internal static class RuntimeLabels
{
    public const string PodName = "io.kubernetes.pod.name";
    public const string PodNamespace = "io.kubernetes.pod.namespace";
    public const string PodUid = "io.kubernetes.pod.uid";
    public const string ContainerName = "io.kubernetes.container.name";
    public const string RestartCount = "io.kubernetes.container.restartCount";
    public const string TerminationMessagePath = "io.kubernetes.container.terminationMessagePath";
    public const string TerminationMessagePolicy = "io.kubernetes.container.terminationMessagePolicy";
    public const string GracePeriod = "io.kubernetes.pod.terminationGracePeriod";

    /// <summary>Requests and limits with which the container was made, as JSON.</summary>
    public const string Resources = "mobula.dev/container-resources";
}

/// <summary>A pod's sandbox in the terms of CRI. Pure.</summary>
internal static class SandboxConfigBuilder
{
    public static PodSandboxConfig Build(JsonObject pod, int attempt, NodeSettings node, string hostResolvConf)
    {
        var ns = pod.Namespace ?? "";
        var hostNetwork = pod.Flag("spec", "hostNetwork") == true;
        var config = new PodSandboxConfig
        {
            Metadata = new PodSandboxMetadata { Name = pod.Name, Namespace = ns, Uid = pod.Uid, Attempt = (uint)attempt },
            Hostname = hostNetwork ? "" : HostName(pod, node.ClusterDomain),
            LogDirectory = node.PodLogDirectory(ns, pod.Name, pod.Uid),
            DnsConfig = ResolverConfig.Of(pod, hostResolvConf, node.DnsIp, node.ClusterDomain),
            Linux = new LinuxPodSandboxConfig
            {
                CgroupParent = PodCgroup.PathOf(pod, node.CgroupRoot),
                SecurityContext = SecurityContexts.Sandbox(pod),
            },
        };
        foreach (var (key, value) in pod.TextMap("metadata", "labels")) config.Labels[key] = value;
        config.Labels[RuntimeLabels.PodName] = pod.Name;
        config.Labels[RuntimeLabels.PodNamespace] = ns;
        config.Labels[RuntimeLabels.PodUid] = pod.Uid;
        foreach (var (key, value) in pod.TextMap("metadata", "annotations")) config.Annotations[key] = value;
        foreach (var sysctl in pod.Objects("spec", "securityContext", "sysctls"))
            config.Linux.Sysctls[sysctl.Text("name") ?? ""] = sysctl.Text("value") ?? "";
        foreach (var port in ContainerSpec.Init(pod).Concat(ContainerSpec.Regular(pod)).SelectMany(c => c.Json.Objects("ports")))
        {
            if (hostNetwork || port.Integer("hostPort") is not (> 0 and var hostPort)) continue;
            config.PortMappings.Add(new PortMapping
            {
                HostPort = (int)hostPort,
                ContainerPort = (int)(port.Integer("containerPort") ?? 0),
                HostIp = port.Text("hostIP") ?? "",
                Protocol = port.Text("protocol") switch { "UDP" => Protocol.Udp, "SCTP" => Protocol.Sctp, _ => Protocol.Tcp },
            });
        }
        return config;
    }

    private static string HostName(JsonObject pod, string clusterDomain) =>
        pod.Flag("spec", "setHostnameAsFQDN") == true && HostsFile.FullName(pod, clusterDomain) is { } full ? full : HostsFile.HostName(pod);
}
