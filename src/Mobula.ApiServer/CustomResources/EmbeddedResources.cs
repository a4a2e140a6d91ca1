using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Rest;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.CustomResources;

/// <summary>Checks the objects inside of custom resources (<c>x-kubernetes-embedded-resource</c>): type and metadata.</summary>
internal static class EmbeddedResources
{
    public static IReadOnlyList<FieldError> Validate(TypeSchema schema, JsonNode? value, FieldPath? root = null)
    {
        var errors = new List<FieldError>();
        SchemaWalk.Visit(schema, value, root, (type, node, path) =>
        {
            if (type.EmbeddedResource && node is JsonObject embedded) errors.AddRange(CheckOne(embedded, path));
        });
        return errors;
    }

    /// <summary>What is wrong with a value as an object of its own, as far as every object is alike.</summary>
    public static IEnumerable<FieldError> CheckOne(JsonObject o, FieldPath? path)
    {
        foreach (var field in new[] { "apiVersion", "kind" })
        {
            var at = FieldPath.Child(path, field);
            if (!o.TryGetPropertyValue(field, out var value))
            {
                yield return FieldError.Required(at);
                continue;
            }
            if (value is not JsonValue scalar || scalar.GetValueKind() != JsonValueKind.String)
            {
                yield return FieldError.Invalid(at, value?.DeepClone(), "must be a string");
                continue;
            }
            var text = scalar.GetValue<string>();
            if (text.Length == 0) yield return FieldError.Required(at, "must not be empty");
            else if (field == "apiVersion" && text.Count(c => c == '/') > 1) yield return FieldError.Invalid(at, text, $"unexpected GroupVersion string: {text}");
            else if (field == "kind")
            {
                foreach (var message in NameValidation.IsDns1035Label(text.ToLowerInvariant())) yield return FieldError.Invalid(at, text, $"may have mixed case, but should otherwise match: {message}");
            }
        }
        if (o["metadata"] is not JsonObject metadata) yield break;
        var place = FieldPath.Child(path, "metadata");
        if (metadata.Text("name") is { Length: > 0 } name)
        {
            foreach (var message in NameValidation.IsPathSegmentName(name)) yield return FieldError.Invalid(place.Child("name"), name, message);
        }
        foreach (var error in ObjectMetaValidation.ValidateLabels(metadata.Object("labels"), place.Child("labels"))) yield return error;
        foreach (var error in ObjectMetaValidation.ValidateAnnotations(metadata.Object("annotations"), place.Child("annotations"))) yield return error;
    }
}
