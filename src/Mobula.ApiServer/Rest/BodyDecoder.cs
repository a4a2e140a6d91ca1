using System.Text;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Pipeline;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Decoding;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Protobuf;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.Rest;

/// <summary>Reads the object in a request's body as the resource's kind.</summary>
internal static class BodyDecoder
{
    private static readonly string[] Types = [MediaType.Json, MediaType.Yaml, MediaType.Protobuf];

    /// <param name="request">Takes the warnings.</param>
    /// <param name="definition">The resource.</param>
    /// <param name="kind">The kind that the path takes (of a subresource possibly another than the resource's).</param>
    /// <param name="body">The bytes.</param>
    /// <param name="fieldValidation"><c>Ignore</c>, <c>Warn</c> or <c>Strict</c>.</param>
    public static JsonObject Decode(ApiRequest request, ResourceDefinition definition, GroupVersionKind kind, byte[] body, string fieldValidation)
    {
        var type = request.Http.Request.ContentType?.Split(';')[0].Trim().ToLowerInvariant() ?? "";
        if (type.Length == 0) type = MediaType.Json;
        if (!Types.Contains(type)) throw StatusException.UnsupportedMediaType(Types);
        var custom = definition.IsCustom && kind == definition.Kind;
        var schema = kind == definition.Kind ? definition.Schema : BuiltInSchemas.Find(kind) ?? TypeSchema.Any;
        if (type == MediaType.Protobuf)
        {
            if (custom) throw StatusException.UnsupportedMediaType([MediaType.Json, MediaType.Yaml]);
            body = FromProtobuf(kind, body);
        }
        var decoded = ObjectDecoder.Decode(body, type == MediaType.Yaml, kind, schema, custom, Validation(fieldValidation));
        foreach (var warning in decoded.Warnings) request.Warn(warning);
        Complete(definition, kind, decoded.Object);
        if (type == MediaType.Json) ManagedFieldsReset.Mark(body, decoded.Object);
        return decoded.Object;
    }

    /// <summary>Fills in what only custom resources have in their schema: defaults.</summary>
    public static void Complete(ResourceDefinition definition, GroupVersionKind kind, JsonObject o)
    {
        if (!definition.IsCustom || kind != definition.Kind) return;
        CustomResourceForm.ApplyDefaults(definition.Schema, o);
        CustomResourceForm.DropNulls(definition.Schema, o);
    }

    /// <summary>A decoded object as audit records it: with its defaults, in the version it came in.</summary>
    public static JsonObject Recorded(ResourceDefinition definition, JsonObject o)
    {
        o = ServedForm.Default(definition, o);
        if (!definition.IsCustom) TypedForm.Settle(definition.Schema, o);
        return o;
    }

    public static FieldValidation Validation(string text) => text switch
    {
        "Strict" => FieldValidation.Strict,
        "Ignore" => FieldValidation.Ignore,
        _ => FieldValidation.Warn,
    };

    private static byte[] FromProtobuf(GroupVersionKind kind, byte[] body)
    {
        if (!ProtobufTranscoder.HasEnvelope(body))
        {
            var excerpt = Encoding.UTF8.GetString(body);
            throw StatusException.BadRequest(
                $"the object provided is unrecognized (must be of type {kind.Kind}): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({(excerpt.Length > 30 ? excerpt[..30] + " ..." : excerpt)})");
        }
        try
        {
            return KubernetesJson.Serialize(ProtobufTranscoder.Decode(body));
        }
        catch (FormatException e)
        {
            throw StatusException.BadRequest($"the object provided is unrecognized (must be of type {kind.Kind}): {e.Message}");
        }
    }
}
