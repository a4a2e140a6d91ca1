using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Node.Pods;

internal enum ContainerKind
{
    Init,
    Regular,
    Ephemeral,
}

/// <summary>A container as the pod's spec asks for it.</summary>
internal sealed record ContainerSpec(JsonObject Json, ContainerKind Kind)
{
    public string Name => Json.Text("name") ?? "";

    public string Image => Json.Text("image") ?? "";

    /// <summary>An init container that runs beside the others: it has <c>restartPolicy: Always</c>.</summary>
    public bool IsSidecar => Kind == ContainerKind.Init && Json.Text("restartPolicy") == "Always";

    /// <summary>How events name the container.</summary>
    public string FieldPath => Kind switch
    {
        ContainerKind.Init => $"spec.initContainers{{{Name}}}",
        ContainerKind.Regular => $"spec.containers{{{Name}}}",
        _ => $"spec.ephemeralContainers{{{Name}}}",
    };

    public bool HasStartupProbe => Json.Object("startupProbe") is not null;

    public bool HasReadinessProbe => Json.Object("readinessProbe") is not null;

    public static IEnumerable<ContainerSpec> Init(JsonObject pod) => pod.Objects("spec", "initContainers").Select(c => new ContainerSpec(c, ContainerKind.Init));

    public static IEnumerable<ContainerSpec> Regular(JsonObject pod) => pod.Objects("spec", "containers").Select(c => new ContainerSpec(c, ContainerKind.Regular));

    public static IEnumerable<ContainerSpec> Ephemeral(JsonObject pod) =>
        pod.Objects("spec", "ephemeralContainers").Select(c => new ContainerSpec(c, ContainerKind.Ephemeral));

    /// <summary>All, in the order in which the kubelet treats them.</summary>
    public static IEnumerable<ContainerSpec> All(JsonObject pod) => [.. Init(pod), .. Regular(pod), .. Ephemeral(pod)];

    /// <summary>
    /// Whether the container is to run again after that end. A container's own <c>restartPolicy</c> and
    /// <c>restartPolicyRules</c> go before the pod's.
    /// </summary>
    public bool RestartsAfter(JsonObject pod, int exitCode)
    {
        if (Kind == ContainerKind.Ephemeral) return false;
        foreach (var rule in Json.Objects("restartPolicyRules"))
        {
            if (rule.Text("action") != "Restart" || rule.Object("exitCodes") is not { } codes) continue;
            var listed = codes.List("values")?.Any(v => v is JsonValue value && value.TryGetValue(out int code) ? code == exitCode : v?.ToJsonString() == $"{exitCode}") == true;
            if (listed == (codes.Text("operator") != "NotIn")) return true;
        }
        var policy = Json.Text("restartPolicy") ?? pod.Text("spec", "restartPolicy") ?? "Always";
        if (Kind == ContainerKind.Init && !IsSidecar && policy == "Always") policy = "OnFailure";
        return policy switch { "Never" => false, "OnFailure" => exitCode != 0, _ => true };
    }
}
