using System.Text.Json.Nodes;

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
    public void Update(ResourceDefinition definition, JsonObject next, JsonObject? old, string subresource, string manager)
    {
        _ = (time, definition, next, old, subresource, manager);
    }
}
