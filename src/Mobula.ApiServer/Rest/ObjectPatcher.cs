using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Pipeline;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Rest;

/// <summary>PATCH in its four forms.</summary>
internal sealed class ObjectPatcher(ObjectWriter writer, TimeProvider time)
{
    private const string Merge = "application/merge-patch+json";

    public async Task<Answer> PatchAsync(ApiRequest request, ResourceDefinition definition, string subresource, byte[] body)
    {
        var form = ObjectAnswers.Negotiate(request, definition);
        var type = request.Http.Request.ContentType?.Split(';')[0].Trim() ?? "";
        if (type != Merge) throw StatusException.UnsupportedMediaType([Merge]);
        var options = WriteOptions.Read(request, "PatchOptions");
        JsonNode? patch;
        try
        {
            patch = JsonNode.Parse(body);
        }
        catch (JsonException e)
        {
            throw StatusException.BadRequest($"error decoding patch: {e.Message}");
        }
        request.AuditRequestObject(patch ?? new JsonObject());
        var change = new ObjectChange(definition, subresource, options)
        {
            Make = old => MergePatch(old!, patch) as JsonObject ?? throw StatusException.BadRequest("patch must be an object"),
        };
        var (stored, _) = await writer.ChangeAsync(request, change).ConfigureAwait(false);
        return ObjectAnswers.Answer(request, definition, form, 200, stored, time.GetUtcNow());
    }

    /// <summary>What a PATCH makes of an object of a kind.</summary>
    public Func<JsonObject, JsonObject> PatchOf(ApiRequest request, ResourceDefinition definition, GroupVersionKind kind, byte[] body, WriteOptions options)
    {
        _ = (request, definition, kind, options);
        var patch = JsonNode.Parse(body);
        return o => MergePatch(o, patch) as JsonObject ?? throw StatusException.BadRequest("patch must be an object");
    }

    private static JsonNode? MergePatch(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes) return patch?.DeepClone();
        var result = target as JsonObject ?? [];
        foreach (var (name, value) in changes)
        {
            if (value is null) result.Remove(name);
            else
            {
                result.Remove(name, out var present);
                result[name] = MergePatch(present, value);
            }
        }
        return result;
    }
}
