using System.Text.Json.Nodes;
using Mobula.ApiServer.Admission;
using Mobula.ApiServer.Kinds;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Apply;
using Mobula.Kubernetes.Decoding;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Rest;

/// <summary>
/// Creates and changes objects. The steps of a write stand here in their order: decode, managed fields, mutate, prepare,
/// validate, admit (quota, Pod Security, webhooks), commit.
/// </summary>
internal sealed class ObjectWriter(ObjectStore store, AdmissionChain admission, FieldManagers fieldManagers, TimeProvider time)
{
    private const int MaxRetries = 100;

    /// <summary>POST of a new object.</summary>
    public async Task<Answer> CreateAsync(ApiRequest request, ResourceDefinition definition, byte[] body)
    {
        var form = ObjectAnswers.Negotiate(request, definition);
        var options = WriteOptions.Read(request, "CreateOptions");
        var o = BodyDecoder.Decode(request, definition, definition.Kind, body, options.FieldValidation);
        request.AuditRequestObject(o, copy => BodyDecoder.Recorded(definition, copy));
        CheckNamespace(request, definition, o);
        var stored = await CreateAsync(request, definition, o, options, (fresh, stage) => fieldManagers.Update(stage, fresh, null, "", options.FieldManager)).ConfigureAwait(false);
        return ObjectAnswers.Answer(request, definition, form, 201, stored, time.GetUtcNow());
    }

    /// <summary>Commits a new object and gives its bytes.</summary>
    /// <param name="request">The request.</param>
    /// <param name="definition">The resource.</param>
    /// <param name="o">The object, decoded and in the version of the request.</param>
    /// <param name="options">The write's options.</param>
    /// <param name="track">Enters the write in managedFields.</param>
    public async Task<byte[]> CreateAsync(ApiRequest request, ResourceDefinition definition, JsonObject o, WriteOptions options, Action<JsonObject, ResourceDefinition> track)
    {
        var strategy = definition.Strategy;
        if (definition.Custom is { Definition.IsTerminating: true })
        {
            throw StatusException.Forbidden(definition.Resource, o.Name, "create not allowed while custom resource definition is terminating");
        }
        var generated = o.Name.Length == 0 && !string.IsNullOrEmpty(o.Text("metadata", "generateName"));
        for (var attempt = 0; ; attempt++)
        {
            var fresh = o.Clone();
            if (fresh.ResourceVersion is not ("" or "0")) throw StatusException.Unclassified("resourceVersion should not be set on objects to be created");
            var context = new WriteContext(request.User, time.GetUtcNow(), store, options.IsDryRun);
            fresh = ServedForm.Default(definition, fresh);
            ObjectPreparation.DropSystemFields(fresh);
            track(fresh, definition);
            if (generated) fresh.Metadata["name"] = ObjectNames.Generate(o.Text("metadata", "generateName")!);
            fresh = ServedForm.ToStored(definition, fresh);
            var review = new AdmissionReview(request, AdmissionOperation.Create, definition, "", request.Info.Namespace, fresh.Name, fresh, null, context);
            await admission.MutateAsync(review).ConfigureAwait(false);
            ObjectPreparation.ForCreate(fresh, definition, context);
            foreach (var warning in context.Warnings) request.Warn(warning);
            var errors = ObjectMetaValidation.Validate(fresh, definition.Info.Namespaced, strategy).Concat(strategy.Validate(fresh, context)).ToList();
            if (errors.Count > 0) throw StatusException.Invalid(definition.StoredKind, fresh.Name, errors);
            foreach (var warning in strategy.Warnings(fresh, null)) request.Warn(warning);
            await admission.ValidateAsync(review).ConfigureAwait(false);
            var key = new ObjectKey(definition.Collection, definition.Info.Namespaced ? request.Info.Namespace : "", fresh.Name);
            if (store.Get(key) is { } present)
            {
                if (generated && attempt < 8) continue;
                throw ApiErrors.AlreadyExists(definition.Resource, fresh.Name, present.Parse().IsTerminating);
            }
            if (!definition.IsCustom && definition.IsStoredVersion) TypedForm.Settle(definition.Schema, fresh);
            if (options.IsDryRun) return StoredForm.Write(fresh, definition.StoredKind, null);
            try
            {
                var stored = await store.CommitAsync(new(key, 0, StoredForm.Write(fresh, definition.StoredKind), false)).ConfigureAwait(false);
                strategy.Committed(fresh, null);
                return stored.Utf8;
            }
            catch (WriteConflictException) when (generated && attempt < 8)
            {
                // Somebody took the name in the meantime: another one.
            }
            catch (WriteConflictException e)
            {
                throw ApiErrors.AlreadyExists(definition.Resource, fresh.Name, e.Current?.Parse().IsTerminating == true);
            }
        }
    }

    /// <summary>PUT of an object or of one of its subresources that have the object's own kind.</summary>
    public async Task<Answer> UpdateAsync(ApiRequest request, ResourceDefinition definition, string subresource, byte[] body)
    {
        var form = ObjectAnswers.Negotiate(request, definition);
        var options = WriteOptions.Read(request, "UpdateOptions");
        var sent = BodyDecoder.Decode(request, definition, definition.Kind, body, options.FieldValidation);
        request.AuditRequestObject(sent, copy => BodyDecoder.Recorded(definition, copy));
        if (sent.Name.Length == 0) throw StatusException.BadRequest($"the name of the object ({request.Info.Name} based on URL) was undeterminable: name must be provided");
        CheckName(request, sent);
        CheckNamespace(request, definition, sent);
        var change = new ObjectChange(definition, subresource, options)
        {
            Make = _ => sent.Clone(),
            AllowsCreate = subresource.Length == 0 && definition.Strategy.AllowsCreateOnUpdate,
            IsUpdate = true,
        };
        var (stored, created) = await ChangeAsync(request, change).ConfigureAwait(false);
        return ObjectAnswers.Answer(request, definition, form, created ? 201 : 200, stored, time.GetUtcNow());
    }

    /// <summary>Changes an object: reads it, makes the new one, runs the steps, commits; anew when it changed in the meantime.</summary>
    public async Task<(byte[] Stored, bool Created)> ChangeAsync(ApiRequest request, ObjectChange change)
    {
        var definition = change.Definition;
        var key = new ObjectKey(definition.Collection, definition.Info.Namespaced ? request.Info.Namespace : "", change.Name ?? request.Info.Name);
        for (var attempt = 0; ; attempt++)
        {
            var stored = store.Get(key);
            if (stored is null)
            {
                if (!change.AllowsCreate) throw StatusException.NotFound(definition.Resource, key.Name);
                var fresh = change.Make(null);
                CheckName(request, fresh);
                CheckNamespace(request, definition, fresh);
                var bytes = await CreateAsync(request, definition, fresh, change.Options, (o, d) => Track(change, o, null)).ConfigureAwait(false);
                return (bytes, true);
            }
            try
            {
                return (await ChangeOnceAsync(request, change, stored).ConfigureAwait(false), false);
            }
            catch (WriteConflictException) when (attempt < MaxRetries && !change.IsConditional)
            {
                // Somebody else was faster: the change is made anew on what is there now.
            }
            catch (WriteConflictException)
            {
                throw StatusException.Modified(definition.Resource, key.Name);
            }
        }
    }

    private async Task<byte[]> ChangeOnceAsync(ApiRequest request, ObjectChange change, StoredObject stored)
    {
        var definition = change.Definition;
        var strategy = definition.Strategy;
        var old = ServedForm.StoredTree(definition, stored.Utf8);
        var oldServed = ServedForm.Tree(definition, stored.Utf8);
        var next = change.Make(oldServed);
        if (!change.IsUpdate && change.Name is null)
        {
            CheckName(request, next);
            CheckNamespace(request, definition, next);
        }
        CheckVersion(request, change, next, stored);
        if (change.IsUpdate && next.Uid.Length > 0 && next.Uid != old.Uid)
        {
            throw StatusException.Conflict(definition.Resource, old.Name, $"Precondition failed: UID in precondition: {next.Uid}, UID in object meta: {old.Uid}");
        }
        var context = new WriteContext(request.User, time.GetUtcNow(), store, change.Options.IsDryRun);
        next = ServedForm.Default(definition, next);
        Track(change, next, oldServed);
        next = ServedForm.ToStored(definition, next);
        ObjectPreparation.KeepSystemFields(next, old);
        var review = new AdmissionReview(request, AdmissionOperation.Update, definition, change.Subresource, request.Info.Namespace, old.Name, next, old, context);
        await admission.MutateAsync(review).ConfigureAwait(false);
        ObjectPreparation.ForUpdate(next, old, change.Subresource, definition, context);
        var errors = ObjectMetaValidation.ValidateUpdate(next, old)
            .Concat(change.Subresource.Length == 0 ? strategy.ValidateUpdate(next, old, context) : strategy.ValidateSubresource(change.Subresource, next, old, context)).ToList();
        if (errors.Count > 0) throw StatusException.Invalid(definition.StoredKind, old.Name, errors);
        Warn(request, strategy.Warnings(next, old), context);
        await admission.ValidateAsync(review).ConfigureAwait(false);
        next.Metadata["resourceVersion"] = old.ResourceVersion;
        if (!definition.IsCustom && definition.IsStoredVersion) TypedForm.Settle(definition.Schema, next);
        if (FieldManager.DifferInTimesOnly(next, old)) return stored.Utf8;
        if (change.Options.IsDryRun) return StoredForm.Write(next, definition.StoredKind, old.ResourceVersion);
        var isLast = next.IsTerminating && next.Integer("metadata", "deletionGracePeriodSeconds") is null or 0
            && next.IsTerminating && !next.Texts("metadata", "finalizers").Any() && !HasSpecFinalizers(definition, next);
        if (isLast)
        {
            // The object goes as it was before the write; the writer sees what the write made of it.
            await store.CommitAsync(new(stored.Key, stored.Revision, StoredForm.Write(old, definition.StoredKind), true)).ConfigureAwait(false);
            strategy.Committed(null, old);
            return StoredForm.Write(next, definition.StoredKind, old.ResourceVersion);
        }
        var written = await store.CommitAsync(new(stored.Key, stored.Revision, StoredForm.Write(next, definition.StoredKind), false)).ConfigureAwait(false);
        strategy.Committed(next, old);
        return written.Utf8;
    }

    private static bool HasSpecFinalizers(ResourceDefinition definition, JsonObject o) =>
        definition.Resource.QualifiedName == "namespaces" && o.Texts("spec", "finalizers").Any();

    private void Track(ObjectChange change, JsonObject next, JsonObject? old)
    {
        if (change.Track is { } track) track(next, old);
        else fieldManagers.Update(change.Definition, next, old, change.Subresource, change.Options.FieldManager);
    }

    private static void CheckVersion(ApiRequest request, ObjectChange change, JsonObject next, StoredObject stored)
    {
        var version = ListOptions.Version(next.ResourceVersion, list: false);
        change.IsConditional = version != 0 && change.IsUpdate;
        if (version == 0)
        {
            if (change.Definition.Strategy.AllowsUnconditionalUpdate) return;
            var kind = change.Definition.Kind;
            // Of custom resources the resource is named here, not the kind.
            throw StatusException.Invalid(change.Definition.IsCustom ? kind with { Kind = change.Definition.Resource.Resource } : kind, request.Info.Name,
                [FieldError.Invalid(FieldPath.Of("metadata", "resourceVersion"), 0, "must be specified for an update")]);
        }
        if (version != stored.Revision) throw StatusException.Modified(change.Definition.Resource, request.Info.Name);
    }

    private static void CheckName(ApiRequest request, JsonObject o)
    {
        if (o.Name != request.Info.Name)
        {
            throw StatusException.BadRequest(o.Name.Length == 0
                ? $"the name of the object ({request.Info.Name} based on URL) was undeterminable: name must be provided"
                : $"the name of the object ({o.Name}) does not match the name on the URL ({request.Info.Name})");
        }
    }

    /// <summary>The namespace of the path is filled in; another one in the body is refused.</summary>
    private static void CheckNamespace(ApiRequest request, ResourceDefinition definition, JsonObject o)
    {
        if (!definition.Info.Namespaced)
        {
            o.Metadata.Remove("namespace");
            return;
        }
        if (!string.IsNullOrEmpty(o.Namespace) && o.Namespace != request.Info.Namespace)
        {
            throw StatusException.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        }
        o.Metadata["namespace"] = request.Info.Namespace;
    }

    private static void Warn(ApiRequest request, IEnumerable<string> warnings, WriteContext context)
    {
        foreach (var warning in warnings.Concat(context.Warnings)) request.Warn(warning);
    }
}
