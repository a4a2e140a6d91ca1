using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Validation;

/// <summary>The security contexts of pods and containers.</summary>
internal static partial class SecurityContextValidation
{
    private const int AppArmorProfileBytes = 4095;

    public static void OfContainer(JsonObject? context, FieldPath path, bool hostUsers, FieldErrors errors)
    {
        if (context is null) return;
        Id(context, path, "runAsUser", errors);
        Id(context, path, "runAsGroup", errors);
        if (context.Text("procMount") is { } mount)
        {
            errors.OneOf(context, path, "procMount", "Default", "Unmasked");
            if (hostUsers && mount == "Unmasked") errors.Invalid(path.Child("procMount"), mount, "`hostUsers` must be false to use `Unmasked`");
        }
        Seccomp(context.Object("seccompProfile"), path.Child("seccompProfile"), errors);
        if (context.Flag("allowPrivilegeEscalation") == false)
        {
            if (context.Flag("privileged") == true) errors.InvalidRaw(path, InternalForm.Print("SecurityContext", context), "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
            if (context.Texts("capabilities", "add").Contains("CAP_SYS_ADMIN")) errors.InvalidRaw(path, InternalForm.Print("SecurityContext", context), "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
        }
        Windows(context.Object("windowsOptions"), path.Child("windowsOptions"), errors);
        AppArmor(context.Object("appArmorProfile"), path.Child("appArmorProfile"), errors);
    }

    /// <summary>The security context of a pod, and what the pod shares with its node.</summary>
    public static void OfPod(JsonObject spec, FieldPath specPath, FieldErrors errors)
    {
        var path = specPath.Child("securityContext");
        var context = spec.Object("securityContext") ?? [];
        if (spec.Flag("hostNetwork") == true) HostPorts(spec, specPath, errors);
        Id(context, path, "fsGroup", errors);
        Id(context, path, "runAsUser", errors);
        Id(context, path, "runAsGroup", errors);
        foreach (var (i, group) in (context.List("supplementalGroups") ?? []).Index())
        {
            if (group is JsonValue value && value.GetValue<long>() is var id && !FieldRules.IsId(id)) errors.Invalid(path.Child("supplementalGroups").Index(i), id, FieldRules.MustBeId);
        }
        Sysctls(context, spec, path.Child("sysctls"), errors);
        errors.OneOfIfSet(context, path, "fsGroupChangePolicy", "Always", "OnRootMismatch");
        Seccomp(context.Object("seccompProfile"), path.Child("seccompProfile"), errors);
        Windows(context.Object("windowsOptions"), path.Child("windowsOptions"), errors);
        AppArmor(context.Object("appArmorProfile"), path.Child("appArmorProfile"), errors);
        errors.OneOfIfSet(context, path, "supplementalGroupsPolicy", "Merge", "Strict");
        errors.OneOfIfSet(context, path, "seLinuxChangePolicy", "MountOption", "Recursive");
        if (spec.Flag("shareProcessNamespace") == true && spec.Flag("hostPID") == true) errors.Invalid(specPath.Child("shareProcessNamespace"), true, "ShareProcessNamespace and HostPID cannot both be enabled");
        if (spec.Flag("hostUsers") == false) OwnUsers(spec, specPath, errors);
    }

    /// <summary>A profile by the annotation that the field replaced.</summary>
    public static bool IsSeccompAnnotation(string profile) =>
        profile is "runtime/default" or "docker/default" or "unconfined"
        || (profile.StartsWith("localhost/", StringComparison.Ordinal) && FieldRules.DescendingPath(profile["localhost/".Length..]) is null);

    private static void Id(JsonObject context, FieldPath path, string field, FieldErrors errors)
    {
        if (context.Integer(field) is { } id && !FieldRules.IsId(id)) errors.Invalid(path.Child(field), id, FieldRules.MustBeId);
    }

    private static void Seccomp(JsonObject? profile, FieldPath path, FieldErrors errors)
    {
        if (profile is null) return;
        var type = profile.Text("type") ?? "";
        if (type.Length == 0) errors.Required(path.Child("type"), "type is required when seccompProfile is set");
        else errors.OneOf(profile, path, "type", "Localhost", "RuntimeDefault", "Unconfined");
        var local = profile.Text("localhostProfile");
        if (type == "Localhost")
        {
            if (local is null) errors.Required(path.Child("localhostProfile"), "must be set when seccomp type is Localhost");
            else if (FieldRules.DescendingPath(local) is { } wrong) errors.Invalid(path.Child("localhostProfile"), local, wrong);
        }
        else if (local is not null)
        {
            errors.InvalidRaw(path.Child("localhostProfile"), InternalForm.Print("SeccompProfile", profile), "can only be set when seccomp type is Localhost");
        }
    }

    private static void AppArmor(JsonObject? profile, FieldPath path, FieldErrors errors)
    {
        if (profile is null) return;
        var local = profile.Text("localhostProfile");
        switch (profile.Text("type") ?? "")
        {
            case "Localhost":
                if (string.IsNullOrEmpty(local)) errors.Required(path.Child("localhostProfile"), "must be set when AppArmor type is Localhost");
                else if (local.Trim() != local) errors.Invalid(path.Child("localhostProfile"), local, "must not be padded with whitespace");
                else if (local.Length > AppArmorProfileBytes) errors.Add(FieldError.TooLong(path.Child("localhostProfile"), AppArmorProfileBytes));
                break;
            case "RuntimeDefault" or "Unconfined":
                if (local is not null) errors.Invalid(path.Child("localhostProfile"), local, "can only be set when AppArmor type is Localhost");
                break;
            case "":
                errors.Required(path.Child("type"), "type is required when appArmorProfile is set");
                break;
            default:
                errors.OneOf(profile, path, "type", "Localhost", "RuntimeDefault", "Unconfined");
                break;
        }
    }

    private static void Windows(JsonObject? options, FieldPath path, FieldErrors errors)
    {
        if (options is null) return;
        if (options.Text("gmsaCredentialSpecName") is { } name) errors.Invalid(path.Child("gmsaCredentialSpecName"), name, Mobula.Kubernetes.Names.NameValidation.IsDns1123Subdomain(name));
        if (options.Text("gmsaCredentialSpec") is "") errors.Invalid(path.Child("gmsaCredentialSpec"), "", "gmsaCredentialSpec cannot be an empty string");
        if (options.Text("runAsUserName") is "") errors.Invalid(path.Child("runAsUserName"), "", "runAsUserName cannot be an empty string");
    }

    private static void HostPorts(JsonObject spec, FieldPath specPath, FieldErrors errors)
    {
        foreach (var (container, path) in PodContainers.All(spec, specPath))
        {
            foreach (var (i, port) in container.Objects("ports").Index())
            {
                if (port.Integer("hostPort") is { } host && host != port.Integer("containerPort")) errors.Invalid(path.Child("ports").Index(i).Child("hostPort"), host, "must match `containerPort` when `hostNetwork` is true");
            }
        }
    }

    private static void Sysctls(JsonObject context, JsonObject spec, FieldPath path, FieldErrors errors)
    {
        var names = new HashSet<string>();
        foreach (var (i, sysctl) in context.Objects("sysctls").Index())
        {
            var name = sysctl.Text("name") ?? "";
            var at = path.Index(i).Child("name");
            if (name.Length == 0) errors.Required(at);
            else if (name.Length > 253 || !SysctlName().IsMatch(name)) errors.Invalid(at, name, @"must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$");
            else if (names.Contains(name)) errors.Duplicate(at, name);
            var dotted = name.Replace('/', '.');
            if (spec.Flag("hostNetwork") == true && dotted.StartsWith("net.", StringComparison.Ordinal)) errors.Invalid(at, name, "may not be specified when 'hostNetwork' is true");
            if (spec.Flag("hostIPC") == true && IsInterProcess(dotted)) errors.Invalid(at, name, "may not be specified when 'hostIPC' is true");
            names.Add(name);
        }
    }

    private static bool IsInterProcess(string name) =>
        name == "kernel.sem" || new[] { "kernel.shm", "kernel.msg", "fs.mqueue." }.Any(p => name.StartsWith(p, StringComparison.Ordinal));

    private static void OwnUsers(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        const string Why = "when `hostUsers` is false";
        if (spec.Flag("hostNetwork") == true) errors.Forbidden(path.Child("hostNetwork"), Why);
        if (spec.Flag("hostPID") == true) errors.Forbidden(path.Child("HostPID"), Why);
        if (spec.Flag("hostIPC") == true) errors.Forbidden(path.Child("HostIPC"), Why);
        foreach (var (container, at) in PodContainers.All(spec, path))
        {
            if (container.List("volumeDevices") is { Count: > 0 }) errors.Forbidden(at.Child("volumeDevices"), Why);
        }
    }

    [GeneratedRegex(@"\A([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex SysctlName();
}
