using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.PodSecurity.Expansion;

/// <summary>Tells which pods a resource will make, and where in it each pod's spec comes from.</summary>
/// <param name="rayOperator">Which operator the Ray resources are for.</param>
/// <param name="otherTemplates">The pod templates of other custom resources, by <c>GROUP/KIND</c>.</param>
public sealed class PodExpansion(RayOperatorKind rayOperator = RayOperatorKind.Mobula, IReadOnlyDictionary<string, FieldPath>? otherTemplates = null)
{
    private readonly RayExpansion _ray = new(rayOperator);

    /// <summary>Whether a custom resource of this group and plural name makes pods as far as this program knows.</summary>
    public bool Knows(string group, string resource) => group == "ray.io" && resource is "rayclusters" or "rayjobs" or "rayservices" or "raycronjobs";

    /// <summary>Whether objects of this type make pods as far as this program knows.</summary>
    public bool Knows(GroupVersionKind type) =>
        TemplateOf(type) is not null || (type.Group == "ray.io" && type.Kind is "RayCluster" or "RayJob" or "RayService" or "RayCronJob");

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
        return type.Group == "ray.io" ? _ray.Expand(resource) : [];
    }

    private FieldPath? TemplateOf(GroupVersionKind type) => (type.Group, type.Kind) switch
    {
        ("", "Pod") => FieldPath.Root,
        ("", "PodTemplate") => FieldPath.Root.Then("template"),
        ("", "ReplicationController") or ("apps", "Deployment" or "ReplicaSet" or "StatefulSet" or "DaemonSet") or ("batch", "Job") =>
            FieldPath.Root.Then("spec", "template"),
        ("batch", "CronJob") => FieldPath.Root.Then("spec", "jobTemplate", "spec", "template"),
        _ => otherTemplates?.GetValueOrDefault($"{type.Group}/{type.Kind}"),
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
