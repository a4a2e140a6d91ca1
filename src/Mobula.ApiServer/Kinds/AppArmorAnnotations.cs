using System.Text.Json.Nodes;
using Mobula.ApiServer.Validation;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Kinds;

/// <summary>Takes the AppArmor profiles of containers over from the annotations that came before the field.</summary>
internal static class AppArmorAnnotations
{
    public static void Sync(JsonObject pod, WriteContext context)
    {
        if (pod.Text("spec", "os", "name") == "windows") return;
        var whole = pod.Object("spec", "securityContext", "appArmorProfile");
        foreach (var container in PodDefaults.Containers(pod.Object("spec") ?? []))
        {
            var key = PodAnnotationValidation.AppArmorPrefix + container.Text("name");
            var own = container.Object("securityContext", "appArmorProfile");
            if (pod.Annotation(key) is { } annotation)
            {
                context.Warnings.Add($"metadata.annotations[{key}]: deprecated since v1.30; use the \"appArmorProfile\" field instead");
                if (own is null && Profile(annotation) is { } profile && !JsonNode.DeepEquals(profile, whole)) container.Ensure("securityContext")["appArmorProfile"] = profile;
            }
        }
    }

    private static JsonObject? Profile(string annotation) => annotation switch
    {
        "runtime/default" => new() { ["type"] = "RuntimeDefault" },
        "unconfined" => new() { ["type"] = "Unconfined" },
        _ when annotation.StartsWith("localhost/", StringComparison.Ordinal) => new() { ["type"] = "Localhost", ["localhostProfile"] = annotation["localhost/".Length..] },
        _ => null,
    };
}
