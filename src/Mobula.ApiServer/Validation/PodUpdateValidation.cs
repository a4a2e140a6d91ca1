using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Validation;

/// <summary>What may change in a pod that is there: images, deadlines, more tolerations; gates only go.</summary>
internal static class PodUpdateValidation
{
    private const string MayChange =
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

    private static readonly FieldPath SpecPath = FieldPath.Of("spec");

    /// <summary>The annotation of pods that a node runs without having been asked.</summary>
    public const string MirrorPod = "kubernetes.io/config.mirror";

    /// <summary>A pod is a mirror pod from its beginning, or never.</summary>
    public static void MirrorAnnotation(JsonObject pod, JsonObject old, FieldErrors errors)
    {
        var (now, was) = (pod.Annotation(MirrorPod), old.Annotation(MirrorPod));
        if (now == was) return;
        errors.Forbidden(FieldPath.Of("metadata", "annotations").Key(MirrorPod), was is null ? "may not add mirror pod annotation" : "may not remove or update mirror pod annotation");
    }

    public static void Check(JsonObject pod, JsonObject old, FieldErrors errors)
    {
        MirrorAnnotation(pod, old, errors);
        var (spec, before) = (pod.Object("spec") ?? [], old.Object("spec") ?? []);
        foreach (var (list, what) in new[] { ("containers", "containers"), ("initContainers", "init containers") })
        {
            if (!SameNames(spec, before, list))
            {
                errors.Forbidden(SpecPath.Child(list), $"pod updates may not add or remove {what}");
                return;
            }
        }
        Deadline(spec, before, errors);
        Tolerations(spec, before, errors);
        Gates(spec, before, errors);
        var (allowed, was) = (spec.Clone(), before.Clone());
        foreach (var list in new[] { "containers", "initContainers" })
        {
            foreach (var (container, original) in allowed.Objects(list).Zip(before.Objects(list))) container["image"] = original["image"]?.DeepClone();
        }
        foreach (var field in new[] { "activeDeadlineSeconds", "tolerations", "schedulingGates" }) Copy(allowed, before, field);
        if (before.Integer("terminationGracePeriodSeconds") < 0 && spec.Integer("terminationGracePeriodSeconds") == 1) Copy(allowed, before, "terminationGracePeriodSeconds");
        if (before.List("schedulingGates") is { Count: > 0 }) foreach (var field in new[] { "nodeSelector", "affinity" }) Copy(allowed, before, field);
        if (JsonNode.DeepEquals(InternalForm.Convert("PodSpec", allowed), InternalForm.Convert("PodSpec", was))) return;
        errors.Forbidden(SpecPath, $"{MayChange}\n{SpecDifference.Of("PodSpec", was, allowed)}");
    }

    /// <summary>Containers for debugging may be added; those that are there stay as they are.</summary>
    public static void EphemeralContainers(JsonObject pod, JsonObject old, FieldErrors errors)
    {
        PodValidation.EphemeralContainers(pod, errors);
        var path = SpecPath.Child("ephemeralContainers");
        var others = new[] { "initContainers", "containers" }.SelectMany(l => pod.Objects("spec", l)).Select(c => c.Text("name")).ToHashSet();
        foreach (var (i, container) in pod.Objects("spec", "ephemeralContainers").Index())
        {
            if (others.Contains(container.Text("name"))) errors.Duplicate(path.Index(i).Child("name"), container.Text("name"));
        }
        foreach (var present in old.Objects("spec", "ephemeralContainers"))
        {
            var name = GoText.Quote(present.Text("name") ?? "");
            if (pod.Objects("spec", "ephemeralContainers").FirstOrDefault(c => c.Text("name") == present.Text("name")) is not { } kept)
            {
                errors.Forbidden(path, $"existing ephemeral containers {name} may not be removed\n");
            }
            else if (!JsonNode.DeepEquals(InternalForm.Convert("EphemeralContainer", kept), InternalForm.Convert("EphemeralContainer", present)))
            {
                errors.Forbidden(path, $"existing ephemeral containers {name} may not be changed\n{SpecDifference.Of("EphemeralContainer", present, kept)}");
            }
        }
    }

    private static void Copy(JsonObject o, JsonObject from, string field)
    {
        if (from[field] is { } value) o[field] = value.DeepClone();
        else o.Remove(field);
    }

    private static bool SameNames(JsonObject a, JsonObject b, string list) =>
        a.Objects(list).Count() == b.Objects(list).Count() && (list == "initContainers" || a.Objects(list).Select(c => c.Text("name")).SequenceEqual(b.Objects(list).Select(c => c.Text("name"))));

    private static void Deadline(JsonObject spec, JsonObject before, FieldErrors errors)
    {
        var path = SpecPath.Child("activeDeadlineSeconds");
        var (now, was) = (spec.Integer("activeDeadlineSeconds"), before.Integer("activeDeadlineSeconds"));
        if (was is null) return;
        if (now is null) errors.Invalid(path, null, "must not update from a positive integer to nil value");
        else if (now > was) errors.Invalid(path, now, "must be less than or equal to previous value");
    }

    private static void Tolerations(JsonObject spec, JsonObject before, FieldErrors errors)
    {
        foreach (var toleration in before.Objects("tolerations"))
        {
            if (spec.Objects("tolerations").Any(t => Same(t, toleration))) continue;
            errors.Forbidden(SpecPath.Child("tolerations"), "existing toleration can not be modified except its tolerationSeconds");
            return;
        }
    }

    private static bool Same(JsonObject a, JsonObject b) => new[] { "key", "operator", "value", "effect" }.All(f => (a.Text(f) ?? "") == (b.Text(f) ?? ""));

    private static void Gates(JsonObject spec, JsonObject before, FieldErrors errors)
    {
        var had = before.Objects("schedulingGates").Select(g => g.Text("name")).ToHashSet();
        foreach (var gate in spec.Objects("schedulingGates"))
        {
            if (!had.Contains(gate.Text("name"))) errors.Forbidden(SpecPath.Child("schedulingGates"), "only deletion is allowed, but found new scheduling gate '" + gate.Text("name") + "'");
        }
    }
}
