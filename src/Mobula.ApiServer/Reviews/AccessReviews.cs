using System.Text.Json.Nodes;
using Mobula.ApiServer.Authentication;
using Mobula.ApiServer.Authorization;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Rest;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Reviews;

/// <summary>The reviews of <c>authorization.k8s.io</c>: who may do what.</summary>
internal sealed class AccessReviews(Authorizer authorizer, RbacAuthorizer rbac, FieldManagers fieldManagers)
{
    private const string Group = "authorization.k8s.io";

    public IEnumerable<KeyValuePair<string, ResourceHandler>> Handlers =>
    [
        new($"selfsubjectaccessreviews.{Group}", SelfAsync),
        new($"subjectaccessreviews.{Group}", SubjectAsync),
        new($"localsubjectaccessreviews.{Group}", SubjectAsync),
        new($"selfsubjectrulesreviews.{Group}", SelfRulesAsync),
    ];

    private Task<Answer> SelfAsync(ApiRequest request, ResourceDefinition definition, byte[] body)
    {
        var review = Read(request, definition, body);
        return Task.FromResult<Answer>(Decide(review, request.User, CheckSpec(review.Object("spec") ?? [])));
    }

    private Task<Answer> SubjectAsync(ApiRequest request, ResourceDefinition definition, byte[] body)
    {
        var review = Read(request, definition, body);
        var spec = review.Object("spec") ?? [];
        var errors = CheckSpec(spec);
        if (string.IsNullOrEmpty(spec.Text("user")) && !spec.Texts("groups").Any())
        {
            errors.Add(FieldError.Invalid(FieldPath.Of("spec", "user"), spec.Text("user") ?? "", "at least one of user or group must be specified"));
        }
        if (definition.Info.Namespaced && errors.Count == 0)
        {
            var ns = spec.Text("resourceAttributes", "namespace") ?? "";
            if (ns != request.Info.Namespace) errors.Add(FieldError.Invalid(FieldPath.Of("spec", "resourceAttributes", "namespace"), ns, "must match metadata.namespace"));
        }
        var extra = (spec.Object("extra") ?? []).ToDictionary(e => e.Key.ToLowerInvariant(), e => (IReadOnlyList<string>)[.. (e.Value as JsonArray ?? []).Select(v => v?.ToString() ?? "")]);
        var user = new UserInfo(spec.Text("user") ?? "", spec.Text("uid") ?? "", [.. spec.Texts("groups")], extra);
        return Task.FromResult<Answer>(Decide(review, user, errors));
    }

    private Task<Answer> SelfRulesAsync(ApiRequest request, ResourceDefinition definition, byte[] body)
    {
        var options = WriteOptions.Read(request, "CreateOptions");
        var review = BodyDecoder.Decode(request, definition, definition.Kind, body, options.FieldValidation);
        var ns = review.Text("spec", "namespace") ?? "";
        if (ns.Length == 0) throw StatusException.BadRequest("no namespace on request");
        var resources = new JsonArray();
        var others = new JsonArray();
        foreach (var rule in rbac.RulesFor(request.User, ns).SelectMany(r => r.Rules))
        {
            if (rule.Resources.Count > 0) resources.Add((JsonNode)rule.ToJson());
            if (rule.Paths.Count > 0) others.Add((JsonNode)new JsonObject { ["verbs"] = rule.ToJson()["verbs"]!.DeepClone(), ["nonResourceURLs"] = rule.ToJson()["nonResourceURLs"]!.DeepClone() });
        }
        if (request.User.Groups.Contains(UserInfo.Masters))
        {
            resources.Add((JsonNode)new RbacRule(["*"], ["*"], ["*"], [], []).ToJson());
            others.Add((JsonNode)new RbacRule(["*"], [], [], [], ["*"]).ToJson());
        }
        return Task.FromResult<Answer>(new ObjectAnswer(201, new JsonObject
        {
            ["kind"] = "SelfSubjectRulesReview",
            ["apiVersion"] = definition.Kind.ApiVersion,
            ["metadata"] = new JsonObject(),
            ["spec"] = new JsonObject(),
            ["status"] = new JsonObject { ["resourceRules"] = resources, ["nonResourceRules"] = others, ["incomplete"] = false },
        }));
    }

    private JsonObject Read(ApiRequest request, ResourceDefinition definition, byte[] body)
    {
        var options = WriteOptions.Read(request, "CreateOptions");
        var review = BodyDecoder.Decode(request, definition, definition.Kind, body, options.FieldValidation);
        request.AuditRequestObject(review);
        if (definition.Info.Namespaced) review.Metadata["namespace"] ??= request.Info.Namespace;
        fieldManagers.Update(definition, review, null, "", options.FieldManager);
        return review;
    }

    private ObjectAnswer Decide(JsonObject review, UserInfo user, List<FieldError> errors)
    {
        var metadata = review.Metadata.Clone();
        metadata.Remove("managedFields");
        metadata.Remove("namespace");
        if (metadata.Count > 0) errors.Add(FieldError.InvalidRaw(FieldPath.Of("metadata"), review.Metadata.ToJsonString(Relaxed), "must be empty"));
        if (errors.Count > 0) throw StatusException.Invalid(new(Group, "v1", ""), "", errors);
        var decision = authorizer.Decide(user, Attributes(review.Object("spec")!));
        var status = new JsonObject { ["allowed"] = decision.Allowed };
        if (decision.Reason.Length > 0) status["reason"] = decision.Reason;
        review["status"] = status;
        return new(201, review);
    }

    private static System.Text.Json.JsonSerializerOptions Relaxed { get; } = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static List<FieldError> CheckSpec(JsonObject spec)
    {
        var errors = new List<FieldError>();
        var resource = spec.Object("resourceAttributes");
        var other = spec.Object("nonResourceAttributes");
        if (resource is null == other is null)
        {
            var text = other is null ? "null" : $"{{\"Path\":{GoText.JsonString(other.Text("path") ?? "")},\"Verb\":{GoText.JsonString(other.Text("verb") ?? "")}}}";
            errors.Add(FieldError.InvalidRaw(FieldPath.Of("spec"), text, "exactly one of nonResourceAttributes or resourceAttributes must be specified"));
        }
        return errors;
    }

    private static AccessAttributes Attributes(JsonObject spec) => spec.Object("resourceAttributes") is { } resource
        ? new()
        {
            Verb = resource.Text("verb") ?? "",
            Namespace = resource.Text("namespace") ?? "",
            Group = resource.Text("group") ?? "",
            Version = resource.Text("version") ?? "",
            Resource = resource.Text("resource") ?? "",
            Subresource = resource.Text("subresource") ?? "",
            Name = resource.Text("name") ?? "",
        }
        : new() { Verb = spec.Text("nonResourceAttributes", "verb") ?? "", Path = spec.Text("nonResourceAttributes", "path") ?? "", IsResource = false };
}
