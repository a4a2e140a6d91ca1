using System.Text.Json.Nodes;
using Mobula.ApiServer.Admission;
using Mobula.ApiServer.Admission.Webhooks;
using Mobula.ApiServer.Authentication;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Rest;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Subresources;

/// <summary>POST of <c>serviceaccounts/token</c>: makes a token for an account, bound to a pod, Secret or node when asked.</summary>
internal sealed class TokenRequests(ObjectStore store, ServiceAccountTokens tokens, FieldManagers fieldManagers, AdmissionWebhooks webhooks, TimeProvider time, int maxBody)
{
    private const long DefaultSeconds = 3600;
    private const long ShortestSeconds = 600;

    public async Task<Answer> CreateAsync(ApiRequest request, ResourceDefinition definition, string verb)
    {
        _ = verb;
        var options = WriteOptions.Read(request, "CreateOptions");
        var kind = definition.Info.Subresource("token")!.Kind;
        var o = BodyDecoder.Decode(request, definition, kind, await RequestBody.ReadAsync(request, maxBody).ConfigureAwait(false), options.FieldValidation);
        request.AuditRequestObject(o);
        o.Ensure("spec");
        if (o.Integer("spec", "expirationSeconds") is null) o["spec"]!["expirationSeconds"] = DefaultSeconds;
        var now = time.GetUtcNow();
        fieldManagers.Update(definition, o, null, "token", options.FieldManager, kind);
        var ns = request.Info.Namespace;
        var stored = store.Get(new("serviceaccounts", ns, request.Info.Name)) ?? throw StatusException.NotFound(definition.Resource, request.Info.Name);
        var account = stored.Parse();
        var seconds = o.Integer("spec", "expirationSeconds") ?? DefaultSeconds;
        var path = FieldPath.Of("spec", "expirationSeconds");
        if (seconds < ShortestSeconds) throw StatusException.Invalid(kind, "", [FieldError.Invalid(path, seconds, "may not specify a duration less than 10 minutes")]);
        if (seconds > 1L << 32) throw StatusException.Invalid(kind, "", [FieldError.Invalid(path, seconds, "may not specify a duration larger than 2^32 seconds")]);
        var (bound, node) = o.Object("spec", "boundObjectRef") is { } reference ? Bind(reference, account, ns) : default;
        var audiences = o.Texts("spec", "audiences").ToList();
        if (audiences.Count == 0) audiences.Add(tokens.Issuer);
        o["spec"]!["audiences"] = new JsonArray([.. audiences.Select(a => JsonValue.Create(a))]);
        var spec = o.Object("spec")!;
        if (!spec.ContainsKey("boundObjectRef")) spec["boundObjectRef"] = null;
        var shown = o.Clone();
        var shownMetadata = shown.Metadata;
        shownMetadata["name"] = account.Name;
        shownMetadata["namespace"] = ns;
        shownMetadata["uid"] = account.Uid;
        shownMetadata["creationTimestamp"] = account.Text("metadata", "creationTimestamp");
        shown["status"] = new JsonObject { ["token"] = "", ["expirationTimestamp"] = null };
        await webhooks.ReviewAsync(request, definition, AdmissionOperation.Create, kind, shown, options.IsDryRun).ConfigureAwait(false);
        // The tokens that pods ask for (3607 s) live a year for clients that never reload them, and are marked as such.
        var lifetime = seconds == 3607 && audiences is [var only] && only == tokens.Issuer ? TimeSpan.FromDays(365) : TimeSpan.FromSeconds(seconds);
        var (token, id) = await tokens.IssueAsync(account, audiences, lifetime, bound, node).ConfigureAwait(false);
        request.Annotate("authentication.kubernetes.io/issued-credential-id", $"JTI={id}");
        var metadata = o.Metadata;
        metadata["name"] = account.Name;
        metadata["namespace"] = ns;
        metadata["uid"] = account.Uid;
        metadata["creationTimestamp"] = account.Text("metadata", "creationTimestamp");
        o["status"] = new JsonObject { ["token"] = token, ["expirationTimestamp"] = KubernetesTime.Format(now.AddSeconds(seconds)) };
        return new ObjectAnswer(201, o);
    }

    private (BoundObject Bound, BoundObject? Node) Bind(JsonObject reference, JsonObject account, string ns)
    {
        var kind = reference.GroupVersionKind;
        var collection = kind switch
        {
            { Group: "", Version: "v1", Kind: "Pod" } => "pods",
            { Group: "", Version: "v1", Kind: "Secret" } => "secrets",
            { Group: "", Version: "v1", Kind: "Node" } => "nodes",
            _ => throw StatusException.BadRequest($"cannot bind token to object of type {(kind.Group.Length == 0 ? "/" : $"{kind.Group}/")}{kind.Version}, Kind={kind.Kind}"),
        };
        var resource = new GroupVersionResource("", "v1", collection);
        var name = reference.Text("name") ?? "";
        var found = store.Get(new(collection, collection == "nodes" ? "" : ns, name))?.Parse() ?? throw StatusException.NotFound(resource, name);
        if (reference.Text("uid") is { Length: > 0 } uid && uid != found.Uid)
        {
            throw StatusException.Conflict(resource, name, $"the UID in the bound object reference ({uid}) does not match the UID in record. The object might have been deleted and then recreated");
        }
        BoundObject? node = null;
        if (kind.Kind == "Pod")
        {
            if (found.Text("spec", "serviceAccountName") != account.Name)
            {
                throw StatusException.BadRequest($"cannot bind token for serviceaccount {GoText.Quote(account.Name)} to pod running with different serviceaccount name.");
            }
            if (found.Text("spec", "nodeName") is { Length: > 0 } nodeName)
            {
                node = new("Node", nodeName, store.Get(new("nodes", "", nodeName))?.Parse().Uid ?? "");
            }
        }
        return (new(kind.Kind, name, found.Uid), node);
    }
}
