using System.Text.Json.Nodes;
using Mobula.ApiServer.Pipeline;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Rest;

/// <summary>The parameters that all writes take, checked.</summary>
internal sealed record WriteOptions(bool IsDryRun, string FieldManager, string FieldValidation)
{
    /// <param name="request">The request.</param>
    /// <param name="kind"><c>CreateOptions</c>, <c>UpdateOptions</c> or <c>PatchOptions</c>.</param>
    /// <param name="isApply">Whether it is a server-side apply, which needs a field manager.</param>
    public static WriteOptions Read(ApiRequest request, string kind, bool isApply = false)
    {
        var errors = new List<FieldError>();
        var manager = request.Query["fieldManager"].ToString();
        if (isApply && manager.Length == 0) errors.Add(FieldError.Required(FieldPath.Of("fieldManager"), "is required for apply patch"));
        if (!isApply && request.Query.ContainsKey("force") && kind == "PatchOptions") errors.Add(FieldError.Forbidden(FieldPath.Of("force"), "may not be specified for non-apply patch"));
        if (manager.Length > 128) errors.Add(FieldError.TooLong(FieldPath.Of("fieldManager"), 128));
        foreach (var (i, rune) in manager.EnumerateRunes().Index())
        {
            if (System.Text.Rune.IsControl(rune)) errors.Add(FieldError.Invalid(FieldPath.Of("fieldManager"), manager, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"invalid character U+{rune.Value:X4} (at position {i})")));
        }
        if (DryRunError(request) is { } dryRun) errors.Add(dryRun);
        var validation = request.Query["fieldValidation"].ToString();
        if (validation is not ("" or "Ignore" or "Strict" or "Warn"))
        {
            errors.Add(FieldError.NotSupported(FieldPath.Of("fieldValidation"), validation, ["", "Ignore", "Strict", "Warn"]));
        }
        if (errors.Count > 0) throw StatusException.Invalid(new("meta.k8s.io", "v1", kind), "", errors);
        return new(request.IsDryRun, request.FieldManager, validation.Length == 0 ? "Warn" : validation);
    }

    private static FieldError? DryRunError(ApiRequest request)
    {
        if (!request.Query.TryGetValue("dryRun", out var values)) return null;
        return values.All(v => v == "All") ? null : DryRunError(values);
    }

    public static FieldError DryRunError(IEnumerable<string?> values) => FieldError.NotSupported(
        FieldPath.Of("dryRun"), new JsonArray([.. values.Select(v => JsonValue.Create(v ?? ""))]), ["All"]);
}
