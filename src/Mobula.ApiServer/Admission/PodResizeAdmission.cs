using System.Text.Json.Nodes;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Quotas;

namespace Mobula.ApiServer.Admission;

/// <summary>Refuses a resize of a pod beyond all that its node has; one that only does not fit beside others is left to the node.</summary>
internal sealed class PodResizeAdmission(ObjectStore store) : AdmissionPlugin
{
    public override string Name => "PodResize";

    public override ValueTask ValidateAsync(AdmissionReview review)
    {
        if (review is not { Subresource: "resize", Object: { } pod } || review.Definition.Resource.QualifiedName != "pods") return default;
        if (pod.Text("spec", "nodeName") is not { Length: > 0 } name || store.Get(new("nodes", "", name)) is not { } stored) return default;
        var allocatable = stored.Parse().Object("status", "allocatable");
        var requests = PodUsage.Requests(pod);
        foreach (var (resource, wanted, has) in (IEnumerable<(string, long, long?)>)[
            ("cpu", requests.GetValueOrDefault("cpu").MilliValue, Amount(allocatable, "cpu")?.MilliValue),
            ("memory", requests.GetValueOrDefault("memory").Value, Amount(allocatable, "memory")?.Value)])
        {
            if (has is not { } most || wanted <= most) continue;
            throw StatusException.Forbidden(
                review.Definition.Resource, review.Name, $"node didn't have enough allocatable resources: {resource}, requested: {wanted}, allocatable: {most}");
        }
        return default;
    }

    private static Quantity? Amount(JsonObject? amounts, string resource) => Quantity.TryParse(amounts?.Text(resource), out var amount) ? amount : null;
}
