using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Authorization;

/// <summary>What a pod refers to by name in its namespace.</summary>
internal static class PodReferences
{
    /// <summary>Resources and names; the ServiceAccount is the last.</summary>
    public static IEnumerable<(string Resource, string Name)> Of(JsonObject pod) =>
        All(pod).Where(r => !string.IsNullOrEmpty(r.Name)).Select(r => (r.Resource, r.Name!));

    private static IEnumerable<(string Resource, string? Name)> All(JsonObject pod)
    {
        foreach (var secret in pod.Objects("spec", "imagePullSecrets")) yield return ("secrets", secret.Text("name"));
        foreach (var volume in pod.Objects("spec", "volumes"))
        {
            yield return ("secrets", volume.Text("secret", "secretName"));
            yield return ("configmaps", volume.Text("configMap", "name"));
            yield return ("persistentvolumeclaims", volume.Text("persistentVolumeClaim", "claimName"));
            foreach (var source in volume.Objects("projected", "sources"))
            {
                yield return ("secrets", source.Text("secret", "name"));
                yield return ("configmaps", source.Text("configMap", "name"));
            }
        }
        foreach (var container in new[] { "containers", "initContainers", "ephemeralContainers" }.SelectMany(c => pod.Objects("spec", c)))
        {
            foreach (var source in container.Objects("envFrom"))
            {
                yield return ("secrets", source.Text("secretRef", "name"));
                yield return ("configmaps", source.Text("configMapRef", "name"));
            }
            foreach (var variable in container.Objects("env"))
            {
                yield return ("secrets", variable.Text("valueFrom", "secretKeyRef", "name"));
                yield return ("configmaps", variable.Text("valueFrom", "configMapKeyRef", "name"));
            }
        }
        yield return ("serviceaccounts", pod.Text("spec", "serviceAccountName"));
    }
}
