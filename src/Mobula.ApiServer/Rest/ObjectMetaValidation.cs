using System.Text;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Kinds;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Schema;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Rest;

/// <summary>The rules for <c>metadata</c>, alike for all kinds.</summary>
internal static class ObjectMetaValidation
{
    private const int AnnotationBytes = 256 * 1024;

    private static readonly string[] StandardFinalizers = ["kubernetes", "orphan", "foregroundDeletion"];

    private static readonly FieldPath Meta = FieldPath.Of("metadata");

    public static IEnumerable<FieldError> Validate(JsonObject o, bool namespaced, ResourceStrategy strategy)
    {
        var generateName = o.Text("metadata", "generateName") ?? "";
        if (generateName.Length > 0)
        {
            foreach (var message in CheckPrefix(strategy, generateName)) yield return FieldError.Invalid(Meta.Child("generateName"), generateName, message);
        }
        if (o.Name.Length == 0)
        {
            yield return FieldError.Required(Meta.Child("name"), "name or generateName is required");
        }
        else
        {
            foreach (var message in strategy.CheckName(o.Name)) yield return FieldError.Invalid(Meta.Child("name"), o.Name, message);
        }
        if (namespaced)
        {
            if (string.IsNullOrEmpty(o.Namespace)) yield return FieldError.Required(Meta.Child("namespace"));
            else
            {
                foreach (var message in NameValidation.IsDns1123Label(o.Namespace!)) yield return FieldError.Invalid(Meta.Child("namespace"), o.Namespace, message);
            }
        }
        else if (!string.IsNullOrEmpty(o.Namespace))
        {
            yield return FieldError.Forbidden(Meta.Child("namespace"), "not allowed on this type");
        }
        foreach (var error in ValidateRest(o)) yield return error;
    }

    public static IEnumerable<FieldError> ValidateUpdate(JsonObject o, JsonObject old)
    {
        if (o.Name != old.Name) yield return Immutable("name", o.Name);
        if (o.Namespace != old.Namespace) yield return Immutable("namespace", o.Namespace);
        if (o.Uid != old.Uid) yield return Immutable("uid", o.Uid);
        if (old.IsTerminating)
        {
            var added = o.Texts("metadata", "finalizers").Except(old.Texts("metadata", "finalizers")).ToList();
            if (added.Count > 0)
            {
                yield return FieldError.Forbidden(
                    Meta.Child("finalizers"),
                    $"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{string.Join(", ", added.Select(GoText.Quote))}}}");
            }
        }
        foreach (var error in ValidateRest(o)) yield return error;
    }

    public static IEnumerable<FieldError> ValidateLabels(JsonObject? labels, FieldPath path)
    {
        if (labels is null) yield break;
        foreach (var (key, value) in labels)
        {
            foreach (var message in NameValidation.IsQualifiedName(key)) yield return FieldError.Invalid(path, key, message);
            var text = value?.GetValue<string>() ?? "";
            foreach (var message in NameValidation.IsValidLabelValue(text)) yield return FieldError.Invalid(path, text, message);
        }
    }

    private static IEnumerable<FieldError> ValidateRest(JsonObject o)
    {
        if (o.Generation < 0) yield return FieldError.Invalid(Meta.Child("generation"), o.Generation, "must be greater than or equal to 0");
        foreach (var error in ValidateLabels(o.Object("metadata", "labels"), Meta.Child("labels"))) yield return error;
        foreach (var error in ValidateAnnotations(o.Object("metadata", "annotations"), Meta.Child("annotations"))) yield return error;
        foreach (var error in ValidateOwners(o)) yield return error;
        foreach (var error in ValidateFinalizers(o)) yield return error;
    }

    /// <summary>The keys of annotations, whose case does not matter, and their size altogether.</summary>
    public static IEnumerable<FieldError> ValidateAnnotations(JsonObject? annotations, FieldPath path)
    {
        if (annotations is null) yield break;
        var size = 0;
        foreach (var (key, value) in annotations)
        {
            foreach (var message in NameValidation.IsQualifiedName(key.ToLowerInvariant())) yield return FieldError.Invalid(path, key, message);
            size += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value?.GetValue<string>() ?? "");
        }
        if (size > AnnotationBytes) yield return FieldError.TooLong(path, AnnotationBytes);
    }

    private static IEnumerable<FieldError> ValidateOwners(JsonObject o)
    {
        var path = Meta.Child("ownerReferences");
        string? controller = null;
        foreach (var (i, owner) in o.Objects("metadata", "ownerReferences").Index())
        {
            var at = path.Index(i);
            foreach (var field in new[] { "apiVersion", "kind", "name", "uid" })
            {
                if (string.IsNullOrEmpty(owner.Text(field))) yield return FieldError.Required(at.Child(field), "must not be empty");
            }
            if (owner.Kind == "Event" && owner.ApiVersion == "v1") yield return FieldError.InvalidRaw(at, PrintOwner(owner), "/v1, Kind=Event is disallowed from being an owner");
            if (owner.Flag("controller") != true) continue;
            var name = $"{owner.Kind}/{owner.Text("name")}";
            if (controller is not null)
            {
                yield return FieldError.InvalidRaw(
                    path, $"[{string.Join(',', o.Objects("metadata", "ownerReferences").Select(PrintOwner))}]",
                    $"Only one reference can have Controller set to true. Found \"true\" in references for {controller} and {name}");
            }
            controller ??= name;
        }
    }

    private static string PrintOwner(JsonObject owner)
    {
        var text = new StringBuilder("{");
        foreach (var field in new[] { "apiVersion", "kind", "name", "uid" })
        {
            text.Append(text.Length > 1 ? "," : "").Append(GoText.JsonString(field)).Append(':').Append(GoText.JsonString(owner.Text(field) ?? ""));
        }
        foreach (var field in new[] { "controller", "blockOwnerDeletion" })
        {
            if (owner.Flag(field) is { } flag) text.Append(",\"").Append(field).Append("\":").Append(flag ? "true" : "false");
        }
        return text.Append('}').ToString();
    }

    private static IEnumerable<FieldError> ValidateFinalizers(JsonObject o)
    {
        var path = Meta.Child("finalizers");
        var finalizers = o.Texts("metadata", "finalizers").ToList();
        foreach (var finalizer in finalizers)
        {
            foreach (var message in NameValidation.IsQualifiedName(finalizer)) yield return FieldError.Invalid(path, finalizer, message);
        }
        // Definitions and custom resources may have finalizers with any name; the other built-in kinds may not.
        var kind = o.GroupVersionKind;
        var isStrict = kind.Group != "apiextensions.k8s.io" && BuiltInSchemas.Find(kind) is not null;
        foreach (var (i, finalizer) in finalizers.Index())
        {
            if (isStrict && !finalizer.Contains('/', StringComparison.Ordinal) && !StandardFinalizers.Contains(finalizer))
            {
                yield return FieldError.Invalid(path.Index(i), finalizer, "name is neither a standard finalizer name nor is it fully qualified");
            }
        }
        if (finalizers.Contains("orphan") && finalizers.Contains("foregroundDeletion"))
        {
            yield return FieldError.Invalid(path, o.At("metadata", "finalizers"), "finalizer orphan and foregroundDeletion cannot be both set");
        }
    }

    /// <summary>A prefix is checked as if a name began with it: a dash at its end is fine.</summary>
    private static IReadOnlyList<string> CheckPrefix(ResourceStrategy strategy, string prefix) =>
        strategy.CheckName(prefix.EndsWith('-') && prefix.Length > 1 ? prefix[..^1] + "a" : prefix);

    private static FieldError Immutable(string field, string? value) => FieldError.Invalid(Meta.Child(field), value, "field is immutable");
}
