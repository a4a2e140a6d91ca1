using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.CustomResources;

/// <summary>Checks what a definition says of its versions beside their schemas: deprecation, subresources, columns, selectable fields.</summary>
internal static class DefinitionVersions
{
    private const string Simple = "must be a simple json path starting with .";

    private static readonly string[] ColumnTypes = ["boolean", "date", "integer", "number", "string"];
    private static readonly string[] ColumnFormats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

    public static IEnumerable<FieldError> Validate(JsonObject definition)
    {
        var versions = definition.Objects("spec", "versions").ToList();
        // What all versions have in common is told in the place that it had in the first version of the API.
        var isSingle = versions.Count == 1;
        foreach (var (i, version) in versions.Index())
        {
            var path = FieldPath.Of("spec", "versions").Index(i);
            foreach (var error in Deprecation(version, path)) yield return error;
            if (isSingle)
            {
                var name = version.Text("name") ?? "";
                foreach (var message in NameValidation.IsDns1035Label(name)) yield return FieldError.Invalid(FieldPath.Of("spec", "version"), name, message);
            }
            var place = isSingle ? FieldPath.Of("spec") : path;
            foreach (var error in Scale(version, place).Concat(Columns(version, place)).Concat(Selectable(definition, version, place))) yield return error;
        }
    }

    private static IEnumerable<FieldError> Deprecation(JsonObject version, FieldPath path)
    {
        if (version.Text("deprecationWarning") is not { } warning) yield break;
        var place = path.Child("deprecationWarning");
        if (version.Flag("deprecated") != true) yield return FieldError.Invalid(place, warning, "can only be set for deprecated versions");
        if (Encoding.UTF8.GetByteCount(warning) > 256) yield return FieldError.Invalid(place, warning, "must be 256 characters or less");
        if (warning.Length == 0) yield return FieldError.Invalid(place, warning, "must not be an empty string");
        for (var i = 0; i < warning.Length; i++)
        {
            if (!char.IsControl(warning[i])) continue;
            yield return FieldError.Invalid(place, warning, $"must only contain printable UTF-8 characters; non-printable character found at index {i}");
            yield break;
        }
    }

    private static IEnumerable<FieldError> Scale(JsonObject version, FieldPath path)
    {
        if (version.Object("subresources", "scale") is not { } scale) yield break;
        var place = path.Child("subresources", "scale");
        foreach (var (field, under, isRequired) in new[] { ("specReplicasPath", ".spec", true), ("statusReplicasPath", ".status", true), ("labelSelectorPath", "", false) })
        {
            var text = scale.Text(field) ?? "";
            if (text.Length == 0)
            {
                if (isRequired) yield return FieldError.Required(place.Child(field));
            }
            else if (!IsSimple(text)) yield return FieldError.Invalid(place.Child(field), text, Simple);
            else if (under.Length > 0 && !text.StartsWith($"{under}.", StringComparison.Ordinal)) yield return FieldError.Invalid(place.Child(field), text, $"should be a json path under {under}");
            else if (under.Length == 0 && !text.StartsWith(".spec.", StringComparison.Ordinal) && !text.StartsWith(".status.", StringComparison.Ordinal))
            {
                yield return FieldError.Invalid(place.Child(field), text, "should be a json path under either .spec or .status");
            }
        }
    }

    private static bool IsSimple(string path) => path.Length > 1 && path[0] == '.' && path[1..].Split('.').All(p => p.Length > 0 && p.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'));

    private static IEnumerable<FieldError> Columns(JsonObject version, FieldPath path)
    {
        foreach (var (i, column) in version.Objects("additionalPrinterColumns").Index())
        {
            var place = path.Child("additionalPrinterColumns").Index(i);
            if (string.IsNullOrEmpty(column.Text("name"))) yield return FieldError.Required(place.Child("name"));
            var type = column.Text("type") ?? "";
            if (type.Length == 0) yield return FieldError.Required(place.Child("type"), $"must be one of {string.Join(',', ColumnTypes)}");
            else if (!ColumnTypes.Contains(type)) yield return FieldError.Invalid(place.Child("type"), type, $"must be one of {string.Join(',', ColumnTypes)}");
            var format = column.Text("format") ?? "";
            if (format.Length > 0 && !ColumnFormats.Contains(format)) yield return FieldError.Invalid(place.Child("format"), format, $"must be one of {string.Join(',', ColumnFormats)}");
            var json = column.Text("jsonPath") ?? "";
            if (json.Length == 0) yield return FieldError.Required(place.Child("JSONPath"));
            else if (json[0] != '.') yield return FieldError.Invalid(place.Child("JSONPath"), json, Simple);
        }
    }

    private static IEnumerable<FieldError> Selectable(JsonObject definition, JsonObject version, FieldPath path)
    {
        var seen = new HashSet<string>();
        var schema = StructuralSchema.ForVersion(definition, version.Text("name") ?? "");
        foreach (var (i, field) in version.Objects("selectableFields").Index())
        {
            var place = path.Child("selectableFields").Index(i).Child("jsonPath");
            var json = field.Text("jsonPath") ?? "";
            if (json.Length == 0) yield return FieldError.Required(place);
            else if (json[0] is not ('.' or '[')) yield return FieldError.Invalid(place, json, $"is an invalid path: expected [ or . but got: {json.Split('.')[0]}");
            else if (schema is null || !RulePath.TryParse(json, schema, out _) || json.StartsWith(".metadata", StringComparison.Ordinal)) yield return FieldError.Invalid(place, json, "is an invalid path: does not refer to a valid field");
            else if (schema.At(json.TrimStart('.').Split('.')) is not { Type: SchemaType.String or SchemaType.Boolean or SchemaType.Integer })
            {
                yield return FieldError.Invalid(place, json, "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.");
            }
            else if (!seen.Add(json)) yield return FieldError.Duplicate(place, json);
        }
    }
}
