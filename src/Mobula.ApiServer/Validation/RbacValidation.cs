using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Roles and their bindings.</summary>
internal static class RbacValidation
{
    public const string Group = "rbac.authorization.k8s.io";

    public static void Role(JsonObject o, FieldErrors errors) => Rules(o, true, errors);

    public static void ClusterRole(JsonObject o, FieldErrors errors)
    {
        Rules(o, false, errors);
        if (o.Object("aggregationRule") is not { } rule) return;
        var path = FieldPath.Of("aggregationRule", "clusterRoleSelectors");
        if (rule.List("clusterRoleSelectors") is not { Count: > 0 })
        {
            errors.Required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil");
            return;
        }
        foreach (var (i, selector) in rule.Objects("clusterRoleSelectors").Index())
        {
            LabelSelectorValidation.Selector(selector, path.Index(i), errors);
            if (!LabelSelectorValidation.IsUsable(selector)) errors.Add(FieldError.Invalid(path.Index(i), null, "invalid label selector."));
        }
    }

    public static void RoleBinding(JsonObject o, FieldErrors errors) => Binding(o, errors, "Role", "ClusterRole");

    public static void ClusterRoleBinding(JsonObject o, FieldErrors errors) => Binding(o, errors, "ClusterRole");

    public static void BindingUpdate(JsonObject o, JsonObject old, FieldErrors errors)
    {
        if (!JsonNode.DeepEquals(o["roleRef"], old["roleRef"])) errors.InvalidRaw(FieldPath.Of("roleRef"), InternalForm.Print("RoleRef", o["roleRef"]), "field is immutable");
    }

    public static void BindingDefaults(JsonObject o)
    {
        if (string.IsNullOrEmpty(o.Text("roleRef", "apiGroup"))) o.Ensure("roleRef")["apiGroup"] = Group;
        foreach (var subject in o.Objects("subjects"))
        {
            if (subject.Text("kind") is "User" or "Group" && string.IsNullOrEmpty(subject.Text("apiGroup"))) subject["apiGroup"] = Group;
        }
    }

    private static void Rules(JsonObject o, bool namespaced, FieldErrors errors)
    {
        foreach (var (i, rule) in o.Objects("rules").Index())
        {
            var path = FieldPath.Of("rules").Index(i);
            if (rule.List("nonResourceURLs") is { Count: > 0 } urls)
            {
                if (namespaced) errors.Invalid(path.Child("nonResourceURLs"), urls, "namespaced rules cannot apply to non-resource URLs");
                if (new[] { "apiGroups", "resources", "resourceNames" }.Any(f => rule.List(f) is { Count: > 0 })) errors.Invalid(path.Child("nonResourceURLs"), urls, "rules cannot apply to both regular resources and non-resource URLs");
                continue;
            }
            if (rule.List("apiGroups") is not { Count: > 0 }) errors.Required(path.Child("apiGroups"), "resource rules must supply at least one api group");
            if (rule.List("resources") is not { Count: > 0 }) errors.Required(path.Child("resources"), "resource rules must supply at least one resource");
        }
        // Required by the schema: looked at after the rest.
        foreach (var (i, rule) in o.Objects("rules").Index())
        {
            if (rule.List("verbs") is not { Count: > 0 }) errors.Required(FieldPath.Of("rules").Index(i).Child("verbs"));
        }
    }

    private static void Binding(JsonObject o, FieldErrors errors, params string[] kinds)
    {
        var reference = o.Object("roleRef") ?? [];
        var path = FieldPath.Of("roleRef");
        errors.OneOf(reference, path, "apiGroup", Group);
        errors.OneOf(reference, path, "kind", kinds);
        var name = reference.Text("name") ?? "";
        if (name.Length > 0) errors.Invalid(path.Child("name"), name, NameValidation.IsPathSegmentName(name));
        foreach (var (i, subject) in o.Objects("subjects").Index()) Subject(subject, FieldPath.Of("subjects").Index(i), kinds.Length == 1, errors);
        foreach (var (i, subject) in o.Objects("subjects").Index()) errors.RequiredText(subject, FieldPath.Of("subjects").Index(i), "name");
        if (name.Length == 0) errors.Required(path.Child("name"));
    }

    private static void Subject(JsonObject subject, FieldPath path, bool ofCluster, FieldErrors errors)
    {
        var name = subject.Text("name") ?? "";
        switch (subject.Text("kind") ?? "")
        {
            case "ServiceAccount":
                if (name.Length > 0) errors.Invalid(path.Child("name"), name, NameValidation.IsDns1123Subdomain(name));
                errors.OneOf(subject, path, "apiGroup", "");
                if (ofCluster) errors.RequiredText(subject, path, "namespace");
                break;
            case "User" or "Group":
                errors.OneOf(subject, path, "apiGroup", Group);
                break;
            case var other:
                errors.NotSupported(path.Child("kind"), other, "ServiceAccount", "User", "Group");
                break;
        }
    }
}
