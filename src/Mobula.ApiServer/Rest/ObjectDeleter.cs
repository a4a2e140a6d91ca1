using System.Text.Json.Nodes;
using Mobula.ApiServer.Admission;
using Mobula.ApiServer.Kinds;
using Mobula.ApiServer.CustomResources;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Storage;
using Mobula.Audit;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Rest;

/// <summary>Deletes objects: at once, or by marking them until grace and finalizers are over.</summary>
internal sealed class ObjectDeleter(ObjectStore store, AdmissionChain admission, ObjectReader reader, TimeProvider time)
{
    private const string Orphan = "orphan";
    private const string Foreground = "foregroundDeletion";

    public async Task<Answer> DeleteAsync(ApiRequest request, ResourceDefinition definition, byte[] body)
    {
        var accept = request.Http.Request.Headers.Accept.ToString();
        if (!definition.IsCustom) Negotiation.Route(accept);
        var form = Negotiation.Choose(accept, canTransform: true, protobuf: !definition.IsCustom);
        var options = DeleteOptions.Read(request, body);
        if (options.Sent is { } sent) request.AuditPatch(sent);
        var key = new ObjectKey(definition.Collection, definition.Info.Namespaced ? request.Info.Namespace : "", request.Info.Name);
        var stored = store.Get(key) ?? throw StatusException.NotFound(definition.Resource, request.Info.Name);
        if (definition.Strategy.DeletionWarning(options.HasPropagation) is { } warning) request.Warn(warning);
        var (last, gone) = await DeleteAsync(request, definition, stored, options).ConfigureAwait(false);
        if (!gone || definition.Strategy.ReturnsDeletedObject) return ObjectAnswers.Answer(request, definition, form with { As = null }, 200, last, time.GetUtcNow());
        var details = new JsonObject { ["name"] = request.Info.Name };
        if (definition.Resource.Group.Length > 0) details["group"] = definition.Resource.Group;
        details["kind"] = definition.Resource.Resource;
        details["uid"] = KubernetesJson.ParseObject(last).Uid;
        return new ObjectAnswer(200, new JsonObject
        {
            ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success", ["details"] = details,
        });
    }

    public async Task<Answer> DeleteCollectionAsync(ApiRequest request, ResourceDefinition definition, byte[] body)
    {
        var accept = request.Http.Request.Headers.Accept.ToString();
        if (!definition.IsCustom) Negotiation.Route(accept);
        var form = Negotiation.Choose(accept, canTransform: false, protobuf: !definition.IsCustom);
        var listOptions = ListOptions.Read(request.Query, watch: false);
        var options = DeleteOptions.Read(request, body);
        if (options.Sent is { } sent) request.AuditPatch(sent);
        var page = reader.Page(definition, listOptions with { Limit = 0 }, new(definition, request.Info.Namespace, null, listOptions));
        foreach (var stored in page.Objects)
        {
            try
            {
                await DeleteAsync(request, definition, stored, options).ConfigureAwait(false);
            }
            catch (StatusException e) when (e.IsNotFound)
            {
                // Gone already.
            }
        }
        if (request is { Demand: AuditLevel.RequestResponse, Audit: { } audit }) audit.ResponseObject = JsonNode.Parse(reader.ToJson(definition, page).Span);
        return new StreamAnswer(200, _ => AnswerWriter.WriteAsync(request, 200, reader.ToJson(definition, page), form.MediaType));
    }

    /// <summary>Deletes or marks one object.</summary>
    /// <param name="request">The request.</param>
    /// <param name="definition">The resource.</param>
    /// <param name="stored">The object.</param>
    /// <param name="options">How.</param>
    /// <param name="admit">Whether admission is asked; not where it was asked of the request behind the deletion.</param>
    /// <returns>Its last state, and whether it is gone.</returns>
    public async Task<(byte[] Last, bool Gone)> DeleteAsync(ApiRequest request, ResourceDefinition definition, StoredObject stored, DeleteOptions options, bool admit = true)
    {
        while (true)
        {
            var old = stored.Parse();
            var context = new WriteContext(request.User, time.GetUtcNow(), store, options.IsDryRun);
            var plan = DeletionPlan.Make(old, definition, options, context.Now);
            // An object that goes at once is shown as it is about to go.
            var shown = plan is { Marked: { } about, Remove: true } ? about : old;
            var review = new AdmissionReview(request, AdmissionOperation.Delete, definition, "", stored.Key.Namespace, stored.Key.Name, null, shown, context) { Options = options.ToJson() };
            if (admit)
            {
                await admission.MutateAsync(review).ConfigureAwait(false);
                await admission.ValidateAsync(review).ConfigureAwait(false);
            }
            try
            {
                if (plan.Marked is null && !plan.Remove) return (stored.Utf8, false);
                var last = stored.Utf8;
                if (plan.Marked is { } marked)
                {
                    if (options.IsDryRun) return (StoredForm.Write(marked, definition.StoredKind, old.ResourceVersion), plan.Remove);
                    stored = await store.CommitAsync(new(stored.Key, stored.Revision, StoredForm.Write(marked, definition.StoredKind), false)).ConfigureAwait(false);
                    last = stored.Utf8;
                    definition.Strategy.Committed(marked, old);
                    old = marked;
                }
                if (!plan.Remove) return (last, false);
                if (options.IsDryRun) return (last, true);
                var removed = await store.CommitAsync(new(stored.Key, stored.Revision, StoredForm.Write(old, definition.StoredKind), true)).ConfigureAwait(false);
                definition.Strategy.Committed(null, old);
                return (removed.Utf8, true);
            }
            catch (WriteConflictException e)
            {
                stored = e.Current ?? throw StatusException.NotFound(definition.Resource, stored.Key.Name);
            }
        }
    }

    /// <summary>What a deletion does: nothing more, mark, remove, or both in turn.</summary>
    private readonly record struct DeletionPlan(JsonObject? Marked, bool Remove)
    {
        public static DeletionPlan Make(JsonObject old, ResourceDefinition definition, DeleteOptions options, DateTimeOffset now)
        {
            options.CheckPreconditions(old);
            var marked = old.Clone();
            var grace = definition.Strategy.GracePeriodSeconds(old, options.GracePeriodSeconds);
            if (grace is { } period)
            {
                if (old.IsTerminating)
                {
                    // Only a shorter time may be asked for.
                    var pending = old.Integer("metadata", "deletionGracePeriodSeconds") ?? 0;
                    if (options.GracePeriodSeconds is null || (period >= pending && pending > 0)) return new(null, false);
                    if (pending == 0) return new(null, !old.Texts("metadata", "finalizers").Any());
                    Mark(marked, KubernetesTime.Parse(old.Text("metadata", "deletionTimestamp"))!.Value.AddSeconds(period - pending), period);
                }
                else
                {
                    Mark(marked, now.AddSeconds(period), period);
                    if (old.Generation > 0) marked.Metadata["generation"] = old.Generation + 1;
                }
                SetFinalizers(marked, definition, options);
                return new(marked, period == 0 && !marked.Texts("metadata", "finalizers").Any());
            }
            if (definition.Resource.QualifiedName == CustomResourceDefinitions.Collection && !old.IsTerminating)
            {
                CustomResourceDefinitions.MarkDeleted(marked, now);
                return new(marked, false);
            }
            SetFinalizers(marked, definition, options);
            if (definition.Resource.QualifiedName == "namespaces") return Namespace(old, marked, now);
            if (!marked.Texts("metadata", "finalizers").Any()) return new(null, true);
            if (!old.IsTerminating)
            {
                Mark(marked, now, 0);
                if (old.Generation > 0) marked.Metadata["generation"] = old.Generation + 1;
            }
            return new(JsonNode.DeepEquals(marked, old) ? null : marked, false);
        }

        /// <summary>A namespace is first marked; it goes when the finalizers of its spec are gone.</summary>
        private static DeletionPlan Namespace(JsonObject old, JsonObject marked, DateTimeOffset now)
        {
            if (!old.IsTerminating)
            {
                marked.Metadata["deletionTimestamp"] = KubernetesTime.Format(now);
                marked.Ensure("status")["phase"] = "Terminating";
                return new(marked, false);
            }
            var held = old.Texts("spec", "finalizers").Any() || marked.Texts("metadata", "finalizers").Any();
            return held ? new(JsonNode.DeepEquals(marked, old) ? null : marked, false) : new(null, true);
        }

        private static void Mark(JsonObject o, DateTimeOffset end, long seconds)
        {
            o.Metadata["deletionTimestamp"] = KubernetesTime.Format(end);
            o.Metadata["deletionGracePeriodSeconds"] = seconds;
        }

        private static void SetFinalizers(JsonObject o, ResourceDefinition definition, DeleteOptions options)
        {
            var present = o.Texts("metadata", "finalizers").ToList();
            var policy = options.Propagation
                ?? (present.Contains(Orphan) ? "Orphan" : present.Contains(Foreground) ? "Foreground"
                    : definition.Strategy.DefaultPropagation(new(definition.Resource.Group, definition.Resource.Version)));
            var wanted = present.Where(f => f is not (Orphan or Foreground)).ToList();
            if (policy == "Orphan") wanted.Add(Orphan);
            if (policy == "Foreground") wanted.Add(Foreground);
            if (wanted.SequenceEqual(present)) return;
            if (wanted.Count == 0) o.Metadata.Remove("finalizers");
            else o.Metadata["finalizers"] = new JsonArray([.. wanted.Select(f => JsonValue.Create(f))]);
        }
    }
}
