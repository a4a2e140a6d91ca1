using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Claims of storage.</summary>
internal static class PersistentVolumeClaimValidation
{
    public static readonly string[] AccessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

    public static void Spec(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        if (spec.List("accessModes") is not { Count: > 0 }) errors.Required(path.Child("accessModes"), "at least 1 access mode is required");
        LabelSelectorValidation.Selector(spec.Object("selector"), path.Child("selector"), errors);
        Modes(spec, path, errors);
        if (spec.At("resources", "requests", "storage") is { } storage) Positive(storage, path.Child("resources").Key("storage"), errors);
        else errors.Required(path.Child("resources").Key("storage"));
        if (spec.Text("storageClassName") is { Length: > 0 } name) errors.Invalid(path.Child("storageClassName"), name, NameValidation.IsDns1123Subdomain(name));
        errors.OneOfIfSet(spec, path, "volumeMode", "Block", "Filesystem");
    }

    public static void Modes(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        var modes = spec.Texts("accessModes").ToList();
        foreach (var mode in modes.Where(m => !AccessModes.Contains(m))) errors.NotSupported(path.Child("accessModes"), mode, AccessModes);
        if (modes.Contains("ReadWriteOncePod") && modes.Any(m => m != "ReadWriteOncePod" && AccessModes.Contains(m))) errors.Forbidden(path.Child("accessModes"), "may not use ReadWriteOncePod with other access modes");
    }

    public static void Positive(JsonNode amount, FieldPath path, FieldErrors errors)
    {
        if (ResourceValidation.Read(amount) is { Sign: <= 0 } quantity) errors.Invalid(path, quantity.ToString(), "must be greater than zero");
    }
}
