using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Rest;

/// <summary>Keeps <c>metadata.managedFields</c>.</summary>
internal sealed class FieldManagers(TimeProvider time)
{
    /// <summary>Enters a write that is no apply.</summary>
    /// <param name="definition">The resource, in the version of the request.</param>
    /// <param name="next">The new object, as decoded and defaulted.</param>
    /// <param name="old">The present object; null for a new one.</param>
    /// <param name="subresource">The subresource written to, or empty.</param>
    /// <param name="manager">Who writes.</param>
    /// <param name="kind">The kind of what is written, when it is not the resource's.</param>
    public void Update(ResourceDefinition definition, JsonObject next, JsonObject? old, string subresource, string manager, GroupVersionKind? kind = null)
    {
        _ = (time, definition, next, old, subresource, manager, kind);
    }
}
