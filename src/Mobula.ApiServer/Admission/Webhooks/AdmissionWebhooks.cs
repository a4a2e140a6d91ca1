using System.Text.Json.Nodes;
using Mobula.Audit;
using Mobula.ApiServer.Kinds;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Rest;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Admission.Webhooks;

/// <summary>Calls the webhooks of MutatingWebhookConfigurations, one after another, and of ValidatingWebhookConfigurations, all at once.</summary>
internal sealed class AdmissionWebhooks(ObjectStore store, ResourceRegistry registry, TimeProvider time) : IDisposable
{
    private const string MutationKey = "mutation.webhook.admission.k8s.io/";
    private const string PatchKey = "patch.webhook.admission.k8s.io/";

    private readonly WebhookRegistry _mutating = new(store, "mutatingwebhookconfigurations.admissionregistration.k8s.io");
    private readonly WebhookRegistry _validating = new(store, "validatingwebhookconfigurations.admissionregistration.k8s.io");
    private readonly WebhookMatcher _matcher = new(store, registry);
    private readonly WebhookCaller _caller = new(store, time);

    /// <summary>The first round of those that change; whether a second is wanted, and by whom.</summary>
    /// <returns>Null when no webhook changed the object; else those to call again, because another changed it after them.</returns>
    public async ValueTask<IReadOnlyList<RegisteredWebhook>?> MutateAsync(AdmissionReview review)
    {
        List<RegisteredWebhook> called = [];
        List<RegisteredWebhook>? again = null;
        foreach (var hook in Concerned(_mutating, review))
        {
            if (await MutateAsync(review, hook, 0).ConfigureAwait(false) is not { } changed) continue;
            if (changed) again = [.. called];
            if (hook.IsReinvocable) called.Add(hook);
        }
        return again;
    }

    /// <summary>The second round.</summary>
    public async ValueTask MutateAgainAsync(AdmissionReview review, IReadOnlyList<RegisteredWebhook> hooks)
    {
        foreach (var hook in hooks) await MutateAsync(review, hook, 1).ConfigureAwait(false);
    }

    /// <summary>Those that only look.</summary>
    public async ValueTask ValidateAsync(AdmissionReview review)
    {
        var wanted = Concerned(_validating, review).Select(hook => (Hook: hook, SentAs: _matcher.Match(hook, review))).Where(w => w.SentAs is not null).ToList();
        if (wanted.Count == 0) return;
        // Asked at once, heard in order: what a client is told does not depend on who is quicker.
        var answers = wanted.Select(w => AskAsync(review, w.Hook, w.SentAs!)).ToList();
        StatusException? denial = null;
        foreach (var ((hook, _), answer) in wanted.Zip(answers))
        {
            try
            {
                var response = await answer.ConfigureAwait(false);
                Tell(review, hook, response);
                if (!response.IsAllowed) denial ??= response.Denial(hook.Name);
            }
            catch (WebhookCallException e) when (hook.FailsClosed)
            {
                denial ??= Failure(hook, e);
            }
            catch (WebhookCallException)
            {
                review.Request.Annotate($"failed-open.validation.webhook.admission.k8s.io/round_0_index_{hook.Index}", hook.Name);
            }
        }
        if (denial is not null) throw denial;
    }

    /// <summary>Both kinds, for what has no object of the resource's own kind: a binding, an eviction, a token request, a connection.</summary>
    public async ValueTask ReviewAsync(ApiRequest request, ResourceDefinition definition, AdmissionOperation operation, GroupVersionKind kind, JsonObject body, bool isDryRun)
    {
        if (_mutating.All().Count == 0 && _validating.All().Count == 0) return;
        var context = new WriteContext(request.User, time.GetUtcNow(), store, isDryRun);
        var review = new AdmissionReview(request, operation, definition, request.Info.Subresource, request.Info.Namespace, request.Info.Name, body, null, context) { Kind = kind };
        if (await MutateAsync(review).ConfigureAwait(false) is { Count: > 0 } again) await MutateAgainAsync(review, again).ConfigureAwait(false);
        await ValidateAsync(review).ConfigureAwait(false);
    }

    public void Dispose() => _caller.Dispose();

    private static IEnumerable<RegisteredWebhook> Concerned(WebhookRegistry webhooks, AdmissionReview review) =>
        // These are reviewed with the body that was sent, not with what it makes of the object.
        review is { Kind: null, Subresource: "binding" or "scale" } ? [] : webhooks.All();

    /// <summary>Whether the webhook changed the object; null when it was not called.</summary>
    private async ValueTask<bool?> MutateAsync(AdmissionReview review, RegisteredWebhook hook, int round)
    {
        if (_matcher.Match(hook, review) is not { } sentAs) return null;
        var place = $"round_{round}_index_{hook.Index}";
        var changed = false;
        try
        {
            var response = await AskAsync(review, hook, sentAs).ConfigureAwait(false);
            Tell(review, hook, response);
            if (!response.IsAllowed) throw response.Denial(hook.Name);
            if (response.Patch is { Count: > 0 } patch && review.Object is not null)
            {
                changed = WebhookPatch.Apply(review, sentAs, patch);
                if (review.Request.Demand >= AuditLevel.Request)
                {
                    review.Request.Annotate(PatchKey + place, GoText.OrderedJson(new JsonObject { ["configuration"] = hook.Configuration, ["webhook"] = hook.Name, ["patch"] = patch.DeepClone(), ["patchType"] = "JSONPatch" }));
                }
            }
        }
        catch (WebhookCallException e) when (hook.FailsClosed)
        {
            throw Failure(hook, e);
        }
        catch (WebhookCallException)
        {
            review.Request.Annotate($"failed-open.{MutationKey}{place}", hook.Name);
        }
        finally
        {
            review.Request.Annotate(MutationKey + place, GoText.OrderedJson(new JsonObject { ["configuration"] = hook.Configuration, ["webhook"] = hook.Name, ["mutated"] = changed }));
        }
        return changed;
    }

    private Task<ReviewResponse> AskAsync(AdmissionReview review, RegisteredWebhook hook, ResourceDefinition sentAs) =>
        _caller.CallAsync(hook, ReviewRequest.Make(review, sentAs, Guid.NewGuid().ToString()), review.Request.Aborted);

    private static void Tell(AdmissionReview review, RegisteredWebhook hook, ReviewResponse response)
    {
        foreach (var (key, value) in response.AuditAnnotations) review.Request.Annotate($"{hook.Name}/{key}", value);
        foreach (var warning in response.Warnings) review.Request.Warn(warning);
    }

    private static StatusException Failure(RegisteredWebhook hook, WebhookCallException e) => StatusException.InternalError($"failed calling webhook {GoText.Quote(hook.Name)}: {e.Message}");
}
