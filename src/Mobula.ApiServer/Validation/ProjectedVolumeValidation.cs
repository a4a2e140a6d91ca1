using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Validation;

/// <summary>Volumes whose files come from several sources.</summary>
internal static class ProjectedVolumeValidation
{
    private const long MinTokenSeconds = 600;
    private const long MaxTokenSeconds = 1L << 32;

    public static void Check(JsonObject volume, FieldPath path, FieldErrors errors)
    {
        VolumeValidation.Mode(volume, path, "defaultMode", errors);
        var taken = new HashSet<string>();
        foreach (var (i, source) in volume.Objects("sources").Index()) Source(source, path, path.Child("sources").Index(i), taken, errors);
    }

    private static void Source(JsonObject source, FieldPath path, FieldPath at, HashSet<string> taken, FieldErrors errors)
    {
        var count = 0;
        bool First(string kind, out JsonObject projection)
        {
            projection = source.Object(kind) ?? [];
            return source.Object(kind) is not null && count++ == 0;
        }
        if (First("secret", out var secret)) Keys(secret, path, at.Child("secret"), taken, errors);
        if (First("configMap", out var map)) Keys(map, path, at.Child("configMap"), taken, errors);
        if (First("downwardAPI", out var downward))
        {
            VolumeValidation.DownwardItems(downward, at.Child("downwardAPI"), errors);
            foreach (var item in downward.Objects("items")) if (item.Text("path") is { Length: > 0 } file && !taken.Add(file)) errors.Invalid(path, file, "conflicting duplicate paths");
        }
        if (First("serviceAccountToken", out var token)) Token(token, path, at.Child("serviceAccountToken"), taken, errors);
        if (First("clusterTrustBundle", out var bundle)) TrustBundle(bundle, path, at.Child("clusterTrustBundle"), taken, errors);
        if (First("podCertificate", out var certificate)) Certificate(certificate, at.Child("podCertificate"), errors);
        if (count > 1) errors.Forbidden(at, "may not specify more than 1 volume type per source");
    }

    private static void Keys(JsonObject projection, FieldPath path, FieldPath at, HashSet<string> taken, FieldErrors errors)
    {
        errors.RequiredText(projection, at, "name");
        VolumeValidation.KeyToPaths(projection, at, errors);
        foreach (var item in projection.Objects("items"))
        {
            if (item.Text("path") is { Length: > 0 } file && !taken.Add(file)) errors.Invalid(path, projection.Text("name") ?? "", "conflicting duplicate paths");
        }
    }

    private static void Token(JsonObject token, FieldPath path, FieldPath at, HashSet<string> taken, FieldErrors errors)
    {
        var seconds = token.Integer("expirationSeconds") ?? 0;
        if (seconds < MinTokenSeconds) errors.Invalid(at.Child("expirationSeconds"), seconds, "may not specify a duration less than 10 minutes");
        if (seconds > MaxTokenSeconds) errors.Invalid(at.Child("expirationSeconds"), seconds, "may not specify a duration larger than 2^32 seconds");
        var file = token.Text("path") ?? "";
        if (file.Length == 0) errors.Required(path.Child("path"));
        else VolumeValidation.FilePath(file, path.Child("path"), errors);
        if (file.Length > 0 && !taken.Add(file)) errors.Invalid(path, file, "conflicting duplicate paths");
    }

    private static void TrustBundle(JsonObject bundle, FieldPath path, FieldPath at, HashSet<string> taken, FieldErrors errors)
    {
        var (name, signer) = (bundle.Text("name"), bundle.Text("signerName"));
        if (name is null && signer is null) errors.Required(at, "either name or signerName must be specified");
        else if (name is not null && signer is not null) errors.InvalidRaw(at, InternalForm.Print("ClusterTrustBundle", bundle), "only one of name and signerName may be used");
        var file = bundle.Text("path") ?? "";
        if (file.Length == 0) errors.Required(at.Child("path"));
        else VolumeValidation.FilePath(file, path.Child("path"), errors);
        if (file.Length > 0 && !taken.Add(file)) errors.Invalid(path, file, "conflicting duplicate paths");
    }

    private static void Certificate(JsonObject certificate, FieldPath at, FieldErrors errors)
    {
        errors.RequiredText(certificate, at, "signerName");
        errors.OneOf(certificate, at, "keyType", "RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519");
        if (new[] { "credentialBundlePath", "keyPath", "certificateChainPath" }.All(p => string.IsNullOrEmpty(certificate.Text(p)))) errors.Required(at, "specify at least one of credentialBundlePath, keyPath, and certificateChainPath");
    }
}
