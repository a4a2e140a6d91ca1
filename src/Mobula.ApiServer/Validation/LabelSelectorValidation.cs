using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Labels and selectors of labels.</summary>
internal static class LabelSelectorValidation
{
    /// <summary>A map of labels.</summary>
    public static void Labels(JsonObject? labels, FieldPath path, FieldErrors errors)
    {
        foreach (var (key, value) in labels ?? [])
        {
            errors.Invalid(path, key, NameValidation.IsQualifiedName(key));
            var text = value?.GetValue<string>() ?? "";
            errors.Invalid(path, text, NameValidation.IsValidLabelValue(text));
        }
    }

    /// <summary>A <c>metav1.LabelSelector</c>; null is fine.</summary>
    public static void Selector(JsonObject? selector, FieldPath path, FieldErrors errors)
    {
        if (selector is null) return;
        Labels(selector.Object("matchLabels"), path.Child("matchLabels"), errors);
        foreach (var (i, expression) in selector.Objects("matchExpressions").Index()) Requirement(expression, path.Child("matchExpressions").Index(i), errors);
    }

    /// <summary>Whether nothing is wrong with the selector, so that it can select.</summary>
    public static bool IsUsable(JsonObject? selector)
    {
        var errors = new FieldErrors();
        Selector(selector, FieldPath.Of("selector"), errors);
        return errors.Count == 0;
    }

    /// <summary>Whether it asks for nothing, and so selects everything.</summary>
    public static bool IsEmpty(JsonObject selector) => selector.Object("matchLabels") is not { Count: > 0 } && selector.List("matchExpressions") is not { Count: > 0 };

    /// <summary>Whether labels are selected; a selector that is null selects nothing.</summary>
    public static bool Matches(JsonObject? selector, JsonObject? labels)
    {
        if (selector is null) return false;
        foreach (var (key, value) in selector.TextMap("matchLabels"))
        {
            if (labels?.Text(key) != value) return false;
        }
        foreach (var expression in selector.Objects("matchExpressions"))
        {
            var value = labels?.Text(expression.Text("key") ?? "");
            var holds = expression.Text("operator") switch
            {
                "In" => value is not null && expression.Texts("values").Contains(value),
                "NotIn" => value is null || !expression.Texts("values").Contains(value),
                "Exists" => value is not null,
                _ => value is null,
            };
            if (!holds) return false;
        }
        return true;
    }

    /// <summary>A selector as an error prints it: labels before expressions.</summary>
    public static string Print(JsonNode? selector)
    {
        if (selector is not JsonObject o) return "null";
        var parts = new List<string>();
        if (o.Object("matchLabels") is { Count: > 0 } labels) parts.Add($"\"matchLabels\":{GoText.SortedJson(labels)}");
        if (o.List("matchExpressions") is { Count: > 0 } expressions) parts.Add($"\"matchExpressions\":{GoText.SortedJson(expressions)}");
        return $"{{{string.Join(',', parts)}}}";
    }

    /// <summary>A requirement's operator and how many values it comes with, and its key.</summary>
    /// <param name="expression">The requirement.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="errors">Takes what is wrong.</param>
    /// <param name="compares">Whether <c>Gt</c> and <c>Lt</c> are operators here, as they are of nodes.</param>
    public static void OperatorAndKey(JsonObject expression, FieldPath path, FieldErrors errors, bool compares)
    {
        var values = expression.List("values")?.Count ?? 0;
        switch (expression.Text("operator") ?? "")
        {
            case "In" or "NotIn":
                if (values == 0) errors.Required(path.Child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
                break;
            case "Exists" or "DoesNotExist":
                if (values > 0) errors.Forbidden(path.Child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                break;
            case "Gt" or "Lt" when compares:
                if (values != 1) errors.Required(path.Child("values"), "must be specified single value when `operator` is 'Lt' or 'Gt'");
                break;
            case var other:
                errors.Invalid(path.Child("operator"), other, "not a valid selector operator");
                break;
        }
        var key = expression.Text("key") ?? "";
        errors.Invalid(path.Child("key"), key, NameValidation.IsQualifiedName(key));
    }

    private static void Requirement(JsonObject expression, FieldPath path, FieldErrors errors)
    {
        OperatorAndKey(expression, path, errors, compares: false);
        foreach (var (i, value) in expression.Texts("values").Index()) errors.Invalid(path.Child("values").Index(i), value, NameValidation.IsValidLabelValue(value));
    }
}
