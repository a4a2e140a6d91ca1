using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>The spec of a pod, in a pod or in a template. The order of the checks is the order of the errors.</summary>
internal static class PodSpecValidation
{
    public static void Check(JsonObject spec, FieldPath path, string podName, FieldErrors errors)
    {
        var volumes = VolumeValidation.Check(spec, path.Child("volumes"), podName, errors);
        var containers = new ContainerValidation(spec, path, volumes, errors);
        containers.Containers();
        containers.InitContainers();
        containers.EphemeralContainers();
        ResourceValidation.Requirements(spec.Object("resources"), path.Child("resources"), new HashSet<string>(), errors);
        if (errors.RequiredText(spec, path, "restartPolicy")) errors.OneOf(spec, path, "restartPolicy", "Always", "OnFailure", "Never");
        if (errors.RequiredText(spec, path, "dnsPolicy")) errors.OneOf(spec, path, "dnsPolicy", "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None");
        LabelSelectorValidation.Labels(spec.Object("nodeSelector"), path.Child("nodeSelector"), errors);
        SecurityContextValidation.OfPod(spec, path, errors);
        SchedulingValidation.Affinity(spec.Object("affinity"), path.Child("affinity"), errors);
        NameResolutionValidation.Config(spec, path.Child("dnsConfig"), errors);
        Gates(spec, path, errors);
        SchedulingValidation.Spreading(spec, path.Child("topologySpreadConstraints"), errors);
        if (spec.Text("serviceAccountName") is { Length: > 0 } account) errors.Invalid(path.Child("serviceAccountName"), account, NameValidation.IsDns1123Subdomain(account));
        if (spec.Text("nodeName") is { Length: > 0 } node) errors.Invalid(path.Child("nodeName"), node, NameValidation.IsDns1123Subdomain(node));
        if (spec.Integer("activeDeadlineSeconds") is { } deadline && deadline is < 1 or > int.MaxValue) errors.Invalid(path.Child("activeDeadlineSeconds"), spec.Integer("activeDeadlineSeconds"), "must be between 1 and 2147483647, inclusive");
        if (spec.Text("hostname") is { Length: > 0 } host) errors.Invalid(path.Child("hostname"), host, NameValidation.IsDns1123Label(host));
        if (spec.Text("subdomain") is { Length: > 0 } domain) errors.Invalid(path.Child("subdomain"), domain, NameValidation.IsDns1123Label(domain));
        SchedulingValidation.Tolerations(spec, path.Child("tolerations"), errors);
        NameResolutionValidation.HostAliases(spec, path.Child("hostAliases"), errors);
        if (spec.Text("priorityClassName") is { Length: > 0 } priority) errors.Invalid(path.Child("priorityClassName"), priority, NameValidation.IsDns1123Subdomain(priority));
        if (spec.Text("runtimeClassName") is { } runtime) errors.Invalid(path.Child("runtimeClassName"), runtime, NameValidation.IsDns1123Subdomain(runtime));
        errors.OneOfIfSet(spec, path, "preemptionPolicy", "Never", "PreemptLowerPriority");
        foreach (var (name, amount) in spec.Object("overhead") ?? [])
        {
            ResourceValidation.ContainerResourceName(name, path.Child("overhead", "limits").Key(name), errors);
            ResourceValidation.AmountOf(name, ResourceValidation.Read(amount), path.Child("overhead", "limits").Key(name), errors);
        }
        OperatingSystemValidation.Check(spec, path, errors);
    }

    private static void Gates(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        foreach (var (i, gate) in spec.Objects("readinessGates").Index())
        {
            var type = gate.Text("conditionType") ?? "";
            errors.Invalid(path.Child("readinessGates").Index(i).Child("conditionType"), type, NameValidation.IsQualifiedName(type));
        }
        var seen = new HashSet<string>();
        foreach (var (i, gate) in spec.Objects("schedulingGates").Index())
        {
            var name = gate.Text("name") ?? "";
            errors.Invalid(path.Child("schedulingGates").Index(i), name, NameValidation.IsQualifiedName(name));
            if (!seen.Add(name)) errors.Duplicate(path.Child("schedulingGates").Index(i), name);
        }
    }
}
