using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Node.Resources;

namespace Mobula.Node.Pods;

/// <summary>The downward API: fields of the pod and amounts of its resources as text. Pure.</summary>
internal static class DownwardFields
{
    /// <summary>The value of a <c>fieldRef</c>.</summary>
    /// <exception cref="StartException">The field is none of those that can be asked for.</exception>
    public static string Field(JsonObject pod, string path, string? podIp, IEnumerable<string> podIps, string hostIp, string nodeName)
    {
        if (path.IndexOf('[', StringComparison.Ordinal) is var open and > 0 && path.EndsWith("']", StringComparison.Ordinal))
        {
            var key = path[(open + 2)..^2];
            return (path[..open] == "metadata.labels" ? pod.Label(key) : pod.Annotation(key)) ?? "";
        }
        return path switch
        {
            "metadata.name" => pod.Name,
            "metadata.namespace" => pod.Namespace ?? "",
            "metadata.uid" => pod.Uid,
            "metadata.labels" => Map(pod.TextMap("metadata", "labels")),
            "metadata.annotations" => Map(pod.TextMap("metadata", "annotations")),
            "spec.nodeName" => nodeName,
            "spec.serviceAccountName" => pod.Text("spec", "serviceAccountName") ?? "default",
            "spec.restartPolicy" => pod.Text("spec", "restartPolicy") ?? "Always",
            "status.hostIP" => hostIp,
            "status.hostIPs" => hostIp,
            "status.podIP" => podIp ?? "",
            "status.podIPs" => string.Join(',', podIps),
            _ => throw new StartException("CreateContainerConfigError", $"unsupported fieldPath: {path}"),
        };
    }

    /// <summary>The value of a <c>resourceFieldRef</c>; a limit that is not set is what the node can give.</summary>
    public static string Resource(JsonObject pod, JsonObject reference, string? containerName, NodeCapacity capacity)
    {
        var name = reference.Text("containerName") is { Length: > 0 } named ? named : containerName;
        var container = ContainerSpec.All(pod).FirstOrDefault(c => c.Name == name)?.Json ?? [];
        var resource = reference.Text("resource") ?? "";
        var dot = resource.IndexOf('.', StringComparison.Ordinal);
        var (kind, what) = dot < 0 ? ("limits", resource) : (resource[..dot], resource[(dot + 1)..]);
        var written = container.Text("resources", kind, what) ?? (kind == "requests" ? container.Text("resources", "limits", what) : null);
        var amount = written is not null ? ResourceAmount.Parse(written)
            : kind == "requests" ? 0
            : what switch
            {
                "cpu" => capacity.CpuMilli / 1000m,
                "memory" => capacity.AllocatableMemory,
                "ephemeral-storage" => capacity.AllocatableStorage,
                _ => 0,
            };
        var divisor = ResourceAmount.Parse(reference.Text("divisor"));
        if (divisor <= 0) divisor = 1;
        return decimal.Ceiling(amount / divisor).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A map as lines <c>key="value"</c>, sorted, with Go's escapes and no newline at the end.</summary>
    public static string Map(IEnumerable<KeyValuePair<string, string>> map) =>
        string.Join('\n', map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={Quote(p.Value)}"));

    private static string Quote(string text)
    {
        var result = new StringBuilder("\"");
        foreach (var c in text)
        {
            switch (c)
            {
                case '"': result.Append("\\\""); break;
                case '\\': result.Append("\\\\"); break;
                case '\n': result.Append("\\n"); break;
                case '\r': result.Append("\\r"); break;
                case '\t': result.Append("\\t"); break;
                default:
                    if (char.IsControl(c)) result.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
                    else result.Append(c);
                    break;
            }
        }
        return result.Append('"').ToString();
    }
}
