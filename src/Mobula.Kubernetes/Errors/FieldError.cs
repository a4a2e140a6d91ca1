using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Errors;

/// <summary>What is wrong with a field. The names are the reasons of status causes.</summary>
public enum FieldErrorType
{
    /// <summary>The value is wrong.</summary>
    FieldValueInvalid,

    /// <summary>The value is missing.</summary>
    FieldValueRequired,

    /// <summary>The value is there already.</summary>
    FieldValueDuplicate,

    /// <summary>The value is none of the known ones.</summary>
    FieldValueNotSupported,

    /// <summary>The value must not be there.</summary>
    FieldValueForbidden,

    /// <summary>The value is too long.</summary>
    FieldValueTooLong,

    /// <summary>There are too many values.</summary>
    FieldValueTooMany,

    /// <summary>What the value names is not there.</summary>
    FieldValueNotFound,

    /// <summary>The value has the wrong type.</summary>
    FieldValueTypeInvalid,

    /// <summary>The server failed.</summary>
    InternalError,
}

/// <summary>An error of one field of an object, worded as Kubernetes words it.</summary>
/// <param name="Type">What is wrong.</param>
/// <param name="Field">The place; <c>&lt;nil&gt;</c> when there is none.</param>
/// <param name="Message">The text after the field: <c>Invalid value: "x": must be …</c>.</param>
public sealed record FieldError(FieldErrorType Type, string Field, string Message)
{
    /// <summary><c>Invalid value: VALUE: DETAIL</c>.</summary>
    /// <param name="path">The field; null prints <c>&lt;nil&gt;</c>.</param>
    /// <param name="value">The value: a string is quoted, numbers and booleans stand plain, null is <c>null</c>, the rest is JSON.</param>
    /// <param name="detail">What would be right; may be empty.</param>
    public static FieldError Invalid(FieldPath? path, JsonNode? value, string detail) =>
        Make(FieldErrorType.FieldValueInvalid, path, $"Invalid value: {Print(value)}", detail);

    /// <summary><c>Invalid value: TEXT: DETAIL</c> where the value's text is the caller's.</summary>
    public static FieldError InvalidRaw(FieldPath? path, string printedValue, string detail) =>
        Make(FieldErrorType.FieldValueInvalid, path, $"Invalid value: {printedValue}", detail);

    /// <summary><c>Invalid value: DETAIL</c>, without the value (rules over objects).</summary>
    public static FieldError InvalidWithoutValue(FieldPath? path, string detail) =>
        Make(FieldErrorType.FieldValueInvalid, path, "Invalid value", detail);

    /// <summary><c>Required value: DETAIL</c>.</summary>
    public static FieldError Required(FieldPath? path, string detail = "") =>
        Make(FieldErrorType.FieldValueRequired, path, "Required value", detail);

    /// <summary><c>Duplicate value: VALUE</c>.</summary>
    public static FieldError Duplicate(FieldPath? path, JsonNode? value) =>
        Make(FieldErrorType.FieldValueDuplicate, path, $"Duplicate value: {Print(value)}", "");

    /// <summary><c>Unsupported value: VALUE: supported values: "A", "B"</c>.</summary>
    /// <param name="path">The field.</param>
    /// <param name="value">The value.</param>
    /// <param name="supported">The known values, in the order to be printed.</param>
    public static FieldError NotSupported(FieldPath? path, JsonNode? value, IEnumerable<string> supported)
    {
        var list = string.Join(", ", supported.Select(GoText.Quote));
        return Make(FieldErrorType.FieldValueNotSupported, path, $"Unsupported value: {Print(value)}", list.Length == 0 ? "" : $"supported values: {list}");
    }

    /// <summary><c>Forbidden: DETAIL</c>.</summary>
    public static FieldError Forbidden(FieldPath? path, string detail) =>
        Make(FieldErrorType.FieldValueForbidden, path, "Forbidden", detail);

    /// <summary><c>Too long: may not be more than N bytes</c>.</summary>
    /// <param name="path">The field.</param>
    /// <param name="maximum">The greatest length in bytes; negative when it is not told.</param>
    public static FieldError TooLong(FieldPath? path, int maximum) =>
        Make(FieldErrorType.FieldValueTooLong, path, "Too long", maximum < 0 ? "value is too long" : $"may not be more than {maximum} bytes");

    /// <summary><c>Too many: ACTUAL: must have at most N items</c>.</summary>
    /// <param name="path">The field.</param>
    /// <param name="actual">The number of items.</param>
    /// <param name="maximum">The greatest number of items; negative when it is not told.</param>
    public static FieldError TooMany(FieldPath? path, int actual, int maximum) => Make(
        FieldErrorType.FieldValueTooMany, path, string.Create(CultureInfo.InvariantCulture, $"Too many: {actual}"),
        maximum < 0 ? "has too many items" : $"must have at most {maximum} item{(maximum == 1 ? "" : "s")}");

    /// <summary><c>Not found: VALUE</c>.</summary>
    public static FieldError NotFound(FieldPath? path, JsonNode? value) =>
        Make(FieldErrorType.FieldValueNotFound, path, $"Not found: {Print(value)}", "");

    /// <summary><c>Invalid value: VALUE: DETAIL</c> for a value of the wrong type.</summary>
    public static FieldError TypeInvalid(FieldPath? path, JsonNode? value, string detail) =>
        Make(FieldErrorType.FieldValueTypeInvalid, path, $"Invalid value: {Print(value)}", detail);

    /// <summary><c>Internal error: DETAIL</c>.</summary>
    public static FieldError Internal(FieldPath? path, string detail) =>
        Make(FieldErrorType.InternalError, path, "Internal error", detail);

    /// <summary>A value as it stands in an error.</summary>
    public static string Print(JsonNode? value) => value switch
    {
        null => "null",
        JsonValue v when v.GetValueKind() == JsonValueKind.String => GoText.Quote(v.GetValue<string>()),
        JsonValue v => v.ToJsonString(),
        _ => GoText.SortedJson(value),
    };

    /// <summary>The field and the message.</summary>
    public override string ToString() => $"{Field}: {Message}";

    /// <summary>The status cause that tells this error.</summary>
    public JsonObject ToCause() => new() { ["reason"] = Type.ToString(), ["message"] = Message, ["field"] = Field };

    private static FieldError Make(FieldErrorType type, FieldPath? path, string head, string detail) =>
        new(type, path?.ToString() ?? "<nil>", detail.Length == 0 ? head : $"{head}: {detail}");
}
