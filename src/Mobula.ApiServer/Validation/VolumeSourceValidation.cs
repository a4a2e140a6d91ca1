using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Sources of storage that pods and persistent volumes share.</summary>
internal static class VolumeSourceValidation
{
    private const int CsiDriverBytes = 63;

    public static void GcePersistentDisk(JsonObject source, FieldPath path, FieldErrors errors)
    {
        errors.RequiredText(source, path, "pdName");
        Partition(source, path, errors);
    }

    public static void AwsElasticBlockStore(JsonObject source, FieldPath path, FieldErrors errors)
    {
        errors.RequiredText(source, path, "volumeID");
        Partition(source, path, errors);
    }

    public static void Nfs(JsonObject source, FieldPath path, FieldErrors errors)
    {
        errors.RequiredText(source, path, "server");
        if (errors.RequiredText(source, path, "path") && !source.Text("path")!.StartsWith('/')) errors.Invalid(path.Child("path"), source.Text("path"), "must be an absolute path");
    }

    public static void Iscsi(JsonObject source, FieldPath path, FieldErrors errors)
    {
        errors.RequiredText(source, path, "targetPortal");
        errors.RequiredText(source, path, "iqn");
        if (source.Integer("lun") is < 0 or > 255) errors.Invalid(path.Child("lun"), source.Integer("lun"), "must be between 0 and 255, inclusive");
    }

    public static void Glusterfs(JsonObject source, FieldPath path, FieldErrors errors)
    {
        errors.RequiredText(source, path, "endpoints");
        errors.RequiredText(source, path, "path");
    }

    public static void Flocker(JsonObject source, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(source.Text("datasetName")) && string.IsNullOrEmpty(source.Text("datasetUUID"))) errors.Required(path, "one of datasetName and datasetUUID is required");
    }

    public static void Rbd(JsonObject source, FieldPath path, FieldErrors errors)
    {
        if (source.List("monitors") is not { Count: > 0 }) errors.Required(path.Child("monitors"));
        errors.RequiredText(source, path, "image");
    }

    public static void Cinder(JsonObject source, FieldPath path, FieldErrors errors) => errors.RequiredText(source, path, "volumeID");

    public static void CephFs(JsonObject source, FieldPath path, FieldErrors errors)
    {
        if (source.List("monitors") is not { Count: > 0 }) errors.Required(path.Child("monitors"));
    }

    public static void Quobyte(JsonObject source, FieldPath path, FieldErrors errors)
    {
        if (errors.RequiredText(source, path, "registry", "must be a host:port pair or multiple pairs separated by commas") && source.Text("registry")!.Split(',').Any(pair => !pair.Contains(':', StringComparison.Ordinal)))
        {
            errors.Invalid(path.Child("registry"), source.Text("registry"), "must be a host:port pair or multiple pairs separated by commas");
        }
        errors.RequiredText(source, path, "volume");
    }

    public static void FibreChannel(JsonObject source, FieldPath path, FieldErrors errors)
    {
        var (names, ids) = (source.List("targetWWNs")?.Count > 0, source.List("wwids")?.Count > 0);
        if (!names && !ids) errors.Required(path.Child("targetWWNs"), "must specify either targetWWNs or wwids, but not both");
        if (names && ids) errors.Invalid(path.Child("targetWWNs"), source["targetWWNs"], "targetWWNs and wwids can not be specified simultaneously");
        if (!names) return;
        if (source.Integer("lun") is not { } lun) errors.Required(path.Child("lun"), "lun is required if targetWWNs is specified");
        else if (lun is < 0 or > 255) errors.Invalid(path.Child("lun"), lun, "must be between 0 and 255, inclusive");
    }

    public static void AzureFile(JsonObject source, FieldPath path, FieldErrors errors)
    {
        errors.RequiredText(source, path, "secretName");
        errors.RequiredText(source, path, "shareName");
    }

    public static void FlexVolume(JsonObject source, FieldPath path, FieldErrors errors) => errors.RequiredText(source, path, "driver");

    public static void Vsphere(JsonObject source, FieldPath path, FieldErrors errors) => errors.RequiredText(source, path, "volumePath");

    public static void AzureDisk(JsonObject source, FieldPath path, FieldErrors errors)
    {
        errors.RequiredText(source, path, "diskName");
        errors.RequiredText(source, path, "diskURI");
        errors.OneOfIfSet(source, path, "cachingMode", "None", "ReadOnly", "ReadWrite");
        errors.OneOfIfSet(source, path, "kind", "Dedicated", "Managed", "Shared");
        var uri = source.Text("diskURI") ?? "";
        var isBlob = uri.StartsWith("https://", StringComparison.Ordinal);
        if (source.Text("kind") != "Managed" && uri.Length > 0 && !isBlob) errors.NotSupported(path.Child("diskURI"), uri, "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd");
        if (source.Text("kind") == "Managed" && !uri.StartsWith("/subscriptions", StringComparison.Ordinal)) errors.NotSupported(path.Child("diskURI"), uri, "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}");
    }

    public static void StorageOs(JsonObject source, FieldPath path, FieldErrors errors)
    {
        if (errors.RequiredText(source, path, "volumeName")) errors.Invalid(path.Child("volumeName"), source.Text("volumeName"), NameValidation.IsDns1123Label(source.Text("volumeName")!));
        if (source.Text("volumeNamespace") is { Length: > 0 } space) errors.Invalid(path.Child("volumeNamespace"), space, NameValidation.IsDns1123Label(space));
        if (source.Object("secretRef") is { } secret) errors.RequiredText(secret, path.Child("secretRef"), "name");
    }

    public static void Portworx(JsonObject source, FieldPath path, FieldErrors errors) => errors.RequiredText(source, path, "volumeID");

    public static void PhotonPersistentDisk(JsonObject source, FieldPath path, FieldErrors errors) => errors.RequiredText(source, path, "pdID");

    public static void ScaleIo(JsonObject source, FieldPath path, FieldErrors errors)
    {
        errors.RequiredText(source, path, "gateway");
        errors.RequiredText(source, path, "system");
        errors.RequiredText(source, path, "volumeName");
    }

    /// <summary>The name of a CSI driver.</summary>
    public static void CsiDriver(string name, FieldPath path, FieldErrors errors)
    {
        if (name.Length == 0) errors.Required(path);
        if (name.Length > CsiDriverBytes) errors.Add(FieldError.TooLong(path, CsiDriverBytes));
        if (name.Length > 0) errors.Invalid(path, name, NameValidation.IsDns1123Subdomain(name.ToLowerInvariant()));
    }

    private static void Partition(JsonObject source, FieldPath path, FieldErrors errors)
    {
        if (source.Integer("partition") is < 0 or > 255) errors.Invalid(path.Child("partition"), source.Integer("partition"), "must be between 1 and 255, inclusive");
    }
}
