using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>ConfigMaps and Secrets.</summary>
internal static class ConfigurationValidation
{
    private const int MaxBytes = 1 << 20;
    private const string AccountName = "kubernetes.io/service-account.name";
    private const string WhenImmutable = "field is immutable when `immutable` is set";

    private static readonly FieldPath Data = FieldPath.Of("data");

    public static void ConfigMap(JsonObject o, FieldErrors errors)
    {
        var binary = o.Object("binaryData") ?? [];
        long size = 0;
        foreach (var (key, value) in o.Object("data") ?? [])
        {
            errors.Invalid(Data.Key(key), key, NameValidation.IsConfigMapKey(key));
            if (binary.ContainsKey(key)) errors.Invalid(Data.Key(key), key, "duplicate of key present in binaryData");
            size += Encoding.UTF8.GetByteCount(value?.GetValue<string>() ?? "");
        }
        foreach (var (key, value) in binary)
        {
            errors.Invalid(FieldPath.Of("binaryData").Key(key), key, NameValidation.IsConfigMapKey(key));
            size += Bytes(value).Length;
        }
        if (size > MaxBytes) errors.Add(FieldError.TooLong(FieldPath.Of(""), MaxBytes));
    }

    public static void ConfigMapUpdate(JsonObject o, JsonObject old, FieldErrors errors) => KeepImmutable(o, old, errors, "data", "binaryData");

    public static void Secret(JsonObject o, FieldErrors errors)
    {
        var data = o.Object("data") ?? [];
        long size = 0;
        foreach (var (key, value) in data)
        {
            errors.Invalid(Data.Key(key), key, NameValidation.IsConfigMapKey(key));
            size += Bytes(value).Length;
        }
        if (size > MaxBytes) errors.Add(FieldError.TooLong(Data, MaxBytes));
        switch (o.Text("type"))
        {
            case "kubernetes.io/service-account-token":
                if (string.IsNullOrEmpty(o.Annotation(AccountName))) errors.Required(FieldPath.Of("metadata", "annotations").Key(AccountName));
                break;
            case "kubernetes.io/dockercfg":
                Json(data, ".dockercfg", errors);
                break;
            case "kubernetes.io/dockerconfigjson":
                Json(data, ".dockerconfigjson", errors);
                break;
            case "kubernetes.io/basic-auth":
                if (data["username"] is null && data["password"] is null)
                {
                    errors.Required(Data.Key("username"));
                    errors.Required(Data.Key("password"));
                }
                break;
            case "kubernetes.io/ssh-auth":
                if (Bytes(data["ssh-privatekey"]).Length == 0) errors.Required(Data.Key("ssh-privatekey"));
                break;
            case "kubernetes.io/tls":
                foreach (var key in new[] { "tls.crt", "tls.key" }) if (data[key] is null) errors.Required(Data.Key(key));
                break;
        }
    }

    public static void SecretUpdate(JsonObject o, JsonObject old, FieldErrors errors)
    {
        if (o.Text("type") != old.Text("type")) errors.Invalid(FieldPath.Of("type"), o["type"], "field is immutable");
        KeepImmutable(o, old, errors, "data");
    }

    private static void KeepImmutable(JsonObject o, JsonObject old, FieldErrors errors, params string[] fields)
    {
        if (old.Flag("immutable") != true) return;
        if (o.Flag("immutable") != true) errors.Forbidden(FieldPath.Of("immutable"), WhenImmutable);
        foreach (var field in fields)
        {
            if (!JsonNode.DeepEquals(o[field] is JsonObject { Count: 0 } ? null : o[field], old[field] is JsonObject { Count: 0 } ? null : old[field])) errors.Forbidden(FieldPath.Of(field), WhenImmutable);
        }
    }

    private static void Json(JsonObject data, string key, FieldErrors errors)
    {
        if (data[key] is null)
        {
            errors.Required(Data.Key(key));
            return;
        }
        if (JsonProblem.Of(Bytes(data[key])) is { } wrong) errors.Invalid(Data.Key(key), "<secret contents redacted>", wrong);
    }

    private static byte[] Bytes(JsonNode? value)
    {
        if (value is not JsonValue v || v.GetValueKind() != JsonValueKind.String) return [];
        try
        {
            return Convert.FromBase64String(v.GetValue<string>());
        }
        catch (FormatException)
        {
            return [];
        }
    }
}
