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

    public override IEnumerable<FieldError> Validate(JsonObject o, WriteContext context) => Check(o, null, context);

    public override IEnumerable<FieldError> ValidateUpdate(JsonObject o, JsonObject old, WriteContext context) => Check(o, old, context);

    public override IEnumerable<FieldError> ValidateSubresource(string subresource, JsonObject o, JsonObject old, WriteContext context) => Check(o, old, context, onlyStatus: subresource == "status");

    private List<FieldError> Check(JsonObject o, JsonObject? old, WriteContext context, bool onlyStatus = false)
    {
        var errors = new List<FieldError>();
        if (!onlyStatus) errors.AddRange(SchemaValidation.Validate(schema, o, old));
        else if (o["status"] is { } status && schema.At("status") is { } type && !JsonNode.DeepEquals(status, old?["status"])) errors.AddRange(SchemaValidation.Validate(type, status, FieldPath.Of("status")));
        errors.AddRange(EmbeddedResources.Validate(schema, o));
        // A list that was wrong before may stay so: what broke it is not this write.
        if (old is null || ListInvariants.Validate(schema, old).Count == 0) errors.AddRange(ListInvariants.Validate(schema, o));
        if (!SchemaRules.Exist(schema)) return errors;
        if (errors.Any(e => HidesRules(e.Type))) errors.Add(FieldError.Invalid(null, null, "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"));
        else errors.AddRange(SchemaRules.Validate(schema, o, old, context.Warnings));
        return errors;
    }

    /// <summary>Rules may count on what the rest of the schema says; of what breaks it in this way they would speak nonsense.</summary>
    private static bool HidesRules(FieldErrorType type) => type is FieldErrorType.FieldValueNotSupported or FieldErrorType.FieldValueRequired
        or FieldErrorType.FieldValueTooLong or FieldErrorType.FieldValueTooMany or FieldErrorType.FieldValueTypeInvalid;
}
