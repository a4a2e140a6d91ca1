using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>What the author of a pod should know though the pod is fine.</summary>
internal static class PodWarnings
{
    private const string SeccompPod = "seccomp.security.alpha.kubernetes.io/pod";
    private const string SeccompContainerPrefix = "container.seccomp.security.alpha.kubernetes.io/";

    private static readonly (string Label, string Instead)[] DeprecatedNodeLabels =
    [
        ("beta.kubernetes.io/arch", "kubernetes.io/arch"), ("beta.kubernetes.io/os", "kubernetes.io/os"), ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
        ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"), ("beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"),
    ];

    private static readonly (string Source, string Text)[] DeprecatedVolumes =
    [
        ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"), ("gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"), ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
        ("flocker", "deprecated in v1.22, non-functional in v1.25+"), ("storageos", "deprecated in v1.22, non-functional in v1.25+"), ("quobyte", "deprecated in v1.22, non-functional in v1.25+"), ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"), ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
        ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
    ];

    /// <summary>The warnings of a workload: its name, which pods' names are made of, and its template.</summary>
    public static IEnumerable<string> OfWorkload(JsonObject o, params string[] templatePath)
    {
        var warnings = new List<string>();
        if (o.Name.Length > 0 && NameValidation.IsDns1123Label(o.Name) is { Count: > 0 } wrong && o.Kind is not ("StatefulSet" or "DaemonSet"))
        {
            warnings.Add($"metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [{string.Join(' ', wrong)}]");
        }
        var path = FieldPath.Of(["spec", .. templatePath]);
        var template = o.Object(["spec", .. templatePath]);
        warnings.AddRange(OfSpec(template?.Object("spec") ?? [], template?.Object("metadata"), path.Child("spec"), path.Child("metadata")));
        return warnings;
    }

    /// <summary>The warnings of a pod or a template.</summary>
    public static IEnumerable<string> OfSpec(JsonObject spec, JsonObject? metadata, FieldPath path, FieldPath metadataPath, bool isPod = false)
    {
        var warnings = new List<string>();
        foreach (var (label, instead) in DeprecatedNodeLabels)
        {
            if (spec.At("nodeSelector", label) is not null) warnings.Add($"{path.Child("nodeSelector").Key(label)}: deprecated since v1.14; use \"{instead}\" instead");
        }
        Annotations(metadata?.Object("annotations"), metadataPath.Child("annotations"), isPod, warnings);
        foreach (var (i, volume) in spec.Objects("volumes").Index())
        {
            foreach (var (source, text) in DeprecatedVolumes)
            {
                if (volume.Object(source) is not null) warnings.Add($"{path.Child("volumes").Index(i).Child(source == "storageos" ? "storageOS" : source)}: {text}");
            }
        }
        foreach (var (i, secret) in spec.Objects("imagePullSecrets").Index())
        {
            if (string.IsNullOrEmpty(secret.Text("name"))) warnings.Add($"{path.Child("imagePullSecrets").Index(i).Child("name")}: invalid empty name \"\"");
        }
        foreach (var (container, at) in PodContainers.All(spec, path)) Container(container, at, warnings);
        return warnings;
    }

    private static void Annotations(JsonObject? annotations, FieldPath path, bool isPod, List<string> warnings)
    {
        if (annotations is null) return;
        // Of pods this is told when the profile is taken over.
        foreach (var (key, _) in annotations)
        {
            if (!isPod && key.StartsWith(PodAnnotationValidation.AppArmorPrefix, StringComparison.Ordinal)) warnings.Add($"{path.Key(key)}: deprecated since v1.30; use the \"appArmorProfile\" field instead");
        }
        if (annotations[SeccompPod] is not null) warnings.Add($"{path.Key(SeccompPod)}: non-functional in v1.27+; use the \"seccompProfile\" field instead");
        foreach (var (key, _) in annotations)
        {
            if (key.StartsWith(SeccompContainerPrefix, StringComparison.Ordinal)) warnings.Add($"{path.Key(key)}: non-functional in v1.27+; use the \"seccompProfile\" field instead");
        }
    }

    private static void Container(JsonObject container, FieldPath path, List<string> warnings)
    {
        foreach (var list in new[] { "limits", "requests" })
        {
            foreach (var (name, amount) in container.Object("resources", list) ?? [])
            {
                if (name is "memory" or "ephemeral-storage" && ResourceValidation.Read(amount) is var quantity && quantity.MilliValue % 1000 != 0)
                {
                    warnings.Add($"{path.Child("resources", list).Key(name)}: fractional byte value {GoText.Quote(quantity.ToString())} is invalid, must be an integer");
                }
            }
        }
        var names = new HashSet<string>();
        foreach (var (i, variable) in container.Objects("env").Index())
        {
            var name = variable.Text("name") ?? "";
            if (!names.Add(name)) warnings.Add($"{path.Child("env").Index(i)}: hides previous definition of {GoText.Quote(name)}, which may be dropped when using apply");
        }
        var ports = new HashSet<string>();
        foreach (var (i, port) in container.Objects("ports").Index())
        {
            if (!ports.Add($"{port.Integer("containerPort")}/{port.Text("protocol")}/{port.Integer("hostPort") ?? 0}/{port.Text("hostIP")}"))
            {
                warnings.Add($"{path.Child("ports").Index(i)}: duplicate port definition with {path.Child("ports").Index(IndexOf(container, port))}");
            }
        }
    }

    private static int IndexOf(JsonObject container, JsonObject port) =>
        container.Objects("ports").Index().First(p => p.Item.Integer("containerPort") == port.Integer("containerPort") && p.Item.Text("protocol") == port.Text("protocol")).Index;
}
