using System.Text.Json.Nodes;
using Mobula.ApiServer.Kinds;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.CustomResources;

/// <summary>CustomResourceDefinitions: names are completed, and what cannot be served is refused.</summary>
internal sealed class CustomResourceDefinitionStrategy : ResourceStrategy
{
    private static readonly FieldPath Spec = FieldPath.Of("spec");

    public override bool HasGeneration => true;

    public override bool ReturnsDeletedObject => true;

    public override void Default(JsonObject o)
    {
        if (o.Object("spec") is not { } spec) return;
        if (spec.Text("names", "kind") is { Length: > 0 } kind)
        {
            var names = spec.Object("names")!;
            if (string.IsNullOrEmpty(names.Text("singular"))) names["singular"] = kind.ToLowerInvariant();
            if (string.IsNullOrEmpty(names.Text("listKind"))) names["listKind"] = $"{kind}List";
        }
        if (string.IsNullOrEmpty(spec.Text("conversion", "strategy"))) spec.Ensure("conversion")["strategy"] = "None";
    }

    public override void PrepareForCreate(JsonObject o, WriteContext context)
    {
        var storage = o.Objects("spec", "versions").FirstOrDefault(v => v.Flag("storage") == true)?.Text("name");
        o["status"] = new JsonObject
        {
            ["conditions"] = null,
            ["acceptedNames"] = new JsonObject { ["plural"] = "", ["kind"] = "" },
            ["storedVersions"] = storage is null ? null : new JsonArray(storage),
        };
    }

    public override void PrepareForUpdate(JsonObject o, JsonObject old, WriteContext context)
    {
        KeepStatus(o, old);
        var storage = o.Objects("spec", "versions").FirstOrDefault(v => v.Flag("storage") == true)?.Text("name");
        if (storage is null || o.Texts("status", "storedVersions").Contains(storage)) return;
        var versions = o.List("status", "storedVersions");
        if (versions is null) o.Ensure("status")["storedVersions"] = new JsonArray(storage);
        else versions.Add((JsonNode)storage);
    }

    public override IEnumerable<FieldError> Validate(JsonObject o, WriteContext context)
    {
        var (group, plural) = (o.Text("spec", "group") ?? "", o.Text("spec", "names", "plural") ?? "");
        if (o.Name != $"{plural}.{group}") yield return FieldError.Invalid(FieldPath.Of("metadata", "name"), o.Name, "must be spec.names.plural+\".\"+spec.group");
        if (IsProtected(group))
        {
            var path = FieldPath.Of("metadata", "annotations").Key("api-approved.kubernetes.io");
            const string See = "see https://github.com/kubernetes/enhancements/pull/1111";
            var approval = o.Annotation("api-approved.kubernetes.io");
            if (string.IsNullOrEmpty(approval)) yield return FieldError.Required(path, $"protected groups must have approval annotation \"api-approved.kubernetes.io\", {See}");
            else if (!approval.StartsWith("unapproved", StringComparison.Ordinal) && !(Uri.TryCreate(approval, UriKind.Absolute, out var url) && url.Host.Length > 0))
            {
                yield return FieldError.Invalid(path, approval, $"protected groups must have approval annotation \"api-approved.kubernetes.io\" with either a URL or a reason starting with \"unapproved\", {See}");
            }
        }
        if (group.Length == 0) yield return FieldError.Required(Spec.Child("group"));
        else
        {
            var wrong = NameValidation.IsDns1123Subdomain(group);
            foreach (var message in wrong) yield return FieldError.Invalid(Spec.Child("group"), group, message);
            if (wrong.Count == 0 && !group.Contains('.', StringComparison.Ordinal)) yield return FieldError.Invalid(Spec.Child("group"), group, "should be a domain with at least one dot");
        }
        var scope = o.Text("spec", "scope") ?? "";
        if (scope.Length == 0) yield return FieldError.Required(Spec.Child("scope"));
        else if (scope is not ("Namespaced" or "Cluster")) yield return FieldError.NotSupported(Spec.Child("scope"), scope, ["Cluster", "Namespaced"]);
        foreach (var error in ValidateVersions(o)) yield return error;
        foreach (var error in DefinitionVersions.Validate(o)) yield return error;
        foreach (var error in ValidateNames(o.Object("spec", "names") ?? [])) yield return error;
        if (o.Flag("spec", "preserveUnknownFields") == true)
        {
            yield return FieldError.Invalid(Spec.Child("preserveUnknownFields"), true, "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead");
        }
        var strategy = o.Text("spec", "conversion", "strategy") ?? "";
        if (strategy == "Webhook")
        {
            if (o.Object("spec", "conversion", "webhook", "clientConfig") is null) yield return FieldError.Required(Spec.Child("conversion", "webhookClientConfig"), "required when strategy is set to Webhook");
            if (!o.Texts("spec", "conversion", "webhook", "conversionReviewVersions").Any()) yield return FieldError.Required(Spec.Child("conversion", "conversionReviewVersions"));
        }
        else if (strategy.Length > 0 && strategy != "None")
        {
            yield return FieldError.NotSupported(Spec.Child("conversion", "strategy"), strategy, ["None", "Webhook"]);
        }
        foreach (var error in DefinitionSchemas.Validate(o)) yield return error;
        if (!o.Texts("status", "storedVersions").Any()) yield return FieldError.Invalid(FieldPath.Of("status", "storedVersions"), null, "must have at least one stored version");
    }

    public override IEnumerable<FieldError> ValidateUpdate(JsonObject o, JsonObject old, WriteContext context)
    {
        // A schema that was accepted stays so until somebody changes it.
        var schemas = JsonNode.DeepEquals(o.At("spec", "versions"), old.At("spec", "versions")) ? DefinitionSchemas.Validate(o).Select(e => e.Field).ToHashSet() : [];
        return Validate(o, context).Where(e => !schemas.Contains(e.Field));
    }

    public override IEnumerable<string> Warnings(JsonObject o, JsonObject? old)
    {
        if (o.Text("spec", "conversion", "strategy") == "Webhook")
        {
            yield return "spec.conversion: this server calls no conversion webhooks: versions are served as with strategy None";
        }
    }

    private static bool IsProtected(string group) =>
        group is "k8s.io" or "kubernetes.io" || group.EndsWith(".k8s.io", StringComparison.Ordinal) || group.EndsWith(".kubernetes.io", StringComparison.Ordinal);

    private static IEnumerable<FieldError> ValidateVersions(JsonObject o)
    {
        var path = Spec.Child("versions");
        var versions = o.Objects("spec", "versions").ToList();
        foreach (var (i, version) in versions.Index())
        {
            var name = version.Text("name") ?? "";
            foreach (var message in NameValidation.IsDns1035Label(name)) yield return FieldError.Invalid(path.Index(i).Child("name"), name, message);
            if (version.Object("schema", "openAPIV3Schema") is null) yield return FieldError.Required(path.Index(i).Child("schema", "openAPIV3Schema"));
            else if (version.Text("schema", "openAPIV3Schema", "type") != "object")
            {
                yield return FieldError.Invalid(path.Index(i).Child("schema", "openAPIV3Schema", "type"), version.Text("schema", "openAPIV3Schema", "type") ?? "", "must be object");
            }
        }
        if (versions.Count(v => v.Flag("storage") == true) != 1)
        {
            yield return FieldError.Invalid(path, o.At("spec", "versions")?.DeepClone(), "must have exactly one version marked as storage version");
        }
    }

    private static IEnumerable<FieldError> ValidateNames(JsonObject names)
    {
        var path = Spec.Child("names");
        foreach (var field in new[] { "plural", "singular", "kind", "listKind" })
        {
            var name = names.Text(field) ?? "";
            if (name.Length == 0)
            {
                yield return FieldError.Required(path.Child(field));
                continue;
            }
            var checkedName = field is "kind" or "listKind" ? name.ToLowerInvariant() : name;
            foreach (var message in NameValidation.IsDns1035Label(checkedName))
            {
                yield return FieldError.Invalid(path.Child(field), name, field is "kind" or "listKind" ? $"may have mixed case, but should otherwise match: {message}" : message);
            }
        }
        foreach (var field in new[] { "shortNames", "categories" })
        {
            foreach (var (i, name) in names.Texts(field).Index())
            {
                foreach (var message in NameValidation.IsDns1035Label(name)) yield return FieldError.Invalid(path.Child(field).Index(i), name, message);
            }
        }
        if (names.Text("kind") is { Length: > 0 } kind && kind == names.Text("listKind")) yield return FieldError.Invalid(path.Child("listKind"), kind, "kind and listKind may not be the same");
    }
}
