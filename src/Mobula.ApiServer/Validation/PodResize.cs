using System.Text.Json.Nodes;
using Mobula.ApiServer.Kinds;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Validation;

/// <summary>The subresource <c>resize</c>: the CPU and memory of containers that run.</summary>
internal static class PodResize
{
    private const string MirrorAnnotation = "kubernetes.io/config.mirror";

    private static readonly string[] Lists = ["initContainers", "containers"];
    private static readonly FieldPath SpecPath = FieldPath.Of("spec");

    /// <summary>Takes the containers' resources from what was sent, and everything else from the pod as it is.</summary>
    public static void KeepAllButResources(JsonObject pod, JsonObject old)
    {
        var next = old.Clone();
        foreach (var list in Lists)
        {
            var containers = next.Objects("spec", list).ToDictionary(c => c.Text("name") ?? "");
            foreach (var sent in pod.Objects("spec", list))
            {
                if (!containers.TryGetValue(sent.Text("name") ?? "", out var container)) continue;
                foreach (var field in new[] { "resources", "resizePolicy" })
                {
                    if (sent[field] is { } value) container[field] = value.DeepClone();
                    else container.Remove(field);
                }
            }
        }
        pod["spec"] = next["spec"]?.DeepClone();
        pod["status"] = next["status"]?.DeepClone();
        foreach (var field in new[] { "labels", "annotations" })
        {
            if (next.At("metadata", field) is { } value) pod.Metadata[field] = value.DeepClone();
            else pod.Metadata.Remove(field);
        }
    }

    public static void Check(JsonObject pod, JsonObject old, FieldErrors errors)
    {
        PodValidation.Check(pod, errors);
        if (old.Annotation(MirrorAnnotation) is not null) Refuse(errors, "static pods cannot be resized");
        if (old.Text("spec", "os", "name") == "windows") Refuse(errors, "windows pods cannot be resized");
        var quality = old.Text("status", "qosClass") ?? PodQuality.Of(old);
        if (PodQuality.Of(pod) != quality) errors.Invalid(SpecPath, quality, "Pod QOS Class may not change as a result of resizing");
        if (!NodeResizes(old)) errors.Forbidden(SpecPath, "Pod running on node without support for resize");
        if (errors.Any()) return;
        var (left, right) = (WithoutComputing(pod), WithoutComputing(old));
        if (JsonNode.DeepEquals(InternalForm.Convert("PodSpec", left), InternalForm.Convert("PodSpec", right))) return;
        errors.Forbidden(SpecPath, $"only cpu and memory resources are mutable\n{SpecDifference.Of("PodSpec", right, left)}");
    }

    // The server's own word for no field in particular.
    private static void Refuse(FieldErrors errors, string why) => errors.Add(new(FieldErrorType.FieldValueForbidden, "[]", $"Forbidden: {why}"));

    /// <summary>A node that resizes tells the resources of containers that run.</summary>
    private static bool NodeResizes(JsonObject pod) =>
        pod.Objects("status", "containerStatuses").FirstOrDefault(s => s.Object("state", "running") is not null) is not { } running || running.Object("resources") is not null;

    private static JsonObject WithoutComputing(JsonObject pod)
    {
        var spec = pod.Object("spec")?.Clone() ?? [];
        foreach (var container in Lists.SelectMany(l => spec.Objects(l)))
        {
            container.Remove("resizePolicy");
            foreach (var list in new[] { "requests", "limits" })
            {
                if (container.Object("resources", list) is not { } amounts) continue;
                amounts.Remove("cpu");
                amounts.Remove("memory");
                if (amounts.Count == 0) container.Object("resources")!.Remove(list);
            }
        }
        return spec;
    }
}
