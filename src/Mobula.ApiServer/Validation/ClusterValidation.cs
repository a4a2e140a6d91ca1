using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Nodes, namespaces, classes, budgets and leases.</summary>
internal static class ClusterValidation
{
    private const long MaxUserPriority = 1_000_000_000;

    private static readonly FieldPath SpecPath = FieldPath.Of("spec");
    private static readonly string[] SystemPriorities = ["system-cluster-critical", "system-node-critical"];

    public static void Node(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        var seen = new HashSet<string>();
        foreach (var (i, taint) in spec.Objects("taints").Index())
        {
            // The odd place is the server's own.
            var path = FieldPath.Of("metadata", "taints").Index(i);
            var key = taint.Text("key") ?? "";
            errors.Invalid(path.Child("key"), key, NameValidation.IsQualifiedName(key));
            var value = taint.Text("value") ?? "";
            if (NameValidation.IsValidLabelValue(value) is { Count: > 0 } wrong) errors.Invalid(path.Child("value"), value, string.Join(';', wrong));
            SchedulingValidation.Effect(taint, path.Child("effect"), true, errors);
            if (!seen.Add($"{key}/{taint.Text("effect")}")) errors.Add(new(FieldErrorType.FieldValueDuplicate, path.ToString(), $"Duplicate value: {InternalForm.Print("Taint", taint)}: taints must be unique by key and effect pair"));
        }
        foreach (var (i, range) in spec.Texts("podCIDRs").Index()) if (!FieldRules.IsCidr(range)) errors.Invalid(SpecPath.Child("podCIDRs").Index(i), range, FieldRules.MustBeCidr);
    }

    public static void NodeUpdate(JsonObject o, JsonObject old, FieldErrors errors)
    {
        if (old.List("spec", "podCIDRs") is { Count: > 0 } before && !JsonNode.DeepEquals(before, o.At("spec", "podCIDRs")))
        {
            errors.Forbidden(SpecPath.Child("podCIDRs"), "node updates may not change podCIDR except from \"\" to valid");
        }
        if (old.Text("spec", "providerID") is { Length: > 0 } provider && o.Text("spec", "providerID") != provider)
        {
            errors.Forbidden(SpecPath.Child("providerID"), "node updates may not change providerID except from \"\" to valid");
        }
    }

    public static void NodeDefaults(JsonObject o)
    {
        // Until it is said otherwise, pods may have all there is.
        if (o.Object("status", "capacity") is { Count: > 0 } capacity && o.At("status", "allocatable") is null) o.Ensure("status")["allocatable"] = capacity.DeepClone();
        if (o.Text("spec", "podCIDR") is { Length: > 0 } range && o.List("spec", "podCIDRs") is not { Count: > 0 }) o.Ensure("spec")["podCIDRs"] = new JsonArray(range);
    }

    public static void Namespace(JsonObject o, FieldErrors errors)
    {
        foreach (var finalizer in o.Texts("spec", "finalizers"))
        {
            var path = SpecPath.Child("finalizers");
            errors.Invalid(path, finalizer, NameValidation.IsQualifiedName(finalizer));
            if (!finalizer.Contains('/', StringComparison.Ordinal) && finalizer is not ("kubernetes" or "orphan" or "foregroundDeletion")) errors.Invalid(path, finalizer, "name is neither a standard finalizer name nor is it fully qualified");
        }
    }

    public static void PriorityClass(JsonObject o, FieldErrors errors)
    {
        var value = o.Integer("value") ?? 0;
        if (o.Name.StartsWith("system-", StringComparison.Ordinal))
        {
            if (!SystemPriorities.Contains(o.Name)) errors.Forbidden(FieldPath.Of("metadata", "name"), $"priority class names with 'system-' prefix are reserved for system use only. error: {o.Name} is not a known system priority class");
        }
        else if (value > MaxUserPriority)
        {
            errors.Forbidden(FieldPath.Of("value"), $"maximum allowed value of a user defined priority is {MaxUserPriority}");
        }
        errors.OneOfTop(o, "preemptionPolicy", "PreemptLowerPriority", "Never");
    }

    public static void PriorityClassUpdate(JsonObject o, JsonObject old, FieldErrors errors)
    {
        if ((o.Integer("value") ?? 0) != (old.Integer("value") ?? 0)) errors.Forbidden(FieldPath.Of("value"), "may not be changed in an update.");
        if (o.Text("preemptionPolicy") != old.Text("preemptionPolicy")) errors.Invalid(FieldPath.Of("preemptionPolicy"), o["preemptionPolicy"], "field is immutable");
    }

    public static void RuntimeClass(JsonObject o, FieldErrors errors)
    {
        foreach (var (name, amount) in o.Object("overhead", "podFixed") ?? [])
        {
            var path = FieldPath.Of("overhead", "limits").Key(name);
            ResourceValidation.ContainerResourceName(name, path, errors);
            ResourceValidation.AmountOf(name, ResourceValidation.Read(amount), path, errors);
        }
        if (o.Object("scheduling") is { } scheduling)
        {
            LabelSelectorValidation.Labels(scheduling.Object("nodeSelector"), FieldPath.Of("scheduling", "nodeSelector"), errors);
            SchedulingValidation.Tolerations(scheduling, FieldPath.Of("scheduling", "tolerations"), errors);
            var seen = new HashSet<string>();
            foreach (var (i, toleration) in scheduling.Objects("tolerations").Index())
            {
                var printed = InternalForm.Print("Toleration", toleration);
                if (!seen.Add(printed)) errors.Add(new(FieldErrorType.FieldValueDuplicate, FieldPath.Of("scheduling", "tolerations").Index(i).ToString(), $"Duplicate value: {printed}"));
            }
        }
        if (errors.RequiredTop(o, "handler")) errors.Invalid(FieldPath.Of("handler"), o.Text("handler"), NameValidation.IsDns1123Label(o.Text("handler")!));
    }

    public static void RuntimeClassUpdate(JsonObject o, JsonObject old, FieldErrors errors)
    {
        if (o.Text("handler") != old.Text("handler")) errors.Invalid(FieldPath.Of("handler"), o["handler"], "field is immutable");
    }

    public static void DisruptionBudget(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        if (spec["minAvailable"] is not null && spec["maxUnavailable"] is not null) errors.Invalid(SpecPath, spec, "minAvailable and maxUnavailable cannot be both set");
        WorkloadValidation.Share(spec["minAvailable"], SpecPath.Child("minAvailable"), false, errors);
        WorkloadValidation.Share(spec["maxUnavailable"], SpecPath.Child("maxUnavailable"), false, errors);
        LabelSelectorValidation.Selector(spec.Object("selector"), SpecPath.Child("selector"), errors);
        errors.OneOfIfSet(spec, SpecPath, "unhealthyPodEvictionPolicy", "AlwaysAllow", "IfHealthyBudget");
    }

    public static void Lease(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        if (spec.Integer("leaseDurationSeconds") is <= 0 and var seconds) errors.Invalid(SpecPath.Child("leaseDurationSeconds"), seconds, "must be greater than 0");
        errors.NonNegative(spec, SpecPath, "leaseTransitions");
    }
}
