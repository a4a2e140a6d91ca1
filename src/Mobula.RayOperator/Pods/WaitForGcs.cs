using System.Text.Json.Nodes;
using Mobula.RayOperator.Clusters;

namespace Mobula.RayOperator.Pods;

/// <summary>The init container in which a worker waits for the head, equal to KubeRay's to the blank.</summary>
internal static class WaitForGcs
{
    public const string Name = "wait-gcs-ready";

    public static JsonObject Build(RayClusterView cluster, JsonObject rayContainer)
    {
        var container = new JsonObject { ["name"] = Name };
        Copy(rayContainer, container, "image", "imagePullPolicy");
        container["command"] = ContainerEditing.Texts("/bin/bash", cluster.Options.LoginShell ? "-cl" : "-c", "--");
        container["args"] = ContainerEditing.Texts(Script($"{cluster.HeadAddress}:{cluster.HeadPort}"));
        Copy(rayContainer, container, "env", "volumeMounts", "securityContext");
        container["resources"] = ContainerEditing.Resources("200m", "256Mi");
        return container;
    }

    private static void Copy(JsonObject from, JsonObject to, params ReadOnlySpan<string> fields)
    {
        foreach (var field in fields)
        {
            if (from[field] is { } value) to[field] = value.DeepClone();
        }
    }

    private static string Script(string address) => string.Join('\n',
        "",
        "\t\t\t\t\tSECONDS=0",
        "\t\t\t\t\twhile true; do",
        "\t\t\t\t\t\tif (( SECONDS <= 120 )); then",
        $"\t\t\t\t\t\t\tif ray health-check --address {address} > /dev/null 2>&1; then",
        "\t\t\t\t\t\t\t\techo \"GCS is ready.\"",
        "\t\t\t\t\t\t\t\tbreak",
        "\t\t\t\t\t\t\tfi",
        "\t\t\t\t\t\t\techo \"$SECONDS seconds elapsed: Waiting for GCS to be ready.\"",
        "\t\t\t\t\t\telse",
        $"\t\t\t\t\t\t\tif ray health-check --address {address}; then",
        "\t\t\t\t\t\t\t\techo \"GCS is ready. Any error messages above can be safely ignored.\"",
        "\t\t\t\t\t\t\t\tbreak",
        "\t\t\t\t\t\t\tfi",
        "\t\t\t\t\t\t\techo \"$SECONDS seconds elapsed: Still waiting for GCS to be ready. For troubleshooting, refer to the FAQ at https://docs.ray.io/en/master/cluster/kubernetes/troubleshooting.html.\"",
        "\t\t\t\t\t\tfi",
        "\t\t\t\t\t\tsleep 5",
        "\t\t\t\t\tdone",
        "\t\t\t\t");
}
