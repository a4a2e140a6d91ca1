using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Validation;

/// <summary>What may not change in workloads.</summary>
internal static class WorkloadUpdateValidation
{
    private const string Immutable = "field is immutable";

    private static readonly FieldPath SpecPath = FieldPath.Of("spec");

    /// <summary>The selector of a workload.</summary>
    public static void Selector(JsonObject o, JsonObject old, FieldErrors errors)
    {
        if (!JsonNode.DeepEquals(o.At("spec", "selector"), old.At("spec", "selector"))) errors.InvalidRaw(SpecPath.Child("selector"), LabelSelectorValidation.Print(o.At("spec", "selector")), Immutable);
    }

    public static void StatefulSet(JsonObject o, JsonObject old, FieldErrors errors)
    {
        var (spec, before) = (o.Object("spec") ?? [], old.Object("spec") ?? []);
        errors.Immutable(spec, before, SpecPath, "serviceName");
        errors.Immutable(spec, before, SpecPath, "podManagementPolicy");
        Selector(o, old, errors);
        string[] changeable = ["serviceName", "podManagementPolicy", "selector", "replicas", "template", "updateStrategy", "persistentVolumeClaimRetentionPolicy", "minReadySeconds", "ordinals", "revisionHistoryLimit"];
        var rest = spec.Where(m => !changeable.Contains(m.Key)).ToDictionary(m => m.Key, m => m.Value);
        var restBefore = before.Where(m => !changeable.Contains(m.Key)).ToDictionary(m => m.Key, m => m.Value);
        if (rest.Keys.Union(restBefore.Keys).Any(k => !JsonNode.DeepEquals(rest.GetValueOrDefault(k), restBefore.GetValueOrDefault(k))))
        {
            errors.Forbidden(SpecPath, "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
        }
    }

    public static void Job(JsonObject o, JsonObject old, FieldErrors errors)
    {
        var (spec, before) = (o.Object("spec") ?? [], old.Object("spec") ?? []);
        Completions(spec, before, errors);
        Selector(o, old, errors);
        Template(spec, before, old, errors);
        foreach (var field in new[] { "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy" }) errors.Immutable(spec, before, SpecPath, field);
    }

    private static void Completions(JsonObject spec, JsonObject before, FieldErrors errors)
    {
        if (JsonNode.DeepEquals(spec["completions"], before["completions"])) return;
        var path = SpecPath.Child("completions");
        if (before["completions"] is null || spec["completions"] is null || before.Text("completionMode") == "Indexed" && spec.Text("completionMode") != "Indexed") errors.Invalid(path, spec["completions"], Immutable);
        else if (spec.Integer("completions") != spec.Integer("parallelism")) errors.Invalid(path, spec["completions"], "can only be modified in tandem with spec.parallelism");
    }

    /// <summary>The template stays, but for where pods go while the Job is suspended and has not started.</summary>
    private static void Template(JsonObject spec, JsonObject before, JsonObject old, FieldErrors errors)
    {
        var (template, was) = (spec.Object("template", "spec")?.Clone() ?? [], before.Object("template", "spec")?.Clone() ?? []);
        var suspended = before.Flag("suspend") == true && old.At("status", "startTime") is null;
        if (suspended)
        {
            foreach (var field in new[] { "affinity", "nodeSelector", "tolerations", "schedulingGates" })
            {
                template.Remove(field);
                was.Remove(field);
            }
        }
        var metadataChanged = !suspended && !JsonNode.DeepEquals(spec.At("template", "metadata"), before.At("template", "metadata"));
        if (metadataChanged || !JsonNode.DeepEquals(InternalForm.Convert("PodSpec", template), InternalForm.Convert("PodSpec", was)))
        {
            errors.InvalidRaw(SpecPath.Child("template", "spec"), InternalForm.Print("PodSpec", spec.At("template", "spec")), Immutable);
        }
    }
}
