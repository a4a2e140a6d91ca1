using System.Text;
using System.Text.Json.Nodes;

namespace Mobula.Node.Containerd;

/// <summary>Writes out the configuration of containerd (version 2 of its format, which every containerd since 1.3 reads) and of CNI.</summary>
internal static class ContainerdConfig
{
    public static string Toml(ContainerdOptions options)
    {
        var data = options.DataDirectory;
        return $"""
            version = 2
            root = {Quote(Path.Combine(data, "containerd"))}
            state = {Quote(Path.Combine(options.RunDirectory, "state"))}
            disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.tracing", "io.containerd.tracing.processor.v1.otlp"]

            [grpc]
              address = {Quote(options.Socket)}

            [ttrpc]
              address = {Quote(options.Socket + ".ttrpc")}

            [plugins."io.containerd.internal.v1.opt"]
              path = {Quote(Path.Combine(data, "opt"))}

            [plugins."io.containerd.grpc.v1.cri"]
              sandbox_image = {Quote(options.SandboxImage)}
              # Without CAP_SYS_RESOURCE (a container, many VMs) a negative oom_score_adj is refused and no pod would start.
              restrict_oom_score_adj = true
              disable_apparmor = true
              netns_mounts_under_state_dir = true
              enable_unprivileged_ports = true
              stream_server_address = "127.0.0.1"
              stream_server_port = "0"

              [plugins."io.containerd.grpc.v1.cri".cni]
                bin_dir = {Quote(options.CniPluginDirectory)}
                conf_dir = {Quote(options.CniConfigDirectory)}
                max_conf_num = 1

              [plugins."io.containerd.grpc.v1.cri".containerd]
                snapshotter = "overlayfs"
                default_runtime_name = "runc"

                [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
                  runtime_type = "io.containerd.runc.v2"

                  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
                    BinaryName = {Quote(options.RuntimeBinary)}
                    SystemdCgroup = false

            """;
    }

    /// <summary>
    /// The bridge plugin alone: masquerading and host ports are the node's own iptables rules, which saves the pod's start
    /// about 40 ms of iptables processes and its end about 60 ms.
    /// </summary>
    public static string CniConfigList(ContainerdOptions options)
    {
        var (first, last) = options.Network.PodAddresses(options.NodeNumber);
        var plugin = new JsonObject
        {
            ["type"] = "bridge",
            ["bridge"] = options.Network.Bridge,
            ["isGateway"] = true,
            ["ipMasq"] = false,
            ["hairpinMode"] = true,
            ["ipam"] = new JsonObject
            {
                ["type"] = "host-local",
                ["dataDir"] = Path.Combine(options.DataDirectory, "ipam"),
                ["ranges"] = new JsonArray(new JsonArray(new JsonObject
                {
                    ["subnet"] = options.Network.PodSubnet.ToString(),
                    ["rangeStart"] = first.ToString(),
                    ["rangeEnd"] = last.ToString(),
                    ["gateway"] = options.Network.Gateway.ToString(),
                })),
                ["routes"] = new JsonArray(new JsonObject { ["dst"] = "0.0.0.0/0" }),
            },
        };
        return new JsonObject
        {
            ["cniVersion"] = "0.4.0",
            ["name"] = options.Network.Bridge,
            ["plugins"] = new JsonArray(plugin),
        }.ToJsonString();
    }

    /// <summary>A TOML basic string.</summary>
    private static string Quote(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var c in value)
        {
            if (c is '"' or '\\') text.Append('\\').Append(c);
            else if (char.IsControl(c)) text.Append($"\\u{(int)c:X4}");
            else text.Append(c);
        }

        return text.Append('"').ToString();
    }
}
