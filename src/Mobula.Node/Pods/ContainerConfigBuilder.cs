using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Mobula.Kubernetes;
using Mobula.Node.Containerd.Cri;

namespace Mobula.Node.Pods;

/// <summary>An image as the runtime has it.</summary>
/// <param name="Id">The runtime's reference of the image.</param>
/// <param name="User">Its numeric user, if it has one.</param>
/// <param name="UserName">Its named user; empty if it has none.</param>
internal sealed record LocalImage(string Id, long? User, string UserName);

/// <summary>A container in the terms of CRI. Pure.</summary>
internal static class ContainerConfigBuilder
{
    /// <exception cref="StartException">The container cannot be run so.</exception>
    public static ContainerConfig Build(
        JsonObject pod, ContainerSpec container, int attempt, LocalImage image, IReadOnlyDictionary<string, string> environment,
        IEnumerable<Mount> mounts, string? targetId, NodeSettings node)
    {
        string Expand(string text) => VariableExpansion.Expand(text, environment.GetValueOrDefault);
        var config = new ContainerConfig
        {
            Metadata = new ContainerMetadata { Name = container.Name, Attempt = (uint)attempt },
            Image = new ImageSpec { Image = image.Id, UserSpecifiedImage = container.Image },
            WorkingDir = container.Json.Text("workingDir") ?? "",
            LogPath = $"{container.Name}/{attempt}.log",
            Stdin = container.Json.Flag("stdin") == true,
            StdinOnce = container.Json.Flag("stdinOnce") == true,
            Tty = container.Json.Flag("tty") == true,
            Linux = new LinuxContainerConfig
            {
                Resources = ContainerResourcesConfig.Of(pod, container, node.Capacity.MemoryBytes),
                SecurityContext = SecurityContexts.Container(pod, container, image.User, image.UserName, targetId, node.SeccompDirectory),
            },
        };
        config.Command.Add(container.Json.Texts("command").Select(Expand));
        config.Args.Add(container.Json.Texts("args").Select(Expand));
        foreach (var (name, value) in environment) config.Envs.Add(new KeyValue { Key = name, Value = ByteString.CopyFromUtf8(value) });
        config.Mounts.Add(mounts);
        config.Labels[RuntimeLabels.PodName] = pod.Name;
        config.Labels[RuntimeLabels.PodNamespace] = pod.Namespace ?? "";
        config.Labels[RuntimeLabels.PodUid] = pod.Uid;
        config.Labels[RuntimeLabels.ContainerName] = container.Name;
        config.Annotations[RuntimeLabels.RestartCount] = attempt.ToString(CultureInfo.InvariantCulture);
        config.Annotations[RuntimeLabels.TerminationMessagePath] = container.Json.Text("terminationMessagePath") ?? "/dev/termination-log";
        config.Annotations[RuntimeLabels.TerminationMessagePolicy] = container.Json.Text("terminationMessagePolicy") ?? "File";
        config.Annotations[RuntimeLabels.GracePeriod] = (pod.Integer("spec", "terminationGracePeriodSeconds") ?? 30).ToString(CultureInfo.InvariantCulture);
        config.Annotations[RuntimeLabels.Resources] = (container.Json.Object("resources") ?? []).ToJsonString();
        return config;
    }
}
