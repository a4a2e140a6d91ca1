using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Validation;

/// <summary>What was found wrong with an object, in the order of finding.</summary>
internal sealed class FieldErrors : List<FieldError>
{
    public void Invalid(FieldPath path, JsonNode? value, string detail) => Add(FieldError.Invalid(path, value, detail));

    /// <summary>One error for each message of a rule.</summary>
    public void Invalid(FieldPath path, JsonNode? value, IEnumerable<string> details)
    {
        foreach (var detail in details) Invalid(path, value, detail);
    }

    /// <summary>An error that shows the value as the server's own structures print.</summary>
    public void InvalidRaw(FieldPath path, string printed, string detail) => Add(FieldError.InvalidRaw(path, printed, detail));

    public void Required(FieldPath path, string detail = "") => Add(FieldError.Required(path, detail));

    public void Forbidden(FieldPath path, string detail) => Add(FieldError.Forbidden(path, detail));

    public void Duplicate(FieldPath path, JsonNode? value) => Add(FieldError.Duplicate(path, value));

    public void NotFound(FieldPath path, JsonNode? value) => Add(FieldError.NotFound(path, value));

    public void NotSupported(FieldPath path, JsonNode? value, params string[] supported) => Add(FieldError.NotSupported(path, value, supported));

    /// <summary>A text that must be one of a few; absent counts as empty.</summary>
    public void OneOf(JsonObject o, FieldPath path, string field, params string[] supported)
    {
        var value = o.Text(field) ?? "";
        if (!supported.Contains(value)) NotSupported(path.Child(field), value, supported);
    }

    /// <summary>As <see cref="OneOf"/>, where the field may be absent.</summary>
    public void OneOfIfSet(JsonObject o, FieldPath path, string field, params string[] supported)
    {
        if (o[field] is not null) OneOf(o, path, field, supported);
    }

    /// <summary>A number that may be absent but not negative.</summary>
    public void NonNegative(JsonObject o, FieldPath path, string field)
    {
        if (o.Integer(field) is < 0 and var value) Invalid(path.Child(field), value, "must be greater than or equal to 0");
    }

    /// <summary>A text that must be there.</summary>
    /// <returns>Whether it is there.</returns>
    public bool RequiredText(JsonObject o, FieldPath path, string field, string detail = "")
    {
        if (!string.IsNullOrEmpty(o.Text(field))) return true;
        Required(path.Child(field), detail);
        return false;
    }

    /// <summary>A field that may not differ from what it was.</summary>
    public void Immutable(JsonObject o, JsonObject old, FieldPath path, string field)
    {
        if (!JsonNode.DeepEquals(o[field], old[field])) Invalid(path.Child(field), o[field], "field is immutable");
    }

    /// <summary>A text of the object itself that must be there.</summary>
    /// <returns>Whether it is there.</returns>
    public bool RequiredTop(JsonObject o, string field)
    {
        if (!string.IsNullOrEmpty(o.Text(field))) return true;
        Required(FieldPath.Of(field));
        return false;
    }

    /// <summary>A text of the object itself that must be one of a few, where it is set.</summary>
    public void OneOfTop(JsonObject o, string field, params string[] supported)
    {
        if (o.Text(field) is { } value && !supported.Contains(value)) NotSupported(FieldPath.Of(field), value, supported);
    }
}
