using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Workloads;

/// <summary>Makes pods of a template.</summary>
internal static class PodTemplate
{
    private const int LongestName = 253;

    /// <summary>A pod of a controller's <c>spec.template</c>, with a generated name.</summary>
    public static JsonObject Instantiate(JsonObject controller)
    {
        var template = controller.Object("spec", "template")?.Clone() ?? [];
        var metadata = new JsonObject { ["generateName"] = Prefix(controller.Name), ["namespace"] = controller.Namespace };
        if (template.Object("metadata", "labels") is { } labels) metadata["labels"] = labels.Clone();
        if (template.Object("metadata", "annotations") is { } annotations) metadata["annotations"] = annotations.Clone();
        if (template.List("metadata", "finalizers") is { } finalizers) metadata["finalizers"] = finalizers.DeepClone();
        metadata["ownerReferences"] = new JsonArray(Claims.Reference(controller));
        return new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = metadata,
            ["spec"] = (template.Object("spec") ?? []).Clone(),
        };
    }

    /// <summary>The prefix of the generated names of a controller's pods; the bare name where a dash makes it too long.</summary>
    public static string Prefix(string controller) => controller.Length + 1 <= LongestName ? controller + "-" : controller;
}
