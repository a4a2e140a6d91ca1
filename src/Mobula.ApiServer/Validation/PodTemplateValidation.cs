using System.Text.Json.Nodes;
using Mobula.ApiServer.Rest;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Validation;

/// <summary>Templates of pods.</summary>
internal static class PodTemplateValidation
{
    public static void Check(JsonObject? template, FieldPath path, FieldErrors errors)
    {
        var spec = template?.Object("spec") ?? [];
        LabelSelectorValidation.Labels(template?.Object("metadata", "labels"), path.Child("labels"), errors);
        var annotations = template?.Object("metadata", "annotations");
        errors.AddRange(ObjectMetaValidation.ValidateAnnotations(annotations, path.Child("annotations")));
        PodAnnotationValidation.Check(annotations, spec, path.Child("annotations"), errors);
        PodSpecValidation.Check(spec, path.Child("spec"), "", errors);
        if (spec.List("ephemeralContainers") is { Count: > 0 }) errors.Forbidden(path.Child("spec", "ephemeralContainers"), "ephemeral containers not allowed in pod template");
    }

    /// <summary>The template of a workload that keeps its pods running: its selector finds them, and they restart.</summary>
    /// <param name="spec">The workload's spec.</param>
    /// <param name="kind">The kind, as the message about deadlines names it.</param>
    /// <param name="path">The place of the spec.</param>
    /// <param name="errors">What is wrong.</param>
    public static void Selected(JsonObject spec, string kind, FieldPath path, FieldErrors errors)
    {
        var at = path.Child("template");
        Labels(spec, at, errors);
        Check(spec.Object("template"), at, errors);
        Restarts(spec, kind, at, errors);
    }

    /// <summary>The selector must find the template's labels, unless it asks for nothing.</summary>
    public static void Labels(JsonObject spec, FieldPath templatePath, FieldErrors errors)
    {
        var selector = spec.Object("selector");
        if (selector is not null && LabelSelectorValidation.IsEmpty(selector)) return;
        var labels = spec.Object("template", "metadata", "labels");
        if (!LabelSelectorValidation.Matches(selector, labels)) Mismatch(labels, templatePath, errors);
    }

    public static void Mismatch(JsonObject? labels, FieldPath templatePath, FieldErrors errors) =>
        errors.Invalid(templatePath.Child("metadata", "labels"), labels, "`selector` does not match template `labels`");

    public static void Restarts(JsonObject spec, string kind, FieldPath templatePath, FieldErrors errors)
    {
        var restart = spec.Text("template", "spec", "restartPolicy") ?? "";
        if (restart != "Always") errors.NotSupported(templatePath.Child("spec", "restartPolicy"), restart, "Always");
        if (spec.At("template", "spec", "activeDeadlineSeconds") is not null) errors.Forbidden(templatePath.Child("spec", "activeDeadlineSeconds"), $"activeDeadlineSeconds in {kind} is not Supported");
    }
}
