using System.Text.Json.Nodes;
using Mobula.ApiServer.Kinds;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Rest;

/// <summary>Sets the fields that the server alone may set.</summary>
internal static class ObjectPreparation
{
    public static void ForCreate(JsonObject o, ResourceDefinition definition, WriteContext context)
    {
        var metadata = o.Metadata;
        DropSystemFields(o);
        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = KubernetesTime.Format(context.Now);
        if (definition.Strategy.HasGeneration) metadata["generation"] = 1;
        definition.Strategy.PrepareForCreate(o, context);
    }

    /// <summary>Takes out of a new object what only the server sets.</summary>
    public static void DropSystemFields(JsonObject o)
    {
        if (o.Object("metadata") is not { } metadata) return;
        foreach (var field in new[] { "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion" }) metadata.Remove(field);
    }

    public static void ForUpdate(JsonObject o, JsonObject old, string subresource, ResourceDefinition definition, WriteContext context)
    {
        KeepSystemFields(o, old);
        if (subresource.Length == 0) definition.Strategy.PrepareForUpdate(o, old, context);
        else definition.Strategy.PrepareForSubresource(subresource, o, old, context);
        if (subresource != "status" && definition.Strategy.HasGeneration && !definition.Strategy.SpecEquals(o, old)) o.Metadata["generation"] = old.Generation + 1;
    }

    /// <summary>Restores what no client may change.</summary>
    public static void KeepSystemFields(JsonObject o, JsonObject old)
    {
        var metadata = o.Metadata;
        foreach (var field in new[] { "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "resourceVersion" })
        {
            if (old.At("metadata", field) is { } value) metadata[field] = value.DeepClone();
            else metadata.Remove(field);
        }
        metadata.Remove("selfLink");
        if (o.Uid.Length == 0) metadata["uid"] = old.Uid;
    }
}
