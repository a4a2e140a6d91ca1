using System.Text.Json.Nodes;
using Mobula.ApiServer.Admission;
using Mobula.ApiServer.Admission.Webhooks;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Rest;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Subresources;

/// <summary>POST of <c>pods/binding</c> and of <c>bindings</c>: gives a pod to a node.</summary>
internal sealed class PodBinding(ResourceRegistry registry, ObjectWriter writer, AdmissionWebhooks webhooks, TimeProvider time, int maxBody)
{
    private static readonly GroupVersionResource Pods = new("", "v1", "pods");
    private static readonly GroupVersionResource Bindings = new("", "v1", "pods/binding");

    public async Task<Answer> CreateAsync(ApiRequest request, ResourceDefinition definition, string verb)
    {
        _ = (definition, verb);
        return await BindAsync(request, request.Info.Name, await RequestBody.ReadAsync(request, maxBody).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>The same over the collection <c>bindings</c>, where the body names the pod.</summary>
    public Task<Answer> CreateAsync(ApiRequest request, ResourceDefinition definition, byte[] body)
    {
        _ = definition;
        return BindAsync(request, null, body);
    }

    private async Task<Answer> BindAsync(ApiRequest request, string? name, byte[] body)
    {
        var options = WriteOptions.Read(request, "CreateOptions");
        var pods = registry.Find(Pods)!;
        var binding = BodyDecoder.Decode(request, pods, new("", "v1", "Binding"), body, options.FieldValidation);
        request.AuditRequestObject(binding);
        name ??= binding.Name;
        if (binding.Name.Length > 0 && binding.Name != name) throw StatusException.BadRequest("name in URL does not match name in Binding object");
        var target = binding.Text("target", "name") ?? "";
        var errors = new List<FieldError>();
        if (binding.Text("target", "kind") is not (null or "" or "Node")) errors.Add(FieldError.NotSupported(FieldPath.Of("target", "kind"), binding.Text("target", "kind"), ["Node", "<empty>"]));
        if (target.Length == 0) errors.Add(FieldError.Required(FieldPath.Of("target", "name")));
        if (errors.Count > 0) throw StatusException.Unclassified(StatusErrors.Join(errors));
        binding.Metadata["name"] = name;
        binding.Metadata["namespace"] = request.Info.Namespace;
        await webhooks.ReviewAsync(request, pods, AdmissionOperation.Create, new("", "v1", "Binding"), binding, options.IsDryRun).ConfigureAwait(false);
        target = binding.Text("target", "name") ?? "";
        var change = new ObjectChange(pods, "binding", options)
        {
            Name = name,
            Make = pod =>
            {
                ArgumentNullException.ThrowIfNull(pod);
                if (pod.IsTerminating) throw StatusException.Conflict(Bindings, name, $"pod {name} is being deleted, cannot be assigned to a host");
                if (pod.Text("spec", "nodeName") is { Length: > 0 } present) throw StatusException.Conflict(Bindings, name, $"pod {name} is already assigned to node {GoText.Quote(present)}");
                if (binding.Uid.Length > 0 && binding.Uid != pod.Uid) throw StatusException.Conflict(Bindings, name, $"Precondition failed: UID in precondition: {binding.Uid}, UID in object meta: {pod.Uid}");
                if (pod.Objects("spec", "schedulingGates").Any()) throw StatusException.Conflict(Bindings, name, $"pod {name} has non-empty .spec.schedulingGates");
                pod.Ensure("spec")["nodeName"] = target;
                foreach (var (key, value) in binding.TextMap("metadata", "annotations")) pod.Ensure("metadata", "annotations")[key] = value;
                foreach (var (key, value) in binding.TextMap("metadata", "labels")) pod.Ensure("metadata", "labels")[key] = value;
                SetScheduled(pod);
                return pod;
            },
            Track = (_, _) => { },
        };
        await writer.ChangeAsync(request, change).ConfigureAwait(false);
        return SuccessAnswer.Created();
    }

    private void SetScheduled(JsonObject pod)
    {
        var conditions = pod.List("status", "conditions") ?? [];
        var present = conditions.OfType<JsonObject>().FirstOrDefault(c => c.Text("type") == "PodScheduled");
        if (present?.Text("status") == "True") return;
        if (present is not null) conditions.Remove(present);
        conditions.Add((JsonNode)new JsonObject
        {
            ["type"] = "PodScheduled",
            ["status"] = "True",
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = KubernetesTime.Format(time.GetUtcNow()),
        });
        if (conditions.Parent is null) pod.Ensure("status")["conditions"] = conditions;
    }
}

/// <summary>The Status of a success that has no object to show.</summary>
internal static class SuccessAnswer
{
    public static ObjectAnswer Created() => new(201, new JsonObject
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Success",
        ["code"] = 201,
    });
}
