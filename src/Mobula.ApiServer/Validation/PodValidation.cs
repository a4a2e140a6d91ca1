using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Validation;

/// <summary>Pods as a whole.</summary>
internal static class PodValidation
{
    private static readonly FieldPath SpecPath = FieldPath.Of("spec");

    public static void Create(JsonObject pod, FieldErrors errors)
    {
        Check(pod, errors);
        var spec = pod.Object("spec") ?? [];
        if (spec.List("ephemeralContainers") is { Count: > 0 }) errors.Forbidden(SpecPath.Child("ephemeralContainers"), "cannot be set on create");
        if (!string.IsNullOrEmpty(spec.Text("nodeName")) && spec.List("schedulingGates") is { Count: > 0 }) errors.Forbidden(SpecPath.Child("nodeName"), "cannot be set until all schedulingGates have been cleared");
    }

    /// <summary>The containers for debugging alone.</summary>
    public static void EphemeralContainers(JsonObject pod, FieldErrors errors)
    {
        var spec = pod.Object("spec") ?? [];
        // The volumes were checked when the pod was made.
        var volumes = VolumeValidation.Check(spec, SpecPath.Child("volumes"), pod.Name, []);
        new ContainerValidation(spec, SpecPath, volumes, errors).EphemeralContainers();
    }

    public static void Check(JsonObject pod, FieldErrors errors)
    {
        var spec = pod.Object("spec") ?? [];
        PodAnnotationValidation.Check(pod.Object("metadata", "annotations"), spec, FieldPath.Of("metadata", "annotations"), errors);
        PodSpecValidation.Check(spec, SpecPath, pod.Name, errors);
        if (string.IsNullOrEmpty(spec.Text("serviceAccountName")))
        {
            foreach (var (i, volume) in spec.Objects("volumes").Index())
            {
                foreach (var (j, source) in volume.Objects("projected", "sources").Index())
                {
                    if (source.Object("serviceAccountToken") is not null) errors.Forbidden(SpecPath.Child("volumes").Index(i).Child("projected", "sources").Index(j).Child("serviceAccountToken"), "must not be specified when serviceAccountName is not set");
                }
            }
        }
        new ContainerValidation(spec, SpecPath, new Dictionary<string, JsonObject>(), errors).Images();
    }
}
