using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Apply;
using Mobula.Kubernetes.Decoding;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.Rest;

/// <summary>Keeps <c>metadata.managedFields</c>.</summary>
internal sealed class FieldManagers(TimeProvider time)
{
    private readonly ConcurrentDictionary<(TypeSchema Schema, GroupVersionKind Kind, string Subresource), FieldManager> _managers = new();

    /// <summary>Enters a write that is no apply.</summary>
    /// <param name="definition">The resource, in the version of the request.</param>
    /// <param name="next">The new object, as decoded and defaulted.</param>
    /// <param name="old">The present object; null for a new one.</param>
    /// <param name="subresource">The subresource written to, or empty.</param>
    /// <param name="manager">Who writes.</param>
    /// <param name="kind">The kind of what is written, when it is not the resource's.</param>
    public void Update(ResourceDefinition definition, JsonObject next, JsonObject? old, string subresource, string manager, GroupVersionKind? kind = null)
    {
        var fieldManager = Manager(definition, subresource, kind);
        if (kind is not null || !IsPartial(definition, subresource))
        {
            fieldManager.Update(old, next, manager);
            return;
        }
        // Nobody comes to own by a write what the write cannot change.
        var written = next.Clone();
        KeepUnwritable(definition, written, old ?? [], subresource);
        var managed = fieldManager.Update(old, written, manager).At("metadata", "managedFields")?.DeepClone();
        if (!definition.IsCustom) TypedForm.Settle(definition.Schema, next);
        if (managed is null) next.Object("metadata")?.Remove("managedFields");
        else next.Metadata["managedFields"] = managed;
    }

    /// <summary>What a server-side apply makes of an object, with managedFields.</summary>
    public JsonObject Apply(ResourceDefinition definition, JsonObject? live, JsonObject applied, string subresource, string manager, bool force) =>
        Manager(definition, subresource, null).Apply(live, Writable(definition, applied, subresource), manager, force, o =>
        {
            ObjectDecoder.Shape(o, definition.Schema, definition.IsCustom);
            if (definition.IsCustom) CustomResourceForm.ApplyDefaults(definition.Schema, o);
            return ServedForm.Default(definition, o);
        });

    /// <summary>Whether a write changes a part of the object only: all but the status, or the status alone.</summary>
    private static bool IsPartial(ResourceDefinition definition, string subresource) =>
        subresource is "" or "status" && definition.Info.Subresource("status") is not null;

    private static void KeepUnwritable(ResourceDefinition definition, JsonObject next, JsonObject old, string subresource)
    {
        foreach (var member in next.Select(m => m.Key).Concat(old.Select(m => m.Key)).Distinct().ToList())
        {
            if (member is "kind" or "apiVersion" or "metadata" || (member == "status") == (subresource == "status")) continue;
            if (old.TryGetPropertyValue(member, out var present)) next[member] = present?.DeepClone();
            else next.Remove(member);
        }
        if (subresource.Length == 0 || !definition.IsCustom) return;
        var entries = next.At("metadata", "managedFields")?.DeepClone();
        next["metadata"] = old["metadata"]?.DeepClone() ?? new JsonObject();
        if (entries is null) next.Metadata.Remove("managedFields");
        else next.Metadata["managedFields"] = entries;
    }

    /// <summary>What of an applied configuration the write can change.</summary>
    private static JsonObject Writable(ResourceDefinition definition, JsonObject applied, string subresource)
    {
        if (!IsPartial(definition, subresource)) return applied;
        var writable = applied.Clone();
        foreach (var member in applied.Select(m => m.Key))
        {
            if (member is not ("kind" or "apiVersion" or "metadata") && (member == "status") != (subresource == "status")) writable.Remove(member);
        }
        if (subresource.Length == 0 || !definition.IsCustom || writable.Object("metadata") is not { } metadata) return writable;
        foreach (var field in metadata.Select(m => m.Key).ToList())
        {
            if (field is not ("name" or "namespace" or "uid" or "resourceVersion" or "managedFields")) metadata.Remove(field);
        }
        return writable;
    }

    private FieldManager Manager(ResourceDefinition definition, string subresource, GroupVersionKind? kind)
    {
        var own = kind ?? definition.Kind;
        var schema = own == definition.Kind ? definition.Schema : BuiltInSchemas.Find(own) ?? TypeSchema.Any;
        return _managers.GetOrAdd((schema, own, subresource), k => new FieldManager(k.Schema, k.Kind, definition.IsCustom, time, k.Subresource));
    }
}
