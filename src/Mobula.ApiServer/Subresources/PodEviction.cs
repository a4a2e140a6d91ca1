using System.Text.Json.Nodes;
using Mobula.ApiServer.Admission;
using Mobula.ApiServer.Admission.Webhooks;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Rest;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Selectors;

namespace Mobula.ApiServer.Subresources;

/// <summary>POST of <c>pods/eviction</c>: a deletion that disruption budgets may refuse.</summary>
internal sealed class PodEviction(ObjectStore store, ResourceRegistry registry, ObjectWriter writer, ObjectDeleter deleter, AdmissionWebhooks webhooks, TimeProvider time, int maxBody)
{
    private const string Budgets = "poddisruptionbudgets.policy";

    public async Task<Answer> CreateAsync(ApiRequest request, ResourceDefinition definition, string verb)
    {
        _ = verb;
        var options = WriteOptions.Read(request, "CreateOptions");
        var body = InCurrentVersion(await RequestBody.ReadAsync(request, maxBody).ConfigureAwait(false));
        var eviction = BodyDecoder.Decode(request, definition, definition.Info.Subresource("eviction")!.Kind, body, options.FieldValidation);
        request.AuditRequestObject(eviction);
        if (eviction.Name.Length > 0 && eviction.Name != request.Info.Name) throw StatusException.BadRequest("name in URL does not match name in Eviction object");
        eviction.Metadata["name"] = request.Info.Name;
        eviction.Metadata["namespace"] = request.Info.Namespace;
        await webhooks.ReviewAsync(request, definition, AdmissionOperation.Create, definition.Info.Subresource("eviction")!.Kind, eviction, options.IsDryRun).ConfigureAwait(false);
        var delete = DeleteOptions.Read(eviction.Object("deleteOptions") ?? []);
        if (options.IsDryRun) delete = delete with { IsDryRun = true };
        var stored = store.Get(new("pods", request.Info.Namespace, request.Info.Name)) ?? throw StatusException.NotFound(definition.Resource, request.Info.Name);
        var pod = stored.Parse();
        // A pod that serves nobody may go: it ended, was not started, or is going already.
        if (!(pod.Text("status", "phase") is "Succeeded" or "Failed" or "Pending") && !pod.IsTerminating)
        {
            await SpendBudgetAsync(request, pod, delete.IsDryRun).ConfigureAwait(false);
        }
        if (!delete.IsDryRun) stored = await MarkAsync(request, definition, stored).ConfigureAwait(false);
        await deleter.DeleteAsync(request, definition, stored, delete, admit: false).ConfigureAwait(false);
        return SuccessAnswer.Created();
    }

    /// <summary>Tells in the pod's status why it goes.</summary>
    private async Task<StoredObject> MarkAsync(ApiRequest request, ResourceDefinition definition, StoredObject stored)
    {
        const string type = "DisruptionTarget";
        var change = new ObjectChange(definition, "status", new(false, "kube-apiserver", "Ignore"))
        {
            Name = stored.Key.Name,
            Make = present =>
            {
                ArgumentNullException.ThrowIfNull(present);
                var conditions = present.Objects("status", "conditions").Where(c => c.Text("type") != type).Select(c => c.Clone());
                present.Ensure("status")["conditions"] = new JsonArray([.. conditions, new JsonObject
                {
                    ["type"] = type,
                    ["status"] = "True",
                    ["lastTransitionTime"] = KubernetesTime.Format(time.GetUtcNow()),
                    ["reason"] = "EvictionByEvictionAPI",
                    ["message"] = "Eviction API: evicting",
                }]);
                return present;
            },
        };
        await writer.ChangeAsync(request, change).ConfigureAwait(false);
        return store.Get(stored.Key) ?? throw StatusException.NotFound(definition.Resource, stored.Key.Name);
    }

    /// <summary>An eviction in <c>policy/v1beta1</c>, as kubectl up to 1.21 drains with it, is as good as one in <c>policy/v1</c>: they are the same.</summary>
    private static byte[] InCurrentVersion(byte[] body)
    {
        if (body.AsSpan().IndexOf("policy/v1beta1"u8) < 0 || body[0] != '{') return body;
        try
        {
            var sent = KubernetesJson.ParseObject(body);
            if (sent.ApiVersion != "policy/v1beta1") return body;
            sent["apiVersion"] = "policy/v1";
            return KubernetesJson.Serialize(sent);
        }
        catch (System.Text.Json.JsonException)
        {
            // The decoder has the words for it.
            return body;
        }
    }

    private async Task SpendBudgetAsync(ApiRequest request, JsonObject pod, bool dryRun)
    {
        var budgets = store.List(Budgets).Objects.Values
            .Where(b => b.Key.Namespace == pod.Namespace).Select(b => b.Parse())
            .Where(b => b.Object("spec", "selector") is { } selector && LabelSelector.From(selector).Matches(pod)).ToList();
        if (budgets.Count == 0) return;
        if (budgets.Count > 1) throw StatusException.Unclassified("This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
        var budget = budgets[0];
        Check(budget);
        var definition = registry.Find(new GroupVersionResource("policy", "v1", "poddisruptionbudgets"))!;
        var change = new ObjectChange(definition, "status", new(dryRun, "kube-apiserver", "Ignore"))
        {
            Name = budget.Name,
            Make = present =>
            {
                ArgumentNullException.ThrowIfNull(present);
                Check(present);
                var status = present.Ensure("status");
                status["disruptionsAllowed"] = (status.Integer("disruptionsAllowed") ?? 0) - 1;
                present.Ensure("status", "disruptedPods")[pod.Name] = KubernetesTime.Format(time.GetUtcNow());
                return present;
            },
        };
        await writer.ChangeAsync(request, change).ConfigureAwait(false);
    }

    private static void Check(JsonObject budget)
    {
        if ((budget.Integer("status", "observedGeneration") ?? 0) < budget.Generation)
        {
            throw StatusException.TooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 10);
        }
        if ((budget.Integer("status", "disruptionsAllowed") ?? 0) > 0) return;
        var error = StatusException.TooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.");
        error.Status["details"] = new JsonObject
        {
            ["causes"] = new JsonArray(new JsonObject
            {
                ["reason"] = "DisruptionBudget",
                ["message"] = $"The disruption budget {budget.Name} needs {budget.Integer("status", "desiredHealthy") ?? 0} healthy pods and has {budget.Integer("status", "currentHealthy") ?? 0} currently",
            }),
        };
        throw error;
    }
}
