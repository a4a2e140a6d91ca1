using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Workloads that keep pods running.</summary>
internal static class WorkloadValidation
{
    private static readonly FieldPath SpecPath = FieldPath.Of("spec");

    public static void Deployment(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        errors.NonNegative(spec, SpecPath, "replicas");
        if (Selector(spec, "empty selector is invalid for deployment", "invalid label selector", errors)) PodTemplateValidation.Selected(spec, "ReplicaSet", SpecPath, errors);
        DeploymentStrategy(spec, errors);
        errors.NonNegative(spec, SpecPath, "minReadySeconds");
        errors.NonNegative(spec, SpecPath, "revisionHistoryLimit");
        if (spec.Integer("progressDeadlineSeconds") is not { } deadline) return;
        errors.NonNegative(spec, SpecPath, "progressDeadlineSeconds");
        if (deadline <= (spec.Integer("minReadySeconds") ?? 0)) errors.Invalid(SpecPath.Child("progressDeadlineSeconds"), deadline, "must be greater than minReadySeconds");
    }

    public static void ReplicaSet(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        errors.NonNegative(spec, SpecPath, "replicas");
        errors.NonNegative(spec, SpecPath, "minReadySeconds");
        if (Selector(spec, "empty selector is invalid for deployment", "invalid label selector", errors)) PodTemplateValidation.Selected(spec, "ReplicaSet", SpecPath, errors);
    }

    public static void StatefulSet(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        if (spec.Text("podManagementPolicy") is { Length: > 0 } policy && policy is not ("OrderedReady" or "Parallel")) errors.Invalid(SpecPath.Child("podManagementPolicy"), policy, "must be 'OrderedReady' or 'Parallel'");
        var update = spec.Object("updateStrategy") ?? [];
        switch (update.Text("type") ?? "")
        {
            case "":
                errors.Required(SpecPath.Child("updateStrategy"));
                break;
            case "OnDelete":
                if (update.Object("rollingUpdate") is not null) errors.InvalidRaw(SpecPath.Child("updateStrategy", "rollingUpdate"), InternalForm.Print("StatefulRollingUpdate", update["rollingUpdate"]), "only allowed for updateStrategy 'RollingUpdate'");
                break;
            case "RollingUpdate":
                if (update.Object("rollingUpdate") is { } rolling)
                {
                    errors.NonNegative(rolling, SpecPath.Child("updateStrategy", "rollingUpdate"), "partition");
                    Share(rolling["maxUnavailable"], SpecPath.Child("updateStrategy", "rollingUpdate", "maxUnavailable"), true, errors);
                }
                break;
            default:
                errors.InvalidRaw(SpecPath.Child("updateStrategy"), InternalForm.Print("StatefulUpdateStrategy", update), "must be 'RollingUpdate' or 'OnDelete'");
                break;
        }
        if (spec.Object("persistentVolumeClaimRetentionPolicy") is { } retention)
        {
            var at = SpecPath.Child("persistentVolumeClaimRetentionPolicy");
            errors.OneOf(retention, at, "whenDeleted", "Retain", "Delete");
            errors.OneOf(retention, at, "whenScaled", "Retain", "Delete");
        }
        errors.NonNegative(spec, SpecPath, "replicas");
        errors.NonNegative(spec, SpecPath, "minReadySeconds");
        errors.NonNegative(spec, SpecPath, "revisionHistoryLimit");
        if (spec.Object("ordinals") is { } ordinals) errors.NonNegative(ordinals, SpecPath.Child("ordinals"), "start");
        if (Selector(spec, "empty selector is invalid for statefulset", "", errors)) PodTemplateValidation.Labels(spec, SpecPath.Child("template"), errors);
        if (LabelSelectorValidation.IsUsable(spec.Object("selector"))) PodTemplateValidation.Check(WithClaims(spec), SpecPath.Child("template"), errors);
        PodTemplateValidation.Restarts(spec, "StatefulSet", SpecPath.Child("template"), errors);
        if (spec.Text("serviceName") is { Length: > 0 } service) errors.Invalid(SpecPath.Child("serviceName"), service, NameValidation.IsDns1123Label(service));
    }

    public static void DaemonSet(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        var selector = spec.Object("selector");
        var template = SpecPath.Child("template");
        LabelSelectorValidation.Selector(selector, SpecPath.Child("selector"), errors);
        if (LabelSelectorValidation.IsUsable(selector) && !LabelSelectorValidation.Matches(selector, spec.Object("template", "metadata", "labels")))
        {
            PodTemplateValidation.Mismatch(spec.Object("template", "metadata", "labels"), template, errors);
        }
        if (selector is not null && LabelSelectorValidation.IsEmpty(selector)) errors.InvalidRaw(SpecPath.Child("selector"), "{}", "empty selector is invalid for daemonset");
        PodTemplateValidation.Check(spec.Object("template"), template, errors);
        PodTemplateValidation.Restarts(spec, "DaemonSet", template, errors);
        errors.NonNegative(spec, SpecPath, "minReadySeconds");
        DaemonSetUpdate(spec, errors);
        errors.NonNegative(spec, SpecPath, "revisionHistoryLimit");
    }

    public static void ReplicationController(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        errors.NonNegative(spec, SpecPath, "minReadySeconds");
        var selector = spec.Object("selector");
        if (selector is not { Count: > 0 }) errors.Required(SpecPath.Child("selector"));
        errors.NonNegative(spec, SpecPath, "replicas");
        if (spec.Object("template") is not { } template)
        {
            errors.Required(SpecPath.Child("template"));
            return;
        }
        var at = SpecPath.Child("template");
        var labels = template.Object("metadata", "labels");
        if (selector is { Count: > 0 } && !LabelSelectorValidation.Matches(new() { ["matchLabels"] = selector.DeepClone() }, labels)) PodTemplateValidation.Mismatch(labels, at, errors);
        PodTemplateValidation.Check(template, at, errors);
        PodTemplateValidation.Restarts(spec, "ReplicationController", at, errors);
    }

    /// <summary>The template as its pods will be: with a volume for each claim.</summary>
    private static JsonObject? WithClaims(JsonObject spec)
    {
        var template = spec.Object("template")?.Clone();
        if (template is null || spec.List("volumeClaimTemplates") is not { Count: > 0 }) return template;
        var claims = spec.Objects("volumeClaimTemplates").Select(c => c.Text("metadata", "name") ?? "").ToList();
        var volumes = claims.Select(name => (JsonNode)new JsonObject { ["name"] = name, ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = name } })
            .Concat(template.Objects("spec", "volumes").Where(v => !claims.Contains(v.Text("name") ?? "")).Select(v => v.DeepClone())).ToArray();
        template.Ensure("spec")["volumes"] = new JsonArray(volumes);
        return template;
    }

    /// <summary>A number or a percentage of something.</summary>
    public static void Share(JsonNode? value, FieldPath path, bool positive, FieldErrors errors)
    {
        if (value is null) return;
        var holder = new JsonObject { ["v"] = value.DeepClone() };
        if (holder.Text("v") is { } text)
        {
            errors.Invalid(path, text, FieldRules.IsPercent(text));
            if (FieldRules.IsPercent(text).Count == 0 && int.TryParse(text[..^1], out var percent) && percent > 100) errors.Invalid(path, text, "must not be greater than 100%");
        }
        else if (holder.Integer("v") is < 0 and var number)
        {
            errors.Invalid(path, number, "must be greater than or equal to 0");
        }
        if (positive && IsZero(value)) errors.Invalid(path, value, "cannot be 0");
    }

    public static bool IsZero(JsonNode? value) => value?.ToString() is "0" or "0%" or "00%";

    /// <summary>A selector that must be there, say something and be usable; then the template is looked at.</summary>
    /// <returns>Whether it can select.</returns>
    private static bool Selector(JsonObject spec, string empty, string unusable, FieldErrors errors)
    {
        var path = SpecPath.Child("selector");
        if (spec.Object("selector") is not { } selector)
        {
            errors.Required(path);
            return true;
        }
        LabelSelectorValidation.Selector(selector, path, errors);
        if (LabelSelectorValidation.IsEmpty(selector)) errors.InvalidRaw(path, "{}", empty);
        if (LabelSelectorValidation.IsUsable(selector)) return true;
        errors.InvalidRaw(path, LabelSelectorValidation.Print(selector), unusable);
        return false;
    }

    private static void DeploymentStrategy(JsonObject spec, FieldErrors errors)
    {
        var strategy = spec.Object("strategy") ?? [];
        var path = SpecPath.Child("strategy");
        switch (strategy.Text("type"))
        {
            case "Recreate":
                if (strategy.Object("rollingUpdate") is not null) errors.Forbidden(path.Child("rollingUpdate"), "may not be specified when strategy `type` is 'Recreate'");
                break;
            case "RollingUpdate":
                var rolling = strategy.Object("rollingUpdate");
                if (rolling is null)
                {
                    errors.Required(path.Child("rollingUpdate"), "this should be defaulted and never be nil");
                    break;
                }
                var at = path.Child("rollingUpdate");
                Share(rolling["maxUnavailable"], at.Child("maxUnavailable"), false, errors);
                PercentOrNumber(rolling["maxSurge"], at.Child("maxSurge"), errors);
                if (IsZero(rolling["maxUnavailable"]) && IsZero(rolling["maxSurge"])) errors.Invalid(at.Child("maxUnavailable"), rolling["maxUnavailable"], "may not be 0 when `maxSurge` is 0");
                break;
            default:
                errors.Add(Unsupported(path, InternalForm.Print("DeploymentStrategy", strategy), "Recreate", "RollingUpdate"));
                break;
        }
    }

    private static void PercentOrNumber(JsonNode? value, FieldPath path, FieldErrors errors)
    {
        var own = new FieldErrors();
        Share(value, path, false, own);
        errors.AddRange(own.Where(e => !e.Message.EndsWith("must not be greater than 100%", StringComparison.Ordinal)));
    }

    private static void DaemonSetUpdate(JsonObject spec, FieldErrors errors)
    {
        var strategy = spec.Object("updateStrategy") ?? [];
        var path = SpecPath.Child("updateStrategy");
        switch (strategy.Text("type"))
        {
            case "OnDelete":
                break;
            case "RollingUpdate":
                if (strategy.Object("rollingUpdate") is not { } rolling)
                {
                    errors.Required(path.Child("rollingUpdate"));
                    break;
                }
                var at = path.Child("rollingUpdate");
                Share(rolling["maxUnavailable"], at.Child("maxUnavailable"), false, errors);
                Share(rolling["maxSurge"], at.Child("maxSurge"), false, errors);
                var (unavailable, surge) = (!IsZero(rolling["maxUnavailable"]), !IsZero(rolling["maxSurge"]));
                if (unavailable && surge) errors.Invalid(at.Child("maxSurge"), rolling["maxSurge"], "may not be set when maxUnavailable is non-zero");
                if (!unavailable && !surge) errors.Required(at.Child("maxUnavailable"), "cannot be 0 when maxSurge is 0");
                break;
            default:
                errors.Add(Unsupported(path, InternalForm.Print("UpdateStrategy", strategy), "RollingUpdate", "OnDelete"));
                break;
        }
    }

    private static FieldError Unsupported(FieldPath path, string printed, params string[] supported) =>
        new(FieldErrorType.FieldValueNotSupported, path.ToString(), $"Unsupported value: {printed}: supported values: {string.Join(", ", supported.Select(GoText.Quote))}");
}
