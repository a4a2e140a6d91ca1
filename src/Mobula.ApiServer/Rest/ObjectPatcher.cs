using System.Text.Json.Nodes;
using Mobula.ApiServer.Pipeline;
using Mobula.Audit;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Decoding;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Patches;
using Mobula.Kubernetes.Schema;
using Mobula.Kubernetes.Yaml;

namespace Mobula.ApiServer.Rest;

/// <summary>PATCH in its four forms.</summary>
internal sealed class ObjectPatcher(ObjectWriter writer, FieldManagers fieldManagers, TimeProvider time)
{
    private const string ApplyType = "application/apply-patch+yaml";

    private static readonly string[] BuiltInTypes = ["application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json", ApplyType];
    private static readonly string[] CustomTypes = ["application/json-patch+json", "application/merge-patch+json", ApplyType];

    /// <summary>The media types of the patches that resources take, built-in or custom.</summary>
    public static IReadOnlyList<string> TypesOf(bool isCustom) => isCustom ? CustomTypes : BuiltInTypes;

    public async Task<Answer> PatchAsync(ApiRequest request, ResourceDefinition definition, string subresource, byte[] body)
    {
        var form = ObjectAnswers.Negotiate(request, definition);
        var type = TypeOf(request, definition);
        var isApply = type == ApplyType;
        var options = WriteOptions.Read(request, "PatchOptions", isApply);
        var change = isApply ? ApplyChange(request, definition, subresource, body, options) : PatchChange(request, definition, subresource, body, options);
        var (stored, created) = await writer.ChangeAsync(request, change).ConfigureAwait(false);
        return ObjectAnswers.Answer(request, definition, form, created ? 201 : 200, stored, time.GetUtcNow());
    }

    /// <summary>What a PATCH makes of an object of a kind (of a subresource with a kind of its own).</summary>
    public static Func<JsonObject, JsonObject> PatchOf(ApiRequest request, ResourceDefinition definition, GroupVersionKind kind, byte[] body, WriteOptions options)
    {
        var type = TypeOf(request, definition);
        var patchType = PatchType(type) ?? ObjectPatchType.Merge;
        var schema = kind == definition.Kind ? definition.Schema : BuiltInSchemas.Find(kind) ?? TypeSchema.Any;
        var custom = definition.IsCustom && kind == definition.Kind;
        return current =>
        {
            var decoded = ObjectPatch.Apply(patchType, body, current, kind, schema, custom, BodyDecoder.Validation(options.FieldValidation));
            foreach (var warning in decoded.Warnings) request.Warn(warning);
            BodyDecoder.Complete(definition, kind, decoded.Object);
            ManagedFieldsReset.Mark(body, decoded.Object);
            return decoded.Object;
        };
    }

    private static ObjectChange PatchChange(ApiRequest request, ResourceDefinition definition, string subresource, byte[] body, WriteOptions options)
    {
        if (request.Demand >= AuditLevel.Request) request.AuditPatch(RecordedPatch(body));
        var patch = PatchOf(request, definition, definition.Kind, body, options);
        return new(definition, subresource, options) { Make = old => patch(old!) };
    }

    private ObjectChange ApplyChange(ApiRequest request, ResourceDefinition definition, string subresource, byte[] body, WriteOptions options)
    {
        JsonObject applied;
        try
        {
            applied = ObjectDecoder.ReadYaml(body, []) as JsonObject ?? throw StatusException.BadRequest("error decoding YAML: the patch is no object");
        }
        catch (YamlSyntaxException e)
        {
            // What audit cannot record is refused before the patch is read, in the words of that step.
            throw StatusException.BadRequest(request.Demand >= AuditLevel.Request
                ? $"error encoding patch: {Problem(e)}"
                : $"error decoding YAML: error converting YAML to JSON: {Problem(e)}");
        }
        request.AuditPatch(applied);
        var force = RequestInfo.IsTrue(request.Query, "force");
        return new(definition, subresource, options)
        {
            Make = old =>
            {
                var result = fieldManagers.Apply(definition, old, applied.Clone(), subresource, options.FieldManager, force);
                if (old is null) result.Metadata.Remove("resourceVersion");
                return result;
            },
            Track = (_, _) => { },
            AllowsCreate = subresource.Length == 0,
        };
    }

    private static string Problem(YamlSyntaxException e)
    {
        var problem = e.Problem.Contains("found invalid mapping", StringComparison.Ordinal) ? "mapping values are not allowed in this context" : e.Problem;
        return e.Position.Line <= 1 ? $"yaml: {problem}" : $"yaml: line {e.Position.Line}: {problem}";
    }

    private static JsonNode RecordedPatch(byte[] body)
    {
        try
        {
            return JsonNode.Parse(body) ?? throw StatusException.BadRequest("Invalid JSON Patch");
        }
        catch (System.Text.Json.JsonException)
        {
            throw StatusException.BadRequest("invalid JSON patch");
        }
    }

    private static string TypeOf(ApiRequest request, ResourceDefinition definition)
    {
        var type = request.Http.Request.ContentType?.Split(';')[0].Trim() ?? "";
        var known = TypesOf(definition.IsCustom);
        if (known.Contains(type)) return type;
        // The router of built-in resources knows the four; what handles custom ones says so itself.
        throw definition.IsCustom ? StatusException.UnsupportedMediaType(known) : ApiErrors.RouterUnsupportedPatch();
    }

    private static ObjectPatchType? PatchType(string type) => type switch
    {
        "application/json-patch+json" => ObjectPatchType.Json,
        "application/merge-patch+json" => ObjectPatchType.Merge,
        "application/strategic-merge-patch+json" => ObjectPatchType.Strategic,
        _ => null,
    };
}
