using System.Text.Json.Nodes;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.PodSecurity.Admission;
using Pods = Mobula.PodSecurity.Admission;

namespace Mobula.ApiServer.Admission;

/// <summary>Judges pods, and what will make pods, by the Pod Security Standards of their namespace.</summary>
internal sealed class PodSecurityStep(PodSecurityAdmission podSecurity, PodSecurityMetrics metrics, ObjectStore store) : AdmissionPlugin
{
    public override string Name => "PodSecurity";

    public override ValueTask ValidateAsync(AdmissionReview review)
    {
        if (review.Operation is not (AdmissionOperation.Create or AdmissionOperation.Update)) return default;
        var resource = review.Definition.Resource;
        if (!podSecurity.Concerns(resource.Group, resource.Resource)) return default;
        var decision = podSecurity.Decide(new()
        {
            Operation = review.Operation == AdmissionOperation.Create ? Pods.AdmissionOperation.Create : Pods.AdmissionOperation.Update,
            Group = resource.Group,
            Resource = resource.Resource,
            Subresource = review.Subresource,
            Namespace = review.Namespace,
            Name = review.Name,
            UserName = review.Write.User.Name,
            Object = review.Object is null ? default : KubernetesJson.Serialize(review.Object),
            OldObject = review.OldObject is null ? default : KubernetesJson.Serialize(review.OldObject),
            GetNamespace = () => store.Get(new("namespaces", "", review.Namespace))?.Parse() ?? throw StatusException.NotFound(new("", "v1", "namespaces"), review.Namespace),
            ListPods = () => store.List("pods").Objects.Values.Where(p => p.Key.Namespace == review.Name).Select(p => (ReadOnlyMemory<byte>)p.Utf8),
        });
        metrics.Record(decision);
        foreach (var warning in decision.Warnings) review.Request.Warn(warning);
        foreach (var (key, value) in decision.AuditAnnotations) review.Request.Annotate(key.Contains('/', StringComparison.Ordinal) ? key : PodSecurityDecision.AuditAnnotationPrefix + key, value);
        if (decision.Status is { } status) throw new StatusException((JsonObject)status.DeepClone());
        return default;
    }
}
