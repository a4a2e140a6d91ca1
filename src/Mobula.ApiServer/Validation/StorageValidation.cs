using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Volumes, claims and classes of storage.</summary>
internal static class StorageValidation
{
    private static readonly FieldPath SpecPath = FieldPath.Of("spec");

    private static readonly (string Name, Action<JsonObject, FieldPath, FieldErrors> Check)[] Sources =
    [
        ("hostPath", VolumeValidation.HostPath), ("gcePersistentDisk", VolumeSourceValidation.GcePersistentDisk), ("awsElasticBlockStore", VolumeSourceValidation.AwsElasticBlockStore),
        ("glusterfs", VolumeSourceValidation.Glusterfs), ("flocker", VolumeSourceValidation.Flocker), ("nfs", VolumeSourceValidation.Nfs), ("rbd", VolumeSourceValidation.Rbd),
        ("quobyte", VolumeSourceValidation.Quobyte), ("cephfs", VolumeSourceValidation.CephFs), ("iscsi", VolumeSourceValidation.Iscsi), ("cinder", VolumeSourceValidation.Cinder),
        ("fc", VolumeSourceValidation.FibreChannel), ("flexVolume", VolumeSourceValidation.FlexVolume), ("azureFile", VolumeSourceValidation.AzureFile),
        ("vsphereVolume", VolumeSourceValidation.Vsphere), ("azureDisk", VolumeSourceValidation.AzureDisk), ("photonPersistentDisk", VolumeSourceValidation.PhotonPersistentDisk),
        ("portworxVolume", VolumeSourceValidation.Portworx), ("scaleIO", VolumeSourceValidation.ScaleIo), ("local", Local), ("storageos", VolumeSourceValidation.StorageOs), ("csi", Csi),
    ];

    public static void PersistentVolume(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        if (spec.List("accessModes") is not { Count: > 0 }) errors.Required(SpecPath.Child("accessModes"));
        PersistentVolumeClaimValidation.Modes(spec, SpecPath, errors);
        Capacity(spec, errors);
        errors.OneOfIfSet(spec, SpecPath, "persistentVolumeReclaimPolicy", "Delete", "Recycle", "Retain");
        if (spec.Object("nodeAffinity") is { } affinity)
        {
            if (affinity.Object("required") is { } required) SchedulingValidation.NodeSelector(required, SpecPath.Child("nodeAffinity", "required"), errors);
            else errors.Required(SpecPath.Child("nodeAffinity", "required"), "must specify required node constraints");
        }
        Source(spec, errors);
        if (spec.Text("hostPath", "path") == "/" && spec.Text("persistentVolumeReclaimPolicy") == "Recycle") errors.Forbidden(SpecPath.Child("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'");
        if (spec.Text("storageClassName") is { Length: > 0 } name) errors.Invalid(SpecPath.Child("storageClassName"), name, NameValidation.IsDns1123Subdomain(name));
        errors.OneOfIfSet(spec, SpecPath, "volumeMode", "Block", "Filesystem");
    }

    public static void PersistentVolumeUpdate(JsonObject o, JsonObject old, FieldErrors errors)
    {
        var (now, was) = (InternalForm.Convert("PersistentVolumeSource", o["spec"]), InternalForm.Convert("PersistentVolumeSource", old["spec"]));
        if (!JsonNode.DeepEquals(now, was))
        {
            errors.Forbidden(SpecPath.Child("persistentvolumesource"), $"spec.persistentvolumesource is immutable after creation\n{SpecDifference.Of("PersistentVolumeSource", old["spec"], o["spec"])}");
        }
        errors.Immutable(o.Object("spec") ?? [], old.Object("spec") ?? [], SpecPath, "volumeMode");
    }

    public static void Claim(JsonObject o, FieldErrors errors) => PersistentVolumeClaimValidation.Spec(o.Object("spec") ?? [], SpecPath, errors);

    public static void ClaimUpdate(JsonObject o, JsonObject old, FieldErrors errors)
    {
        var (spec, before) = (o.Object("spec")?.Clone() ?? [], old.Object("spec")?.Clone() ?? []);
        var bound = old.Text("status", "phase") == "Bound";
        if (string.IsNullOrEmpty(before.Text("volumeName"))) before["volumeName"] = spec["volumeName"]?.DeepClone();
        var shown = spec.Clone();
        if (bound && spec.At("resources", "requests") is { } requests) (spec.Ensure("resources")["requests"], before.Ensure("resources")["requests"]) = (requests.DeepClone(), requests.DeepClone());
        foreach (var field in new[] { "volumeAttributesClassName" }) if (bound) (spec[field], before[field]) = (null, null);
        if (!JsonNode.DeepEquals(InternalForm.Convert("PersistentVolumeClaimSpec", spec), InternalForm.Convert("PersistentVolumeClaimSpec", before)))
        {
            errors.Forbidden(SpecPath, $"spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n{SpecDifference.Of("PersistentVolumeClaimSpec", before, bound ? spec : shown)}");
        }
        if (bound && o.At("spec", "resources", "requests", "storage") is { } now && old.At("spec", "resources", "requests", "storage") is { } was && ResourceValidation.Read(now) < ResourceValidation.Read(was))
        {
            errors.Forbidden(SpecPath.Child("resources", "requests", "storage"), "field can not be less than status.capacity");
        }
    }

    public static void StorageClass(JsonObject o, FieldErrors errors)
    {
        if (errors.RequiredTop(o, "provisioner")) errors.Invalid(FieldPath.Of("provisioner"), o.Text("provisioner"), NameValidation.IsQualifiedName(o.Text("provisioner")!.ToLowerInvariant()));
        foreach (var (key, _) in o.Object("parameters") ?? [])
        {
            if (key.Length == 0) errors.Invalid(FieldPath.Of("parameters"), key, "field can not be empty.");
        }
        errors.OneOfTop(o, "reclaimPolicy", "Delete", "Retain");
        errors.OneOfTop(o, "volumeBindingMode", "Immediate", "WaitForFirstConsumer");
        foreach (var (i, term) in o.Objects("allowedTopologies").Index())
        {
            foreach (var (j, expression) in term.Objects("matchLabelExpressions").Index())
            {
                var path = FieldPath.Of("allowedTopologies").Index(i).Child("matchLabelExpressions").Index(j);
                if (expression.List("values") is not { Count: > 0 }) errors.Required(path.Child("values"));
                errors.Invalid(path.Child("key"), expression.Text("key") ?? "", NameValidation.IsQualifiedName(expression.Text("key") ?? ""));
            }
        }
    }

    public static void StorageClassUpdate(JsonObject o, JsonObject old, FieldErrors errors)
    {
        foreach (var field in new[] { "provisioner", "parameters", "reclaimPolicy", "volumeBindingMode" })
        {
            // The value is not shown, whatever it is.
            if (!JsonNode.DeepEquals(o[field], old[field])) errors.Invalid(FieldPath.Of(field), null, "field is immutable");
        }
    }

    private static void Capacity(JsonObject spec, FieldErrors errors)
    {
        var path = SpecPath.Child("capacity");
        var capacity = spec.Object("capacity");
        if (capacity is not { Count: > 0 }) errors.Required(path);
        if (capacity?["storage"] is null || capacity.Count > 1)
        {
            var printed = capacity is null ? "null" : GoText.SortedJson(new JsonObject(capacity.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)ResourceValidation.Read(m.Value).ToString()))));
            errors.Add(new(FieldErrorType.FieldValueNotSupported, path.ToString(), $"Unsupported value: {printed}: supported values: \"storage\""));
        }
        foreach (var (name, amount) in capacity ?? [])
        {
            if (amount is not null && name == "storage") PersistentVolumeClaimValidation.Positive(amount, path.Key(name), errors);
        }
    }

    private static void Source(JsonObject spec, FieldErrors errors)
    {
        var count = 0;
        foreach (var (name, check) in Sources)
        {
            if (spec.Object(name) is not { } source) continue;
            if (count++ > 0) errors.Forbidden(SpecPath.Child(name), "may not specify more than 1 volume type");
            else check(source, SpecPath.Child(name == "gcePersistentDisk" ? "persistentDisk" : name), errors);
        }
        if (spec.Object("local") is not null && spec.Object("nodeAffinity") is null) errors.Required(SpecPath.Child("nodeAffinity"), "Local volume requires node affinity");
        if (count == 0) errors.Required(SpecPath, "must specify a volume type");
    }

    private static void Local(JsonObject source, FieldPath path, FieldErrors errors)
    {
        if (errors.RequiredText(source, path, "path") && FieldRules.Backsteps(source.Text("path")!) is { } wrong) errors.Invalid(path.Child("path"), source.Text("path"), wrong);
    }

    private static void Csi(JsonObject source, FieldPath path, FieldErrors errors)
    {
        VolumeSourceValidation.CsiDriver(source.Text("driver") ?? "", path.Child("driver"), errors);
        errors.RequiredText(source, path, "volumeHandle");
    }
}
