using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Decoding;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.CustomResources;

/// <summary>Checks the schemas of a CustomResourceDefinition: defaults must hold to their own schema, rules must compile.</summary>
internal static class DefinitionSchemas
{
    private static readonly string[] Reasons = ["FieldValueRequired", "FieldValueForbidden", "FieldValueInvalid", "FieldValueDuplicate"];

    public static IReadOnlyList<FieldError> Validate(JsonObject definition)
    {
        var errors = new List<FieldError>();
        var versions = definition.Objects("spec", "versions").ToList();
        foreach (var (i, version) in versions.Index())
        {
            if (version.Object("schema", "openAPIV3Schema") is not { } schema) continue;
            // One schema for all is told in the place that it had in the first version of the API.
            var path = versions.Count == 1 ? FieldPath.Of("spec", "validation", "openAPIV3Schema") : FieldPath.Of("spec", "versions").Index(i).Child("schema", "openAPIV3Schema");
            var kind = new GroupVersionKind(definition.Text("spec", "group") ?? "", version.Text("name") ?? "", definition.Text("spec", "names", "kind") ?? "");
            Check(schema, StructuralSchema.ReadRoot(schema, kind), path, isRoot: true, inMetadata: false, errors);
        }
        return errors;
    }

    private static void Check(JsonObject json, TypeSchema schema, FieldPath path, bool isRoot, bool inMetadata, List<FieldError> errors)
    {
        if (json.TryGetPropertyValue("default", out var value) && value is not null) CheckDefault(schema, value, path.Child("default"), isRoot, inMetadata, errors);
        foreach (var (i, rule) in json.Objects("x-kubernetes-validations").Index()) CheckRule(rule, schema, path.Child("x-kubernetes-validations").Index(i), errors);
        foreach (var (name, child) in json.Object("properties") ?? [])
        {
            if (child is JsonObject property) Check(property, StructuralSchema.Read(property), path.Child("properties").Key(name), false, inMetadata || (isRoot && name == "metadata"), errors);
        }
        if (json["items"] is JsonObject items) Check(items, StructuralSchema.Read(items), path.Child("items"), false, inMetadata, errors);
        if (json["additionalProperties"] is JsonObject values) Check(values, StructuralSchema.Read(values), path.Child("additionalProperties"), false, inMetadata, errors);
    }

    private static void CheckDefault(TypeSchema schema, JsonNode value, FieldPath path, bool isRoot, bool inMetadata, List<FieldError> errors)
    {
        if (inMetadata)
        {
            errors.Add(FieldError.Forbidden(path, "must not be set in top-level metadata"));
            return;
        }
        if (value is JsonObject map && CustomResourceForm.Prune(schema, map.Clone()).Count > 0)
        {
            errors.Add(FieldError.Invalid(path, value.DeepClone(), "must not have unknown fields"));
            return;
        }
        errors.AddRange(SchemaValidation.Validate(schema, value, path));
        if (isRoot && value is JsonObject root) errors.AddRange(EmbeddedResources.CheckOne(root, path));
        else errors.AddRange(EmbeddedResources.Validate(schema, value, path));
    }

    private static void CheckRule(JsonObject rule, TypeSchema schema, FieldPath path, List<FieldError> errors)
    {
        if (string.IsNullOrWhiteSpace(rule.Text("rule")))
        {
            errors.Add(FieldError.Required(path.Child("rule"), "rule is not specified"));
            return;
        }
        if (rule.Text("message") is { } message)
        {
            if (message.Length > 0 && message.Trim().Length == 0) errors.Add(FieldError.Invalid(path.Child("message"), message, "message must be non-empty if specified"));
            else if (message.Trim().Contains('\n', StringComparison.Ordinal)) errors.Add(FieldError.Invalid(path.Child("message"), message, "message must not contain line breaks"));
        }
        if (rule.Text("reason") is { Length: > 0 } reason && !Reasons.Contains(reason)) errors.Add(FieldError.NotSupported(path.Child("reason"), reason, Reasons));
        if (rule.Text("fieldPath") is { Length: > 0 } field && !RulePath.TryParse(field, schema, out _))
        {
            errors.Add(FieldError.Invalid(path.Child("fieldPath"), field, "fieldPath must be a valid path: does not refer to a valid field"));
        }
        var compiled = SchemaRule.Read(rule, schema);
        if (compiled.CompileError is { } error) errors.Add(FieldError.InvalidRaw(path.Child("rule"), Print(rule), error));
        if (compiled.MessageError is { } ofMessage) errors.Add(FieldError.InvalidRaw(path.Child("messageExpression"), Print(rule), ofMessage));
    }

    /// <summary>A rule as the server's own structure prints it.</summary>
    private static string Print(JsonObject rule)
    {
        string Text(string field) => GoText.JsonString(rule.Text(field) ?? "");
        var reason = rule.Text("reason") is { } r ? GoText.JsonString(r) : "null";
        var optional = rule.Flag("optionalOldSelf") is { } flag ? flag ? "true" : "false" : "null";
        return $"{{\"Rule\":{Text("rule")},\"Message\":{Text("message")},\"MessageExpression\":{Text("messageExpression")},\"Reason\":{reason},\"FieldPath\":{Text("fieldPath")},\"OptionalOldSelf\":{optional}}}";
    }
}
