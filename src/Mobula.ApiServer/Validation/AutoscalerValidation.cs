using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>HorizontalPodAutoscalers, in their version 2.</summary>
internal static class AutoscalerValidation
{
    private const int DefaultUtilization = 80;

    private static readonly FieldPath SpecPath = FieldPath.Of("spec");
    private static readonly string[] SourceTypes = ["ContainerResource", "External", "Object", "Pods", "Resource"];

    public static void Check(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        var (least, most) = (spec.Integer("minReplicas"), spec.Integer("maxReplicas") ?? 0);
        if (least is < 1 and var low) errors.Invalid(SpecPath.Child("minReplicas"), low, "must be greater than or equal to 1");
        if (least is { } minimum && most < minimum) errors.Invalid(SpecPath.Child("maxReplicas"), most, "must be greater than or equal to `minReplicas`");
        Target(spec.Object("scaleTargetRef") ?? [], SpecPath.Child("scaleTargetRef"), errors);
        foreach (var (i, metric) in spec.Objects("metrics").Index()) Metric(metric, SpecPath.Child("metrics").Index(i), errors);
        if (most == 0) errors.Required(SpecPath.Child("maxReplicas"));
        else if (most < 1) errors.Invalid(SpecPath.Child("maxReplicas"), most, "must be greater than or equal to 1");
    }

    public static void Defaults(JsonObject o)
    {
        var spec = o.Ensure("spec");
        spec["minReplicas"] ??= 1;
        if (spec.List("metrics") is not { Count: > 0 })
        {
            spec["metrics"] = new JsonArray(new JsonObject
            {
                ["type"] = "Resource",
                ["resource"] = new JsonObject { ["name"] = "cpu", ["target"] = new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = DefaultUtilization } },
            });
        }
        if (spec.Object("behavior") is { } behavior) Behavior(behavior);
    }

    private static void Behavior(JsonObject behavior)
    {
        var up = behavior.Ensure("scaleUp");
        up["stabilizationWindowSeconds"] ??= 0;
        up["selectPolicy"] ??= "Max";
        up["policies"] ??= new JsonArray(
            new JsonObject { ["type"] = "Pods", ["value"] = 4, ["periodSeconds"] = 15 },
            new JsonObject { ["type"] = "Percent", ["value"] = 100, ["periodSeconds"] = 15 });
        var down = behavior.Ensure("scaleDown");
        down["selectPolicy"] ??= "Max";
        down["policies"] ??= new JsonArray(new JsonObject { ["type"] = "Percent", ["value"] = 100, ["periodSeconds"] = 15 });
    }

    private static void Target(JsonObject target, FieldPath path, FieldErrors errors)
    {
        foreach (var field in new[] { "kind", "name" })
        {
            if (errors.RequiredText(target, path, field)) errors.Invalid(path.Child(field), target.Text(field), NameValidation.IsPathSegmentName(target.Text(field)!));
        }
        var version = target.Text("apiVersion") ?? "";
        var isCore = target.Text("kind") == "ReplicationController" && version == "v1";
        if (!version.Contains('/', StringComparison.Ordinal) && !isCore) errors.Invalid(path.Child("apiVersion"), version, "apiVersion must specify API group");
    }

    private static void Metric(JsonObject metric, FieldPath path, FieldErrors errors)
    {
        var type = metric.Text("type") ?? "";
        if (type.Length == 0)
        {
            errors.Required(path.Child("type"), "must specify a metric source type");
        }
        else if (!SourceTypes.Contains(type))
        {
            errors.NotSupported(path.Child("type"), type, SourceTypes);
        }
        foreach (var kind in new[] { "object", "external", "pods", "resource", "containerResource" })
        {
            if (metric.Object(kind) is { } source) Source(source, kind, path.Child(kind), errors);
        }
        if (!SourceTypes.Contains(type)) return;
        var expected = char.ToLowerInvariant(type[0]) + type[1..];
        if (metric.Object(expected) is null) errors.Required(path.Child(expected), $"must populate information for the given metric source");
    }

    private static void Source(JsonObject source, string kind, FieldPath path, FieldErrors errors)
    {
        if (kind == "containerResource") errors.RequiredText(source, path, "container", "must specify a container");
        if (kind is "resource" or "containerResource")
        {
            errors.RequiredText(source, path, "name", "must specify a resource name");
        }
        else
        {
            errors.RequiredText(source.Object("metric") ?? [], path.Child("metric"), "name", "must specify a metric name");
        }
        var target = source.Object("target") ?? [];
        var at = path.Child("target");
        var type = target.Text("type") ?? "";
        if (type.Length == 0) errors.Required(at.Child("type"), "must specify a metric target type");
        if (type is not ("Utilization" or "Value" or "AverageValue")) errors.Invalid(at.Child("type"), type, "must be either Utilization, Value, or AverageValue");
        if (target["value"] is { } value && ResourceValidation.Read(value).Sign <= 0) errors.Invalid(at.Child("value"), value, "must be positive");
        if (target["averageValue"] is { } average && ResourceValidation.Read(average).Sign <= 0) errors.Invalid(at.Child("averageValue"), average, "must be positive");
        if (target.Integer("averageUtilization") is < 1 and var utilization) errors.Invalid(at.Child("averageUtilization"), utilization, "must be greater than 0");
        if (kind == "external" && target["value"] is null && target["averageValue"] is null) errors.Required(at.Child("averageValue"), "must set either a target value for metric or a per-pod target");
        if (kind == "pods" && (target["averageValue"] is null || ResourceValidation.Read(target["averageValue"]).Sign < 1)) errors.Required(at.Child("averageValue"), "must specify a positive target averageValue");
        if (kind is "resource" or "containerResource" && target["averageUtilization"] is null && target["averageValue"] is null) errors.Required(at.Child("averageUtilization"), "must set either a target raw value or a target utilization");
    }
}
