using System.Text.Json.Nodes;
using Mobula.Kubernetes.Decoding;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Apply;

/// <summary>
/// Server-side apply and the bookkeeping of <c>metadata.managedFields</c> for one kind. It is pure: objects in, objects out.
/// </summary>
/// <param name="schema">The schema of the kind.</param>
/// <param name="kind">The type of the objects.</param>
/// <param name="custom">Whether it is a custom resource.</param>
/// <param name="time">Gives the time of entries.</param>
/// <param name="subresource">The subresource that is written; empty for the object itself.</param>
public sealed class FieldManager(TypeSchema schema, GroupVersionKind kind, bool custom, TimeProvider time, string subresource = "")
{
    private const int MaximumUpdateManagers = 10;
    private const string BeforeFirstApply = "before-first-apply";
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    private static readonly FieldSet NeverOwned = MakeNeverOwned();

    private readonly SchemaNode _schema = new(schema);
    private readonly FieldOwnership _ownership = new(new(schema), kind.ApiVersion);

    /// <summary>An object of the kind with nothing set: what a new object is compared with.</summary>
    public JsonObject Empty() => custom
        ? new() { ["apiVersion"] = kind.ApiVersion, ["kind"] = kind.Kind }
        : TypedForm.Empty(schema, kind);

    /// <summary>Sets the managedFields of an object that is created or updated.</summary>
    /// <param name="live">The object before; null when it is created.</param>
    /// <param name="updated">The object after, with defaults, in typed form. Its own managedFields, if it has any, replace those of the live one; an empty list resets them.</param>
    /// <param name="manager">Who writes.</param>
    /// <returns><paramref name="updated"/>, changed in place.</returns>
    public JsonObject Update(JsonObject? live, JsonObject updated, string manager)
    {
        var created = live is null;
        var (before, oldEntries) = Detach(live ?? Empty());
        var entries = updated.Object("metadata")?["managedFields"] as JsonArray;
        updated.Object("metadata")?.Remove("managedFields");
        var reset = entries is { Count: 0 } || (entries is { Count: 1 } && entries[0] is JsonObject { Count: 0 });
        var managed = reset ? [] : ReadOrNull(entries) is { Count: > 0 } own ? own : ReadOrNull(oldEntries) ?? [];
        if (managed.Count > 0 || created) Track(before, updated, managed, new(manager, false, kind.ApiVersion, subresource));
        Attach(updated, managed);
        return updated;
    }

    /// <summary>Applies what a manager wants to an object.</summary>
    /// <param name="live">The object before; null when it is not there yet.</param>
    /// <param name="applied">What the applier sent, as it was sent.</param>
    /// <param name="manager">The applier.</param>
    /// <param name="force">Whether to take fields over from others.</param>
    /// <param name="setDefaults">
    /// Brings the merged object into its typed form and fills in the defaults of the kind. It may change and return the object it is given.
    /// </param>
    /// <returns>The new object, with managedFields.</returns>
    /// <exception cref="StatusException">400, 409 (conflicts) or 500 (the object does not fit the schema), as a Kubernetes server answers.</exception>
    public JsonObject Apply(JsonObject? live, JsonObject applied, string manager, bool force, Func<JsonObject, JsonObject>? setDefaults = null)
    {
        if (applied.GroupVersionKind is var sent && sent != kind)
        {
            throw StatusErrors.BadRequest($"invalid object type: {sent.Group}/{sent.Version}, Kind={sent.Kind}");
        }
        if (applied.Object("metadata")?["managedFields"] is not null) throw StatusErrors.BadRequest("metadata.managedFields must be nil");
        var errors = TypedValues.Validate(_schema, applied, allowDuplicates: false);
        if (errors.Count > 0)
        {
            var place = $"{applied.Namespace ?? ""}/{applied.Name}; {kind.Group}/{kind.Version}, Kind={kind.Kind}";
            throw StatusErrors.Unclassified($"failed to create typed patch object ({place}): {JoinErrors(errors)}");
        }
        var (before, entries) = Detach(live ?? Empty());
        var managed = ManagedFieldsOf(entries);
        if (managed.Count == 0 && live is not null) TrackBeforeFirstApply(before, managed);
        var self = new ManagerIdentity(manager, true, "", subresource);
        try
        {
            return ApplyTo(before, applied, managed, self, force, setDefaults);
        }
        catch (ApplyConflictException e) when (manager == "kubectl" && AreFromLastApplied(before, e))
        {
            return ApplyTo(before, applied, ManagedFieldsOf(entries), self, true, setDefaults);
        }
        catch (ApplyConflictException e)
        {
            throw e.ToStatus();
        }
    }

    /// <summary>Whether two objects differ in nothing but the times of managedFields; then a write need not happen.</summary>
    public static bool DifferInTimesOnly(JsonObject a, JsonObject b) => TypedValues.AreEqual(WithoutTimes(a), WithoutTimes(b));

    private JsonObject ApplyTo(
        JsonObject before, JsonObject applied, ManagedFields managed, ManagerIdentity self, bool force, Func<JsonObject, JsonObject>? setDefaults)
    {
        managed = new(managed);
        var changed = _ownership.Apply(before, applied, managed, self, force);
        Strip(managed, self);
        if (changed is not null && managed.TryGetValue(self, out var entry)) managed[self] = entry with { Time = Now() };
        var result = changed is null ? before.Clone() : setDefaults?.Invoke(changed) ?? changed;
        if (self.Manager == "kubectl" && result.Annotation(LastApplied) is { Length: > 0 }) RenewLastApplied(result, applied);
        Attach(result, managed);
        return result;
    }

    private void Track(JsonObject before, JsonObject updated, ManagedFields managed, ManagerIdentity self)
    {
        // What cannot be told apart by its keys is not tracked; the write itself succeeds.
        if (TypedValues.Validate(_schema, updated, allowDuplicates: true).Count > 0 || TypedValues.Validate(_schema, before, allowDuplicates: true).Count > 0) return;
        var own = _ownership.Update(before, updated, managed).Difference(NeverOwned);
        if (own.IsEmpty) return;
        var fields = managed.TryGetValue(self, out var previous) ? previous.Fields.Union(own) : own;
        managed[self] = new(fields, kind.ApiVersion, Now());
        Cap(managed);
    }

    private void TrackBeforeFirstApply(JsonObject before, ManagedFields managed)
    {
        Track(Empty(), before, managed, new(BeforeFirstApply, false, kind.ApiVersion, subresource));
    }

    /// <summary>More than ten managers of updates are too many: the oldest become one.</summary>
    private static void Cap(ManagedFields managed)
    {
        var updates = managed.Where(e => !e.Key.IsApply).OrderBy(e => KubernetesTime.Parse(e.Value.Time) ?? DateTimeOffset.MinValue)
            .ThenBy(e => e.Key.Manager, StringComparer.Ordinal).ToList();
        var surplus = updates.Count - MaximumUpdateManagers;
        if (surplus <= 0) return;
        foreach (var (identity, entry) in updates.Take(surplus + 1))
        {
            managed.Remove(identity);
            var bucket = new ManagerIdentity("ancient-changes", false, entry.ApiVersion, "");
            managed[bucket] = managed.TryGetValue(bucket, out var old)
                ? old with { Fields = old.Fields.Union(entry.Fields), Time = entry.Time ?? old.Time }
                : entry;
        }
    }

    private static void Strip(ManagedFields managed, ManagerIdentity self)
    {
        if (!managed.TryGetValue(self, out var entry)) return;
        var fields = entry.Fields.Difference(NeverOwned);
        if (fields.IsEmpty) managed.Remove(self);
        else managed[self] = entry with { Fields = fields };
    }

    /// <summary>Whether all that conflicts was last set by <c>kubectl apply</c> on the client, which then may take it over.</summary>
    private bool AreFromLastApplied(JsonObject live, ApplyConflictException conflicts)
    {
        if (live.Annotation(LastApplied) is not { Length: > 0 } text) return false;
        try
        {
            if (JsonText.Parse(System.Text.Encoding.UTF8.GetBytes(text)) is not JsonObject last) return false;
            var comparison = TypedComparison.Of(_schema, last, live);
            var same = TypedValues.FieldsOf(_schema, last).Difference(comparison.Modified).Difference(comparison.Added).Difference(comparison.Removed);
            return conflicts.Conflicts.All(c => c.Fields.Difference(same).IsEmpty);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>An object that <c>kubectl apply</c> on the client knows keeps its annotation up to date.</summary>
    private static void RenewLastApplied(JsonObject result, JsonObject applied)
    {
        var copy = applied.Clone();
        copy.Object("metadata", "annotations")?.Remove(LastApplied);
        result.Ensure("metadata", "annotations")[LastApplied] = GoText.SortedJson(copy) + "\n";
    }

    private static (JsonObject Object, JsonArray? Entries) Detach(JsonObject obj)
    {
        var copy = obj.Clone();
        var entries = copy.Object("metadata")?["managedFields"] as JsonArray;
        copy.Object("metadata")?.Remove("managedFields");
        return (copy, entries);
    }

    private void Attach(JsonObject obj, ManagedFields managed)
    {
        if (!custom) TypedForm.Settle(schema, obj);
        if (managed.Count == 0) obj.Object("metadata")?.Remove("managedFields");
        else obj.Metadata["managedFields"] = managed.Write();
    }

    private static ManagedFields ManagedFieldsOf(JsonArray? entries)
    {
        try
        {
            return ManagedFields.Read(entries);
        }
        catch (FormatException e)
        {
            throw StatusErrors.Unclassified($"failed to decode managed fields: {e.Message}");
        }
    }

    private static ManagedFields? ReadOrNull(JsonArray? entries)
    {
        try
        {
            return entries is null ? null : ManagedFields.Read(entries);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static JsonObject WithoutTimes(JsonObject obj)
    {
        var copy = obj.Clone();
        foreach (var entry in copy.Objects("metadata", "managedFields")) entry.Remove("time");
        return copy;
    }

    private static string JoinErrors(IReadOnlyList<string> errors) =>
        errors.Count == 1 ? errors[0] : $"errors:\n  {string.Join("\n  ", errors)}";

    private static FieldSet MakeNeverOwned()
    {
        var set = new FieldSet();
        foreach (var field in (string[])["apiVersion", "kind", "metadata"]) set.Insert(["f:" + field]);
        foreach (var field in (string[])[
            "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields", "resourceVersion"])
        {
            set.Insert(["f:metadata", "f:" + field]);
        }
        return set;
    }

    /// <summary>Entries of the subresource <c>scale</c> have no time.</summary>
    private string? Now() => subresource == "scale" ? null : KubernetesTime.Format(time.GetUtcNow());
}
