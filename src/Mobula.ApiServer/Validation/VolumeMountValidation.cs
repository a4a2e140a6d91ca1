using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Validation;

/// <summary>Where a container sees its volumes.</summary>
internal static class VolumeMountValidation
{
    public static void Mounts(JsonObject container, FieldPath containerPath, IReadOnlyDictionary<string, JsonObject> volumes, FieldErrors errors)
    {
        var path = containerPath.Child("volumeMounts");
        var devices = container.Objects("volumeDevices").ToList();
        var seen = new HashSet<string>();
        foreach (var (i, mount) in container.Objects("volumeMounts").Index())
        {
            var at = path.Index(i);
            var (name, mountPath) = (mount.Text("name") ?? "", mount.Text("mountPath") ?? "");
            if (name.Length == 0) errors.Required(at.Child("name"));
            if (!volumes.ContainsKey(name)) errors.NotFound(at.Child("name"), name);
            if (mountPath.Length == 0) errors.Required(at.Child("mountPath"));
            if (!seen.Add(mountPath)) errors.Invalid(at.Child("mountPath"), mountPath, "must be unique");
            if (devices.Any(d => (d.Text("name") ?? "") == name)) errors.Invalid(at.Child("name"), name, "must not already exist in volumeDevices");
            if (mountPath.Length > 0 && devices.Any(d => (d.Text("devicePath") ?? "") == mountPath)) errors.Invalid(at.Child("mountPath"), mountPath, "must not already exist as a path in volumeDevices");
            if (mount.Text("subPath") is { Length: > 0 } sub && FieldRules.DescendingPath(sub) is { } wrong) errors.Invalid(path.Child("subPath"), sub, wrong);
            if (mount.Text("subPathExpr") is { Length: > 0 } expression)
            {
                if (!string.IsNullOrEmpty(mount.Text("subPath"))) errors.Invalid(at.Child("subPathExpr"), expression, "subPathExpr and subPath are mutually exclusive");
                if (FieldRules.DescendingPath(expression) is { } bad) errors.Invalid(path.Child("subPathExpr"), expression, bad);
            }
            Propagation(mount, container, path, errors);
            ReadOnly(mount, path, errors);
        }
    }

    public static void Devices(JsonObject container, FieldPath containerPath, IReadOnlyDictionary<string, JsonObject> volumes, FieldErrors errors)
    {
        var path = containerPath.Child("volumeDevices");
        var mounts = container.Objects("volumeMounts").ToList();
        var (names, paths) = (new HashSet<string>(), new HashSet<string>());
        foreach (var (i, device) in container.Objects("volumeDevices").Index())
        {
            var at = path.Index(i);
            var (name, devicePath) = (device.Text("name") ?? "", device.Text("devicePath") ?? "");
            if (name.Length == 0) errors.Required(at.Child("name"));
            if (names.Contains(name)) errors.Invalid(at.Child("name"), name, "must be unique");
            if (volumes.TryGetValue(name, out var volume))
            {
                if (volume["persistentVolumeClaim"] is null && volume["ephemeral"] is null) errors.Invalid(at.Child("name"), name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
            }
            else
            {
                errors.NotFound(at.Child("name"), name);
            }
            if (devicePath.Length == 0) errors.Required(at.Child("devicePath"));
            if (devicePath.Length > 0 && FieldRules.Backsteps(devicePath) is not null) errors.Invalid(at.Child("devicePath"), devicePath, "can not contain backsteps ('..')");
            else if (paths.Contains(devicePath)) errors.Invalid(at.Child("devicePath"), devicePath, "must be unique");
            if (mounts.Any(m => (m.Text("name") ?? "") == name)) errors.Invalid(at.Child("name"), name, "must not already exist in volumeMounts");
            if (mounts.Any(m => (m.Text("mountPath") ?? "") == devicePath && devicePath.Length > 0)) errors.Invalid(at.Child("devicePath"), devicePath, "must not already exist as a path in volumeMounts");
            if (name.Length > 0) names.Add(name);
            if (devicePath.Length > 0) paths.Add(devicePath);
        }
    }

    private static void Propagation(JsonObject mount, JsonObject container, FieldPath path, FieldErrors errors)
    {
        if (mount.Text("mountPropagation") is not { } propagation) return;
        errors.OneOf(mount, path, "mountPropagation", "Bidirectional", "HostToContainer", "None");
        if (propagation == "Bidirectional" && container.Flag("securityContext", "privileged") != true)
        {
            errors.Forbidden(path.Child("mountPropagation"), "Bidirectional mount propagation is available only to privileged containers");
        }
    }

    private static void ReadOnly(JsonObject mount, FieldPath path, FieldErrors errors)
    {
        if (mount.Text("recursiveReadOnly") is not { } mode) return;
        if (mode is not ("Disabled" or "Enabled" or "IfPossible"))
        {
            errors.NotSupported(path.Child("recursiveReadOnly"), mode, "Disabled", "Enabled", "IfPossible");
            return;
        }
        if (mode == "Disabled") return;
        if (mount.Flag("readOnly") != true) errors.Forbidden(path.Child("recursiveReadOnly"), "may only be specified when readOnly is true");
        if (mount.Text("mountPropagation") is { } propagation && propagation != "None") errors.Forbidden(path.Child("recursiveReadOnly"), "may only be specified when mountPropagation is None or not specified");
    }
}
