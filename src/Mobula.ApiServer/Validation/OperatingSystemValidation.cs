using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Validation;

/// <summary>The operating system that a pod names, and the settings that only another one has.</summary>
internal static class OperatingSystemValidation
{
    public static void Check(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        if (spec.Object("os") is not { } os) return;
        var name = os.Text("name") ?? "";
        if (name.Length == 0) errors.Required(path.Child("os", "name"));
        else if (name is not ("linux" or "windows")) errors.NotSupported(path.Child("os"), name, "linux", "windows");
        else if (name == "windows") Windows(spec, path, errors);
        else Linux(spec, path, errors);
    }

    private static void Windows(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        const string Why = "cannot be set for a windows pod";
        void Forbid(JsonObject? o, FieldPath at, params string[] fields)
        {
            foreach (var field in fields) if (o?[field] is { } value && !(value is JsonValue v && v.TryGetValue(out bool flag) && !flag && field is "hostPID" or "hostIPC")) errors.Forbidden(at.Child(field), Why);
        }
        Forbid(spec.Object("securityContext"), path.Child("securityContext"),
            "appArmorProfile", "seLinuxOptions", "seccompProfile", "fsGroup", "fsGroupChangePolicy", "sysctls", "runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy");
        Forbid(spec, path, "hostUsers", "hostPID", "hostIPC", "shareProcessNamespace");
        foreach (var (container, at) in PodContainers.All(spec, path))
        {
            Forbid(container.Object("securityContext"), at.Child("securityContext"),
                "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem", "privileged", "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup");
        }
    }

    private static void Linux(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        const string Why = "windows options cannot be set for a linux pod";
        if (spec.Object("securityContext", "windowsOptions") is not null) errors.Forbidden(path.Child("securityContext", "windowsOptions"), Why);
        foreach (var (container, at) in PodContainers.All(spec, path))
        {
            if (container.Object("securityContext", "windowsOptions") is not null) errors.Forbidden(at.Child("securityContext", "windowsOptions"), Why);
        }
    }
}
