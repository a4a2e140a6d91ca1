using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.PodSecurity.Expansion;

/// <summary>Tells which pods a resource will make, and where in it each pod's spec comes from.</summary>
/// <param name="rayOperator">Which operator the Ray resources are for.</param>
/// <param name="otherTemplates">The pod templates of other custom resources.</param>
public sealed class PodExpansion(RayOperatorKind rayOperator = RayOperatorKind.Mobula, PodTemplatePaths? otherTemplates = null)
{
    private readonly RayExpansion _ray = new(rayOperator);

    /// <summary>Whether a custom resource of this group and plural name makes pods as far as this program knows.</summary>
    public bool Knows(string group, string resource) => group == "ray.io" && resource is "rayclusters" or "rayjobs" or "rayservices" or "raycronjobs";

    /// <summary>Whether objects of this type make pods as far as this program knows.</summary>
    public bool Knows(GroupVersionKind type) =>
        TemplateOf(type) is not null || otherTemplates?.Of(type).Count > 0 || (type.Group == "ray.io" && type.Kind is "RayCluster" or "RayJob" or "RayService" or "RayCronJob");

    /// <summary>The pods an object will make; none for a type that is not known, or an object without a template.</summary>
    public IReadOnlyList<ExpandedPod> Expand(JsonObject resource)
    {
        var type = resource.GroupVersionKind;
        if (TemplateOf(type) is { } path)
        {
            if (path.In(resource) is not JsonObject template) return [];
            var pod = template.Clone();
            DefaultVolumes(pod);
            return [new(type.Kind == "Pod" ? "pod" : $"pod of {type.Kind}", pod, path, [])];
        }
        if (type.Group == "ray.io" && _ray.Expand(resource) is { Count: > 0 } pods) return pods;
        return otherTemplates is null ? [] : [.. otherTemplates.Of(type).SelectMany(p => p.Matches(resource)).SelectMany(p => Other(resource, type, p))];
    }

    // A path may lead to the template or to its spec.
    private static IEnumerable<ExpandedPod> Other(JsonObject resource, GroupVersionKind type, FieldPath path)
    {
        if (path.In(resource) is JsonObject spec && spec["containers"] is JsonArray && spec["spec"] is null && path is { Steps: [.., "spec"], Parent: { } parent }) path = parent;
        if (path.In(resource) is not JsonObject template || template["spec"] is not JsonObject) yield break;
        var pod = template.Clone();
        DefaultVolumes(pod);
        yield return new($"pod of {type.Kind} at {path}", pod, path, []);
    }

    private static FieldPath? TemplateOf(GroupVersionKind type) => (type.Group, type.Kind) switch
    {
        ("", "Pod") => FieldPath.Root,
        ("", "PodTemplate") => FieldPath.Root.Then("template"),
        ("", "ReplicationController") or ("apps", "Deployment" or "ReplicaSet" or "StatefulSet" or "DaemonSet") or ("batch", "Job") =>
            FieldPath.Root.Then("spec", "template"),
        ("batch", "CronJob") => FieldPath.Root.Then("spec", "jobTemplate", "spec", "template"),
        _ => null,
    };

    // The API server makes a volume without a source an emptyDir before anything judges it.
    internal static void DefaultVolumes(JsonObject pod)
    {
        foreach (var volume in pod.Objects("spec", "volumes"))
        {
            if (volume.All(m => m.Key == "name" || m.Value is null)) volume["emptyDir"] = new JsonObject();
        }
    }
}
