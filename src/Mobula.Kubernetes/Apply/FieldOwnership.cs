using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Apply;

/// <summary>The rules of ownership: what an update or an apply does to who owns which fields.</summary>
/// <param name="schema">The schema of the objects.</param>
/// <param name="apiVersion">The version they are in.</param>
internal sealed class FieldOwnership(SchemaNode schema, string apiVersion)
{
    /// <summary>Ownership after an update: what changed is the updater's, what others owned of it is theirs no more.</summary>
    /// <returns>The fields that changed hands to the updater; empty when nothing changed.</returns>
    public FieldSet Update(JsonObject live, JsonObject updated, ManagedFields managed)
    {
        var comparison = Settle(live, updated, managed, self: null, force: true);
        return comparison.Modified.Union(comparison.Added);
    }

    /// <summary>Ownership and object after an apply.</summary>
    /// <param name="live">The live object.</param>
    /// <param name="applied">What the applier wants.</param>
    /// <param name="managed">Who owns what; it is changed.</param>
    /// <param name="self">The applier.</param>
    /// <param name="force">Whether to take fields over from others.</param>
    /// <returns>The new object; null when it equals the live one.</returns>
    /// <exception cref="ApplyConflictException">Others own fields that would change.</exception>
    public JsonObject? Apply(JsonObject live, JsonObject applied, ManagedFields managed, ManagerIdentity self, bool force)
    {
        var merged = TypedMerge.Merge(schema, live, applied);
        var last = managed.GetValueOrDefault(self);
        managed[self] = new(TypedValues.FieldsOf(schema, applied), apiVersion, last?.Time);
        var pruned = Prune(merged, managed, last?.Fields);
        Settle(live, pruned, managed, self, force);
        return TypedValues.AreEqual(live, pruned) ? null : pruned;
    }

    private TypedComparison Settle(JsonObject before, JsonObject after, ManagedFields managed, ManagerIdentity? self, bool force)
    {
        var comparison = TypedComparison.Of(schema, before, after);
        var changed = comparison.Modified.Union(comparison.Added);
        var conflicts = managed.Where(e => e.Key != self)
            .Select(e => (Identity: e.Key, Fields: e.Value.Fields.Intersection(changed)))
            .Where(c => !c.Fields.IsEmpty).ToList();
        if (!force && conflicts.Count > 0) throw new ApplyConflictException(conflicts);
        foreach (var (identity, fields) in conflicts) managed[identity] = managed[identity] with { Fields = managed[identity].Fields.Difference(fields) };
        if (!comparison.Removed.IsEmpty)
        {
            foreach (var identity in managed.Keys.Where(k => k != self).ToList())
            {
                managed[identity] = managed[identity] with { Fields = managed[identity].Fields.Difference(comparison.Removed) };
            }
        }
        foreach (var identity in managed.Where(e => e.Value.Fields.IsEmpty).Select(e => e.Key).ToList()) managed.Remove(identity);
        return comparison;
    }

    /// <summary>Takes out what the applier owned before and wants no more, unless somebody else owns it or it holds what others put there.</summary>
    private JsonObject Prune(JsonObject merged, ManagedFields managed, FieldSet? last)
    {
        if (last is not { IsEmpty: false }) return merged;
        var lastNamed = last.WithNamedFields(schema);
        var pruned = TypedMerge.Remove(schema, merged, lastNamed);
        var mergedFields = TypedValues.FieldsOf(schema, merged).WithNamedFields(schema);

        var owned = managed.Values.Aggregate(new FieldSet(), (all, entry) => all.Union(entry.Fields)).WithNamedFields(schema);
        var prunedFields = TypedValues.FieldsOf(schema, pruned).WithNamedFields(schema);
        pruned = TypedMerge.Remove(schema, merged, mergedFields.Difference(prunedFields.Union(owned)));

        prunedFields = TypedValues.FieldsOf(schema, pruned).WithNamedFields(schema);
        return TypedMerge.Remove(schema, merged, mergedFields.Difference(prunedFields).Intersection(lastNamed));
    }
}

/// <summary>An apply would change fields that others own.</summary>
/// <param name="conflicts">Who owns which of them.</param>
internal sealed class ApplyConflictException(IReadOnlyList<(ManagerIdentity Identity, FieldSet Fields)> conflicts) : Exception("the apply conflicts")
{
    public IReadOnlyList<(ManagerIdentity Identity, FieldSet Fields)> Conflicts { get; } = conflicts;

    public StatusException ToStatus()
    {
        var paths = Conflicts.SelectMany(c => c.Fields.Print().Select(path => (Manager: c.Identity, Path: path)))
            .OrderBy(c => c.Manager.Manager, StringComparer.Ordinal).ThenBy(c => c.Manager.Operation, StringComparer.Ordinal)
            .ThenBy(c => c.Manager.ApiVersion, StringComparer.Ordinal).ThenBy(c => c.Manager.Subresource, StringComparer.Ordinal).ToList();
        var causes = new JsonArray([.. paths.Select(c => (JsonNode)new JsonObject
        {
            ["reason"] = "FieldManagerConflict", ["message"] = $"conflict with {c.Manager}", ["field"] = c.Path,
        })]);
        var message = paths.Count == 1
            ? $"Apply failed with 1 conflict: conflict with {paths[0].Manager}: {paths[0].Path}"
            : $"Apply failed with {paths.Count} conflicts: {string.Join('\n', paths.GroupBy(c => c.Manager).Select(g => $"conflicts with {g.Key}:\n{string.Join('\n', g.Select(c => $"- {c.Path}"))}"))}";
        return new(409, "Conflict", message, new() { ["causes"] = causes });
    }
}
