using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>The volumes of a pod: names, and exactly one source each.</summary>
internal static class VolumeValidation
{
    /// <summary>The sources in the order in which they are looked at, each with its rule.</summary>
    private static readonly (string Name, Action<JsonObject, FieldPath, FieldErrors> Check)[] Sources =
    [
        ("emptyDir", EmptyDir), ("hostPath", HostPath), ("gitRepo", GitRepo), ("gcePersistentDisk", VolumeSourceValidation.GcePersistentDisk),
        ("awsElasticBlockStore", VolumeSourceValidation.AwsElasticBlockStore), ("secret", Secret), ("nfs", VolumeSourceValidation.Nfs), ("iscsi", VolumeSourceValidation.Iscsi),
        ("glusterfs", VolumeSourceValidation.Glusterfs), ("flocker", VolumeSourceValidation.Flocker), ("persistentVolumeClaim", Claim), ("rbd", VolumeSourceValidation.Rbd),
        ("cinder", VolumeSourceValidation.Cinder), ("cephfs", VolumeSourceValidation.CephFs), ("quobyte", VolumeSourceValidation.Quobyte), ("downwardAPI", DownwardApi),
        ("fc", VolumeSourceValidation.FibreChannel), ("configMap", ConfigMap), ("azureFile", VolumeSourceValidation.AzureFile), ("flexVolume", VolumeSourceValidation.FlexVolume),
        ("vsphereVolume", VolumeSourceValidation.Vsphere), ("azureDisk", VolumeSourceValidation.AzureDisk), ("storageos", VolumeSourceValidation.StorageOs),
        ("projected", ProjectedVolumeValidation.Check), ("portworxVolume", VolumeSourceValidation.Portworx), ("photonPersistentDisk", VolumeSourceValidation.PhotonPersistentDisk),
        ("scaleIO", VolumeSourceValidation.ScaleIo), ("csi", Csi), ("ephemeral", Ephemeral), ("image", Image),
    ];

    /// <summary>Checks the volumes of a pod.</summary>
    /// <returns>Those without fault, by name: only these can be mounted.</returns>
    public static IReadOnlyDictionary<string, JsonObject> Check(JsonObject spec, FieldPath path, string podName, FieldErrors errors)
    {
        var valid = new Dictionary<string, JsonObject>();
        foreach (var (i, volume) in spec.Objects("volumes").Index())
        {
            var own = new FieldErrors();
            var at = path.Index(i);
            var name = volume.Text("name") ?? "";
            Source(volume, at, podName, own);
            if (name.Length == 0) own.Required(at.Child("name"));
            else own.Invalid(at.Child("name"), name, NameValidation.IsDns1123Label(name));
            if (valid.ContainsKey(name)) own.Duplicate(at.Child("name"), name);
            if (own.Count == 0) valid[name] = volume;
            errors.AddRange(own);
        }
        return valid;
    }

    /// <summary>The files made of a map's keys.</summary>
    public static void KeyToPaths(JsonObject source, FieldPath path, FieldErrors errors)
    {
        foreach (var (i, item) in source.Objects("items").Index())
        {
            var at = path.Child("items").Index(i);
            errors.RequiredText(item, at, "key");
            if (errors.RequiredText(item, at, "path")) FilePath(item.Text("path")!, at.Child("path"), errors);
            Mode(item, at, "mode", errors);
        }
    }

    public static void DownwardItems(JsonObject source, FieldPath path, FieldErrors errors)
    {
        foreach (var item in source.Objects("items"))
        {
            if (errors.RequiredText(item, path, "path")) FilePath(item.Text("path")!, path.Child("path"), errors);
            var resource = item.Object("resourceFieldRef");
            if (item.Object("fieldRef") is { } field)
            {
                EnvironmentValidation.VolumeField(field, path.Child("fieldRef"), errors);
                if (resource is not null) errors.Invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
            }
            else if (resource is not null)
            {
                EnvironmentValidation.Resource(resource, path.Child("resourceFieldRef"), true, errors);
            }
            else
            {
                errors.Required(path, "one of fieldRef and resourceFieldRef is required");
            }
            Mode(item, path, "mode", errors);
        }
    }

    /// <summary>A path below the volume's root that does not begin with two dots.</summary>
    public static void FilePath(string file, FieldPath path, FieldErrors errors)
    {
        if (file.StartsWith('/')) errors.Invalid(path, file, "must be a relative path");
        if (FieldRules.Backsteps(file) is { } wrong) errors.Invalid(path, file, wrong);
        else if (file.StartsWith("..", StringComparison.Ordinal) && file != "..") errors.Invalid(path, file, "must not start with '..'");
    }

    public static void Mode(JsonObject o, FieldPath path, string field, FieldErrors errors)
    {
        if (o.Integer(field) is { } mode && mode is < 0 or > 0x1ff) errors.Invalid(path.Child(field), o.Integer(field), "must be a number between 0 and 0777 (octal), both inclusive");
    }

    private static void Source(JsonObject volume, FieldPath path, string podName, FieldErrors errors)
    {
        var count = 0;
        foreach (var (name, check) in Sources)
        {
            if (volume.Object(name) is not { } source) continue;
            if (count++ > 0)
            {
                errors.Forbidden(path.Child(name), "may not specify more than 1 volume type");
                continue;
            }
            check(source, path.Child(name is "gcePersistentDisk" ? "persistentDisk" : name), errors);
            if (name == "ephemeral" && podName.Length > 0 && !string.IsNullOrEmpty(volume.Text("name")) && $"{podName}-{volume.Text("name")}" is var claim && NameValidation.IsDns1123Subdomain(claim) is { Count: > 0 } wrong)
            {
                errors.Invalid(path.Child("name"), volume.Text("name"), wrong.Select(m => $"PVC name {GoText.Quote(claim)}: {m}"));
            }
        }
        if (count == 0) errors.Required(path, "must specify a volume type");
    }

    private static void EmptyDir(JsonObject source, FieldPath path, FieldErrors errors)
    {
        if (source["sizeLimit"] is { } limit && ResourceValidation.Read(limit).Sign < 0) errors.Forbidden(path.Child("sizeLimit"), "SizeLimit field must be a valid resource quantity");
    }

    public static void HostPath(JsonObject source, FieldPath path, FieldErrors errors)
    {
        if (!errors.RequiredText(source, path, "path")) return;
        if (FieldRules.Backsteps(source.Text("path")!) is { } wrong) errors.Invalid(path.Child("path"), source.Text("path"), wrong);
        errors.OneOfIfSet(source, path, "type", "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket");
    }

    private static void GitRepo(JsonObject source, FieldPath path, FieldErrors errors)
    {
        errors.RequiredText(source, path, "repository");
        if (source.Text("directory") is { Length: > 0 } directory && FieldRules.DescendingPath(directory) is { } wrong) errors.Invalid(path.Child("directory"), directory, wrong);
    }

    private static void Secret(JsonObject source, FieldPath path, FieldErrors errors)
    {
        errors.RequiredText(source, path, "secretName");
        Mode(source, path, "defaultMode", errors);
        KeyToPaths(source, path, errors);
    }

    private static void ConfigMap(JsonObject source, FieldPath path, FieldErrors errors)
    {
        errors.RequiredText(source, path, "name");
        Mode(source, path, "defaultMode", errors);
        KeyToPaths(source, path, errors);
    }

    private static void Claim(JsonObject source, FieldPath path, FieldErrors errors) => errors.RequiredText(source, path, "claimName");

    private static void DownwardApi(JsonObject source, FieldPath path, FieldErrors errors)
    {
        Mode(source, path, "defaultMode", errors);
        DownwardItems(source, path, errors);
    }

    private static void Csi(JsonObject source, FieldPath path, FieldErrors errors)
    {
        VolumeSourceValidation.CsiDriver(source.Text("driver") ?? "", path.Child("driver"), errors);
        if (source.Object("nodePublishSecretRef") is { } secret) errors.RequiredText(secret, path.Child("nodePublishSecretRef"), "name");
    }

    private static void Ephemeral(JsonObject source, FieldPath path, FieldErrors errors)
    {
        var at = path.Child("volumeClaimTemplate");
        if (source.Object("volumeClaimTemplate") is not { } template)
        {
            errors.Required(at);
            return;
        }
        foreach (var field in template.Object("metadata") ?? [])
        {
            if (field.Key is not ("labels" or "annotations") && field.Value is not (null or JsonObject { Count: 0 })) errors.Forbidden(at.Child("metadata", field.Key), "cannot be set");
        }
        LabelSelectorValidation.Labels(template.Object("metadata", "labels"), at.Child("metadata", "labels"), errors);
        PersistentVolumeClaimValidation.Spec(template.Object("spec") ?? [], at.Child("spec"), errors);
    }

    private static void Image(JsonObject source, FieldPath path, FieldErrors errors)
    {
        errors.RequiredText(source, path, "reference");
        errors.OneOfIfSet(source, path, "pullPolicy", "Always", "IfNotPresent", "Never");
    }
}
