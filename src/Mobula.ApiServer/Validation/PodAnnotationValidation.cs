using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Validation;

/// <summary>Annotations of pods and templates that mean something to the node.</summary>
internal static class PodAnnotationValidation
{
    public const string AppArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";

    private const string Mirror = "kubernetes.io/config.mirror";
    private const string SeccompPod = "seccomp.security.alpha.kubernetes.io/pod";
    private const string SeccompContainerPrefix = "container.seccomp.security.alpha.kubernetes.io/";

    public static void Check(JsonObject? annotations, JsonObject spec, FieldPath path, FieldErrors errors)
    {
        if (annotations is null) return;
        if (annotations.Text(Mirror) is { } mirror && string.IsNullOrEmpty(spec.Text("nodeName"))) errors.Invalid(path.Key(Mirror), mirror, "must set spec.nodeName if mirror pod annotation is set");
        foreach (var (key, value) in annotations)
        {
            var profile = value?.GetValue<string>() ?? "";
            if ((key == SeccompPod || key.StartsWith(SeccompContainerPrefix, StringComparison.Ordinal)) && !SecurityContextValidation.IsSeccompAnnotation(profile))
            {
                errors.Invalid(path.Child(key), profile, "must be a valid seccomp profile");
            }
        }
        foreach (var (key, value) in annotations)
        {
            if (!key.StartsWith(AppArmorPrefix, StringComparison.Ordinal)) continue;
            var (container, profile) = (key[AppArmorPrefix.Length..], value?.GetValue<string>() ?? "");
            if (!PodContainers.All(spec, path).Any(c => c.Container.Text("name") == container)) errors.Invalid(path.Key(key), container, "container not found");
            if (!(profile is "" or "runtime/default" or "unconfined" || profile.StartsWith("localhost/", StringComparison.Ordinal))) errors.Invalid(path.Key(key), profile, $"invalid AppArmor profile name: {GoText.Quote(profile)}");
        }
    }
}
