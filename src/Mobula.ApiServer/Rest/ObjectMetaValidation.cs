using System.Text;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Kinds;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Rest;

/// <summary>The rules for <c>metadata</c>, alike for all kinds.</summary>
internal static class ObjectMetaValidation
{
    private const int AnnotationBytes = 256 * 1024;

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
        foreach (var error in ValidateAnnotations(o.Object("metadata", "annotations"))) yield return error;
        foreach (var error in ValidateOwners(o)) yield return error;
        foreach (var (i, finalizer) in o.Texts("metadata", "finalizers").Index())
        {
            foreach (var error in ValidateFinalizer(finalizer)) yield return error;
            _ = i;
        }
        var names = o.Texts("metadata", "finalizers").ToHashSet();
        if (names.Contains("orphan") && names.Contains("foregroundDeletion"))
        {
            yield return FieldError.Invalid(
                Meta.Child("finalizers"), new JsonArray([.. o.Texts("metadata", "finalizers").Select(f => JsonValue.Create(f))]),
                "finalizer orphan and foregroundDeletion cannot be both set");
        }
    }

    private static IEnumerable<FieldError> ValidateAnnotations(JsonObject? annotations)
    {
        if (annotations is null) yield break;
        var path = Meta.Child("annotations");
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
        var controller = "";
        foreach (var (i, owner) in o.Objects("metadata", "ownerReferences").Index())
        {
            var at = path.Index(i);
            if (string.IsNullOrEmpty(owner.Text("apiVersion")) || owner.GroupVersionKind.Version.Length == 0)
            {
                yield return FieldError.Invalid(at.Child("apiVersion"), owner.ApiVersion, "version must not be empty");
            }
            if (owner.Kind.Length == 0) yield return FieldError.Invalid(at.Child("kind"), "", "must not be empty");
            if (string.IsNullOrEmpty(owner.Text("name"))) yield return FieldError.Invalid(at.Child("name"), "", "must not be empty");
            if (string.IsNullOrEmpty(owner.Text("uid"))) yield return FieldError.Invalid(at.Child("uid"), "", "must not be empty");
            if (owner.Kind == "Event" && owner.ApiVersion == "v1")
            {
                yield return FieldError.Invalid(at, "/v1, Kind=Event", "/v1, Kind=Event is disallowed from being an owner");
            }
            if (owner.Flag("controller") != true) continue;
            var name = $"{owner.ApiVersion}, Kind={owner.Kind}, Name={owner.Text("name")}, UID={owner.Text("uid")}";
            _ = name;
            if (controller.Length > 0)
            {
                yield return FieldError.Invalid(
                    path, GoText.SortedJson(o.At("metadata", "ownerReferences")),
                    $"Only one reference can have Controller set to true. Found \"true\" in references for {controller} and {owner.Text("name")}");
            }
            controller = owner.Text("name") ?? "";
        }
    }

    private static IEnumerable<FieldError> ValidateFinalizer(string finalizer)
    {
        var path = Meta.Child("finalizers");
        var wrong = NameValidation.IsQualifiedName(finalizer);
        foreach (var message in wrong) yield return FieldError.Invalid(path, finalizer, message);
    }

    /// <summary>A prefix is checked as if a name began with it: a dash at its end is fine.</summary>
    private static IReadOnlyList<string> CheckPrefix(ResourceStrategy strategy, string prefix) =>
        strategy.CheckName(prefix.EndsWith('-') && prefix.Length > 1 ? prefix[..^1] + "a" : prefix);

    private static FieldError Immutable(string field, string? value) => FieldError.Invalid(Meta.Child(field), value, "field is immutable");
}
