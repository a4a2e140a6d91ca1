using System.Text;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Validation;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Kinds;

/// <summary>Secrets: <c>stringData</c> is written into <c>data</c> and never kept.</summary>
internal sealed class SecretStrategy : ResourceStrategy
{
    private static readonly Dictionary<string, Func<JsonObject, string>> Fields = new() { ["type"] = o => o.Text("type") ?? "" };

    public override IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields => Fields;

    public override bool HasOwnFieldLabels => true;

    public override void Default(JsonObject o)
    {
        if (string.IsNullOrEmpty(o.Text("type"))) o["type"] = "Opaque";
        foreach (var (key, value) in o.Object("data")?.ToList() ?? [])
        {
            // Base64 may be broken into lines, and nothing is an empty value.
            if (value is null) o.Object("data")![key] = "";
            else if (value is JsonValue text && text.TryGetValue(out string? base64) && base64.AsSpan().IndexOfAny('\n', '\r') >= 0)
            {
                o.Object("data")![key] = base64.Replace("\n", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal);
            }
        }
        if (o.Object("stringData") is not { } texts) return;
        foreach (var (key, value) in texts.ToList())
        {
            o.Ensure("data")[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value?.GetValue<string>() ?? ""));
        }
        o.Remove("stringData");
    }

    public override IEnumerable<FieldError> Validate(JsonObject o, WriteContext context)
    {
        var errors = new FieldErrors();
        ConfigurationValidation.Secret(o, errors);
        return errors;
    }

    public override IEnumerable<FieldError> ValidateUpdate(JsonObject o, JsonObject old, WriteContext context)
    {
        var errors = new FieldErrors();
        ConfigurationValidation.Secret(o, errors);
        ConfigurationValidation.SecretUpdate(o, old, errors);
        return errors;
    }
}
