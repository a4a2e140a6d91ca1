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
    public void Update(ResourceDefinition definition, JsonObject next, JsonObject? old, string subresource, string manager, GroupVersionKind? kind = null) =>
        Manager(definition, subresource, kind).Update(old, next, manager);

    /// <summary>What a server-side apply makes of an object, with managedFields.</summary>
    public JsonObject Apply(ResourceDefinition definition, JsonObject? live, JsonObject applied, string subresource, string manager, bool force) =>
        Manager(definition, subresource, null).Apply(live, applied, manager, force, o =>
        {
            if (!definition.IsCustom) TypedForm.Apply(definition.Schema, o);
            else CustomResourceForm.ApplyDefaults(definition.Schema, o);
            return ServedForm.Default(definition, o);
        });

    private FieldManager Manager(ResourceDefinition definition, string subresource, GroupVersionKind? kind)
    {
        var own = kind ?? definition.Kind;
        var schema = own == definition.Kind ? definition.Schema : BuiltInSchemas.Find(own) ?? TypeSchema.Any;
        return _managers.GetOrAdd((schema, own, subresource), k => new FieldManager(k.Schema, k.Kind, definition.IsCustom, time, k.Subresource));
    }
}
