using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Pipeline;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Protobuf;

namespace Mobula.ApiServer.Rest;

/// <summary>How an object is to be deleted; a body wins over the query.</summary>
internal sealed record DeleteOptions
{
    public long? GracePeriodSeconds { get; init; }

    /// <summary><c>Background</c>, <c>Foreground</c>, <c>Orphan</c>, or null for the kind's default.</summary>
    public string? Propagation { get; init; }

    public bool HasPropagation => Propagation is not null;

    public string? Uid { get; init; }

    public string? ResourceVersion { get; init; }

    public bool IsDryRun { get; init; }

    /// <summary>The body as audit records it; null when there was none.</summary>
    public JsonObject? Sent { get; init; }

    /// <summary>The fields that are set, as webhooks are shown them.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject();
        if (GracePeriodSeconds is { } seconds) json["gracePeriodSeconds"] = seconds;
        if (Propagation is { } policy) json["propagationPolicy"] = policy;
        if (Uid is not null || ResourceVersion is not null)
        {
            var preconditions = json.Ensure("preconditions");
            if (Uid is not null) preconditions["uid"] = Uid;
            if (ResourceVersion is not null) preconditions["resourceVersion"] = ResourceVersion;
        }
        if (IsDryRun) json["dryRun"] = new JsonArray("All");
        return json;
    }

    public static DeleteOptions Read(ApiRequest request, byte[] body)
    {
        if (body.Length == 0)
        {
            var query = request.Query;
            var dryRun = query.TryGetValue("dryRun", out var values) ? values.ToList() : [];
            return Check(
                ListOptions.Integer(query, "gracePeriodSeconds"), query["propagationPolicy"].ToString() is { Length: > 0 } policy ? policy : null,
                query.ContainsKey("orphanDependents") ? RequestInfo.IsTrue(query, "orphanDependents") : null, dryRun!, null);
        }
        var sent = ProtobufTranscoder.HasEnvelope(body) ? FromProtobuf(body) : Parse(body);
        var recorded = new JsonObject { ["kind"] = "DeleteOptions", ["apiVersion"] = "meta.k8s.io/__internal" };
        foreach (var field in new[] { "gracePeriodSeconds", "preconditions", "orphanDependents", "propagationPolicy", "dryRun", "ignoreStoreReadErrorWithClusterBreakingPotential" })
        {
            if (sent[field] is { } value) recorded[field] = value.DeepClone();
        }
        return Read(sent) with { Sent = recorded };
    }

    public static DeleteOptions Read(JsonObject options)
    {
        return Check(
            options.Integer("gracePeriodSeconds"), options.Text("propagationPolicy"), options.Flag("orphanDependents"),
            [.. options.Texts("dryRun")], options.Object("preconditions"));
    }

    /// <exception cref="StatusException">409: the object is another one than meant.</exception>
    public void CheckPreconditions(JsonObject o)
    {
        if (Uid is not null && Uid != o.Uid)
        {
            throw Mismatch(o, $"the UID in the precondition ({Uid}) does not match the UID in record ({o.Uid}). The object might have been deleted and then recreated");
        }
        if (ResourceVersion is not null && ResourceVersion != o.ResourceVersion)
        {
            throw Mismatch(o, $"the ResourceVersion in the precondition ({ResourceVersion}) does not match the ResourceVersion in record ({o.ResourceVersion}). The object might have been modified");
        }
    }

    /// <summary>Here, and only here, upstream names the kind in place of the resource.</summary>
    private static StatusException Mismatch(JsonObject o, string why) => StatusException.Conflict(new(o.GroupVersionKind.Group, "", o.Kind), o.Name, why);

    private static JsonObject FromProtobuf(byte[] body)
    {
        try
        {
            return ProtobufTranscoder.Decode(body);
        }
        catch (FormatException e)
        {
            throw StatusException.BadRequest(e.Message);
        }
    }

    private static JsonObject Parse(byte[] body)
    {
        try
        {
            return KubernetesJson.ParseObject(body);
        }
        catch (JsonException e)
        {
            throw StatusException.BadRequest($"couldn't get version/kind; json parse error: {e.Message}");
        }
    }

    private static DeleteOptions Check(long? grace, string? policy, bool? orphan, IReadOnlyList<string> dryRun, JsonObject? preconditions)
    {
        var errors = new List<FieldError>();
        if (policy is not null && orphan is not null)
        {
            errors.Add(FieldError.Invalid(FieldPath.Of("propagationPolicy"), policy, "orphanDependents and deletionPropagation cannot be both set"));
        }
        if (policy is not (null or "Foreground" or "Background" or "Orphan"))
        {
            errors.Add(FieldError.NotSupported(FieldPath.Of("propagationPolicy"), policy, ["Foreground", "Background", "Orphan", "nil"]));
        }
        if (dryRun.Any(d => d != "All")) errors.Add(WriteOptions.DryRunError(dryRun));
        if (errors.Count > 0) throw StatusException.Invalid(new("meta.k8s.io", "v1", "DeleteOptions"), "", errors);
        return new()
        {
            GracePeriodSeconds = grace,
            Propagation = policy ?? (orphan is null ? null : orphan.Value ? "Orphan" : "Background"),
            Uid = preconditions?.Text("uid"),
            ResourceVersion = preconditions?.Text("resourceVersion"),
            IsDryRun = dryRun.Count > 0,
        };
    }
}
