using System.Text.Json.Nodes;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Admission;

/// <summary>RuntimeClass: the class must be there, and gives its pods an overhead and where they may run.</summary>
internal sealed class RuntimeClassAdmission(ObjectStore store) : AdmissionPlugin
{
    public override string Name => "RuntimeClass";

    public override ValueTask MutateAsync(AdmissionReview review)
    {
        if (review.Is("pods") && review is { Operation: AdmissionOperation.Create, Object: { } pod } && pod.Text("spec", "runtimeClassName") is { } name) Mutate(review, pod, name);
        else if (review.Is("pods") && review is { Operation: AdmissionOperation.Create, Object: { } other } && other.Object("spec", "overhead") is { Count: > 0 })
        {
            throw Refused(review, other, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
        }
        return default;
    }

    private void Mutate(AdmissionReview review, JsonObject pod, string name)
    {
        if (name.Length == 0) throw StatusException.Unclassified("resource name may not be empty");
        if (store.Get(new("runtimeclasses.node.k8s.io", "", name))?.Parse() is not { } found)
        {
            throw Refused(review, pod, $"pod rejected: RuntimeClass {GoText.Quote(name)} not found");
        }
        var spec = pod.Ensure("spec");
        if (found.Object("overhead", "podFixed") is { } overhead)
        {
            if (spec.Object("overhead") is { Count: > 0 } own && !JsonNode.DeepEquals(own, overhead)) throw Refused(review, pod, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
            spec["overhead"] = overhead.DeepClone();
        }
        foreach (var (key, value) in found.Object("scheduling", "nodeSelector") ?? [])
        {
            if (spec.Text("nodeSelector", key) is { } present && present != value?.ToString()) throw Refused(review, pod, $"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {present}");
            spec.Ensure("nodeSelector")[key] = value?.DeepClone();
        }
        foreach (var toleration in found.Objects("scheduling", "tolerations"))
        {
            if (spec.Objects("tolerations").Any(t => JsonNode.DeepEquals(t, toleration))) continue;
            var tolerations = spec.List("tolerations");
            if (tolerations is null) spec["tolerations"] = tolerations = [];
            tolerations.Add((JsonNode)toleration.Clone());
        }
    }

    private static StatusException Refused(AdmissionReview review, JsonObject pod, string why) =>
        StatusException.Forbidden(review.Definition.Resource, pod.Name.Length > 0 ? pod.Name : "Unknown", why);
}
