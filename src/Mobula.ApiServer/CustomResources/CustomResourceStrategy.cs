using System.Text.Json.Nodes;
using Mobula.ApiServer.Kinds;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.CustomResources;

/// <summary>The objects of one version of a custom resource.</summary>
/// <param name="schema">The version's structural schema.</param>
/// <param name="hasStatus">Whether the status is a subresource.</param>
internal sealed class CustomResourceStrategy(TypeSchema schema, bool hasStatus) : ResourceStrategy
{
    public override bool HasGeneration => true;

    public override bool AllowsUnconditionalUpdate => false;

    public override IReadOnlyList<string> CheckName(string name) => NameValidation.IsDns1123Subdomain(name);

    public override void PrepareForCreate(JsonObject o, WriteContext context)
    {
        if (hasStatus) o.Remove("status");
    }

    public override void PrepareForUpdate(JsonObject o, JsonObject old, WriteContext context)
    {
        if (hasStatus) KeepStatus(o, old);
    }

    /// <summary>A write to <c>status</c> changes nothing else: of the metadata only who manages it.</summary>
    public override void PrepareForSubresource(string subresource, JsonObject o, JsonObject old, WriteContext context)
    {
        if (subresource != "status") return;
        KeepAllButStatus(o, old);
        var managed = o.At("metadata", "managedFields")?.DeepClone();
        o["metadata"] = old["metadata"]!.DeepClone();
        if (managed is null) o.Metadata.Remove("managedFields");
        else o.Metadata["managedFields"] = managed;
    }

    public override bool SpecEquals(JsonObject a, JsonObject b)
    {
        if (hasStatus) return base.SpecEquals(a, b);
        return a.All(m => m.Key == "metadata" || JsonNode.DeepEquals(m.Value, b[m.Key])) && b.All(m => m.Key == "metadata" || a.ContainsKey(m.Key));
    }

    public override IEnumerable<FieldError> Validate(JsonObject o, WriteContext context) => SchemaValidation.Validate(schema, o);

    public override IEnumerable<FieldError> ValidateSubresource(string subresource, JsonObject o, JsonObject old, WriteContext context) => SchemaValidation.Validate(schema, o);
}
