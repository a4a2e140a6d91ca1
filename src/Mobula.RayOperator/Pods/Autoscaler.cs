using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.RayOperator.Clusters;

namespace Mobula.RayOperator.Pods;

/// <summary>The sidecar of the head that asks for more or fewer workers.</summary>
internal static class Autoscaler
{
    public const string Name = "autoscaler";
    private const string Command = "ray kuberay-autoscaler --cluster-name $(RAY_CLUSTER_NAME) --cluster-namespace $(RAY_CLUSTER_NAMESPACE)";

    public static JsonObject Build(RayClusterView cluster, string? image)
    {
        var container = new JsonObject { ["name"] = Name };
        if (image is not null) container["image"] = image;
        container["imagePullPolicy"] = "IfNotPresent";
        container["command"] = ContainerEditing.Texts("/bin/bash", cluster.Options.LoginShell ? "-cl" : "-c", "--");
        container["args"] = ContainerEditing.Texts(Command);
        container.AddFieldEnv("RAY_CLUSTER_NAME", "metadata.labels['ray.io/cluster']");
        container.AddFieldEnv("RAY_CLUSTER_NAMESPACE", "metadata.namespace");
        container.AddFieldEnv("RAY_HEAD_POD_NAME", "metadata.name");
        container.AddEnv("KUBERAY_CRD_VER", "v1");
        container.AddEnv("KUBERAY_GEN_AUTOSCALER_START_CMD", Command);
        container["resources"] = ContainerEditing.Resources("500m", "512Mi");
        RayAuthentication.AddEnvironment(cluster, container);
        if (cluster.AutoscalerOptions is { } options) Override(container, options);
        return container;
    }

    private static void Override(JsonObject container, JsonObject options)
    {
        foreach (var field in (ReadOnlySpan<string>)["resources", "image", "imagePullPolicy", "securityContext"])
        {
            if (options[field] is { } value) container[field] = value.DeepClone();
        }
        foreach (var field in (ReadOnlySpan<string>)["env", "envFrom", "volumeMounts"])
        {
            if (options.List(field) is not { Count: > 0 } added) continue;
            var list = container.EnsureList(field);
            foreach (var item in added) list.Add(item?.DeepClone());
        }
        foreach (var field in (ReadOnlySpan<string>)["command", "args"])
        {
            if (options.List(field) is { Count: > 0 } list) container[field] = list.DeepClone();
        }
    }
}
