using System.Text.Json.Nodes;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Rest;
using Mobula.ApiServer.Storage;
using Mobula.Audit;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Selectors;

namespace Mobula.ApiServer.Subresources;

/// <summary><c>scale</c> of workloads and of custom resources: the number of replicas alone.</summary>
internal sealed class ScaleSubresource(ObjectStore store, ObjectWriter writer, int maxBody)
{
    public async Task<Answer> AnswerAsync(ApiRequest request, ResourceDefinition definition, string verb)
    {
        var kind = definition.Info.Subresource("scale")!.Kind;
        var places = ScalePlaces.Of(definition);
        var stored = store.Get(new(definition.Collection, definition.Info.Namespaced ? request.Info.Namespace : "", request.Info.Name))
            ?? throw StatusException.NotFound(definition.Resource, request.Info.Name);
        if (verb == "get") return new ObjectAnswer(200, places.ToScale(stored.Parse(), kind));
        var isApply = false;
        var options = WriteOptions.Read(request, verb == "update" ? "UpdateOptions" : "PatchOptions", isApply);
        var body = await RequestBody.ReadAsync(request, maxBody).ConfigureAwait(false);
        Func<JsonObject, JsonObject> make = verb == "update"
            ? _ => Decode(request, definition, kind, body, options)
            : ObjectPatcher.PatchOf(request, definition, kind, body, options);
        var change = new ObjectChange(definition, "scale", options)
        {
            Make = present =>
            {
                ArgumentNullException.ThrowIfNull(present);
                var scale = places.ToScale(present, kind);
                var next = make(scale.Clone());
                if (next.Name.Length > 0 && next.Name != present.Name) throw StatusException.BadRequest($"the name of the object ({next.Name}) does not match the name on the URL ({present.Name})");
                if (next.ResourceVersion is not ("" or "0") && next.ResourceVersion != present.ResourceVersion) throw StatusException.Modified(definition.Resource, present.Name);
                var replicas = next.Integer("spec", "replicas") ?? 0;
                if (replicas < 0)
                {
                    throw StatusException.Invalid(kind, present.Name, [FieldError.Invalid(FieldPath.Of("spec", "replicas"), replicas, "must be greater than or equal to 0")]);
                }
                ScalePlaces.Set(present, places.Replicas, replicas);
                return present;
            },
        };
        if (verb == "patch" && request.Demand >= AuditLevel.Request && JsonNode.Parse(body) is { } patch) request.AuditPatch(patch);
        var (bytes, _) = await writer.ChangeAsync(request, change).ConfigureAwait(false);
        return new ObjectAnswer(200, places.ToScale(KubernetesJson.ParseObject(bytes), kind));
    }

    private static JsonObject Decode(ApiRequest request, ResourceDefinition definition, GroupVersionKind kind, byte[] body, WriteOptions options)
    {
        var scale = BodyDecoder.Decode(request, definition, kind, body, options.FieldValidation);
        request.AuditRequestObject(scale, copy =>
        {
            if (copy.Integer("spec", "replicas") == 0) copy.Object("spec")!.Remove("replicas");
            copy.Ensure("status")["replicas"] ??= 0;
            return copy;
        });
        return scale;
    }
}

/// <summary>Where a kind keeps what its scale shows.</summary>
internal sealed record ScalePlaces(string[] Replicas, string[] StatusReplicas, string[]? Selector)
{
    public static ScalePlaces Of(ResourceDefinition definition)
    {
        if (definition.Custom?.Version.Object("subresources", "scale") is not { } scale) return new(["spec", "replicas"], ["status", "replicas"], null);
        static string[] Path(string? text) => (text ?? "").Split('.', StringSplitOptions.RemoveEmptyEntries);
        return new(Path(scale.Text("specReplicasPath")), Path(scale.Text("statusReplicasPath")), scale.Text("labelSelectorPath") is { } selector ? Path(selector) : []);
    }

    public JsonObject ToScale(JsonObject o, GroupVersionKind kind)
    {
        var metadata = new JsonObject { ["name"] = o.Name };
        if (o.Namespace is { } ns) metadata["namespace"] = ns;
        metadata["uid"] = o.Uid;
        metadata["resourceVersion"] = o.ResourceVersion;
        metadata["creationTimestamp"] = o.Text("metadata", "creationTimestamp");
        var spec = new JsonObject();
        if (o.Integer(Replicas) is { } replicas && replicas != 0) spec["replicas"] = replicas;
        var status = new JsonObject { ["replicas"] = o.Integer(StatusReplicas) ?? 0 };
        var selector = Selector is null
            ? o.At("spec", "selector") is JsonObject found ? (found.ContainsKey("matchLabels") || found.ContainsKey("matchExpressions") ? LabelSelector.From(found) : LabelSelector.FromLabels(o.TextMap("spec", "selector"))).ToString() : ""
            : Selector.Length > 0 ? o.Text(Selector) ?? "" : "";
        if (selector.Length > 0) status["selector"] = selector;
        return new() { ["kind"] = kind.Kind, ["apiVersion"] = kind.ApiVersion, ["metadata"] = metadata, ["spec"] = spec, ["status"] = status };
    }

    public static void Set(JsonObject o, string[] path, long value)
    {
        var parent = path.Length > 1 ? o.Ensure(path.AsSpan(0, path.Length - 1)) : o;
        parent[path[^1]] = value;
    }
}
