using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Where a pod may run: affinity, tolerations, spreading.</summary>
internal static class SchedulingValidation
{
    private static readonly string[] TaintEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

    public static void Affinity(JsonObject? affinity, FieldPath path, FieldErrors errors)
    {
        if (affinity is null) return;
        if (affinity.Object("nodeAffinity") is { } node) NodeAffinity(node, path.Child("nodeAffinity"), errors);
        foreach (var kind in new[] { "podAffinity", "podAntiAffinity" })
        {
            if (affinity.Object(kind) is not { } pods) continue;
            const string Required = "requiredDuringSchedulingIgnoredDuringExecution", Preferred = "preferredDuringSchedulingIgnoredDuringExecution";
            foreach (var (i, term) in pods.Objects(Required).Index()) PodTerm(term, path.Child(kind, Required).Index(i), errors);
            foreach (var (i, weighted) in pods.Objects(Preferred).Index())
            {
                var at = path.Child(kind, Preferred).Index(i);
                Weight(weighted, at, errors);
                PodTerm(weighted.Object("podAffinityTerm") ?? [], at.Child("podAffinityTerm"), errors);
            }
        }
    }

    /// <summary>A selector of nodes; its terms must be there.</summary>
    public static void NodeSelector(JsonObject selector, FieldPath path, FieldErrors errors)
    {
        var at = path.Child("nodeSelectorTerms");
        if (selector.List("nodeSelectorTerms") is not { Count: > 0 }) errors.Required(at, "must have at least one node selector term");
        foreach (var (i, term) in selector.Objects("nodeSelectorTerms").Index()) NodeTerm(term, at.Index(i), errors);
    }

    public static void Tolerations(JsonObject holder, FieldPath path, FieldErrors errors)
    {
        foreach (var (i, toleration) in holder.Objects("tolerations").Index()) Toleration(toleration, path.Index(i), errors);
    }

    /// <summary>The effect of a taint, if it is there.</summary>
    public static void Effect(JsonObject o, FieldPath path, bool required, FieldErrors errors)
    {
        var effect = o.Text("effect") ?? "";
        if (effect.Length == 0)
        {
            if (required) errors.Required(path);
        }
        else if (!TaintEffects.Contains(effect))
        {
            errors.NotSupported(path, effect, TaintEffects);
        }
    }

    public static void Spreading(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        var constraints = spec.Objects("topologySpreadConstraints").ToList();
        foreach (var (i, constraint) in constraints.Index())
        {
            var at = path.Index(i);
            if ((constraint.Integer("maxSkew") ?? 0) is <= 0 and var skew) errors.Invalid(at.Child("maxSkew"), skew, "must be greater than zero");
            errors.RequiredText(constraint, at, "topologyKey", "can not be empty");
            errors.OneOf(constraint, at, "whenUnsatisfiable", "DoNotSchedule", "ScheduleAnyway");
            var (key, when) = (constraint.Text("topologyKey") ?? "", constraint.Text("whenUnsatisfiable") ?? "");
            if (constraints.Skip(i + 1).Any(c => (c.Text("topologyKey") ?? "") == key && (c.Text("whenUnsatisfiable") ?? "") == when))
            {
                errors.Duplicate(at.Child("{topologyKey, whenUnsatisfiable}"), $"{{{key}, {when}}}");
            }
            if (constraint.Integer("minDomains") is { } domains)
            {
                if (domains <= 0) errors.Invalid(at.Child("minDomains"), domains, "must be greater than zero");
                if (when != "DoNotSchedule") errors.Invalid(at.Child("minDomains"), domains, $"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {when}");
            }
            errors.OneOfIfSet(constraint, at, "nodeAffinityPolicy", "Honor", "Ignore");
            errors.OneOfIfSet(constraint, at, "nodeTaintsPolicy", "Honor", "Ignore");
            MatchLabelKeys(constraint, at, errors);
            LabelSelectorValidation.Selector(constraint.Object("labelSelector"), at.Child("labelSelector"), errors);
        }
    }

    private static void NodeAffinity(JsonObject affinity, FieldPath path, FieldErrors errors)
    {
        const string Required = "requiredDuringSchedulingIgnoredDuringExecution", Preferred = "preferredDuringSchedulingIgnoredDuringExecution";
        if (affinity.Object(Required) is { } selector) NodeSelector(selector, path.Child(Required), errors);
        foreach (var (i, preferred) in affinity.Objects(Preferred).Index())
        {
            var at = path.Child(Preferred).Index(i);
            Weight(preferred, at, errors);
            NodeTerm(preferred.Object("preference") ?? [], at.Child("preference"), errors);
        }
    }

    private static void NodeTerm(JsonObject term, FieldPath path, FieldErrors errors)
    {
        foreach (var (i, expression) in term.Objects("matchExpressions").Index()) LabelSelectorValidation.OperatorAndKey(expression, path.Child("matchExpressions").Index(i), errors, compares: true);
        foreach (var (i, field) in term.Objects("matchFields").Index()) NodeField(field, path.Child("matchFields").Index(i), errors);
    }

    private static void NodeField(JsonObject field, FieldPath path, FieldErrors errors)
    {
        var values = field.Texts("values").ToList();
        var op = field.Text("operator") ?? "";
        if (op is "In" or "NotIn")
        {
            if (values.Count != 1) errors.Required(path.Child("values"), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
        }
        else
        {
            errors.Invalid(path.Child("operator"), op, "not a valid selector operator");
        }
        if (field.Text("key") != "metadata.name")
        {
            errors.Invalid(path.Child("key"), field.Text("key") ?? "", "not a valid field selector key");
            return;
        }
        foreach (var (i, value) in values.Index()) errors.Invalid(path.Child("values").Index(i), value, NameValidation.IsDns1123Subdomain(value));
    }

    private static void Weight(JsonObject o, FieldPath path, FieldErrors errors)
    {
        if ((o.Integer("weight") ?? 0) is var weight and (<= 0 or > 100)) errors.Invalid(path.Child("weight"), weight, "must be in the range 1-100");
    }

    private static void PodTerm(JsonObject term, FieldPath path, FieldErrors errors)
    {
        LabelSelectorValidation.Selector(term.Object("labelSelector"), path.Child("labelSelector"), errors);
        LabelSelectorValidation.Selector(term.Object("namespaceSelector"), path.Child("namespaceSelector"), errors);
        foreach (var name in term.Texts("namespaces")) errors.Invalid(path.Child("namespace"), name, NameValidation.IsDns1123Label(name));
        MatchLabelKeys(term, path, errors);
        var other = term.Texts("mismatchLabelKeys").ToList();
        foreach (var (i, key) in term.Texts("matchLabelKeys").Index())
        {
            if (other.Contains(key)) errors.Invalid(path.Child("matchLabelKeys").Index(i), key, "exists in both matchLabelKeys and mismatchLabelKeys");
        }
        var topology = term.Text("topologyKey") ?? "";
        if (topology.Length == 0) errors.Required(path.Child("topologyKey"), "can not be empty");
        errors.Invalid(path.Child("topologyKey"), topology, NameValidation.IsQualifiedName(topology));
    }

    private static void MatchLabelKeys(JsonObject holder, FieldPath path, FieldErrors errors)
    {
        foreach (var list in new[] { "matchLabelKeys", "mismatchLabelKeys" })
        {
            if (holder.List(list) is not { Count: > 0 }) continue;
            if (holder.Object("labelSelector") is null)
            {
                errors.Forbidden(path.Child(list), "must not be specified when labelSelector is not set");
                continue;
            }
            foreach (var (i, key) in holder.Texts(list).Index()) errors.Invalid(path.Child(list).Index(i), key, NameValidation.IsQualifiedName(key));
        }
    }

    private static void Toleration(JsonObject toleration, FieldPath path, FieldErrors errors)
    {
        var (key, value, op) = (toleration.Text("key") ?? "", toleration.Text("value") ?? "", toleration.Text("operator") ?? "");
        if (key.Length > 0) errors.Invalid(path.Child("key"), key, NameValidation.IsQualifiedName(key));
        else if (op != "Exists") errors.Invalid(path.Child("operator"), op, "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
        if (toleration["tolerationSeconds"] is not null && toleration.Text("effect") != "NoExecute")
        {
            errors.Invalid(path.Child("effect"), toleration.Text("effect") ?? "", "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }
        switch (op)
        {
            case "Equal" or "":
                if (NameValidation.IsValidLabelValue(value) is { Count: > 0 } wrong) errors.Invalid(path.Child("operator"), value, string.Join(';', wrong));
                break;
            case "Exists":
                if (value.Length > 0) errors.Invalid(path.Child("operator"), value, "value must be empty when `operator` is 'Exists'");
                break;
            default:
                errors.NotSupported(path.Child("operator"), op, "Equal", "Exists");
                break;
        }
        Effect(toleration, path.Child("effect"), false, errors);
    }
}
