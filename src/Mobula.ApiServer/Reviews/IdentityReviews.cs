using System.Text.Json.Nodes;
using Mobula.ApiServer.Authentication;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Rest;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Reviews;

/// <summary>The reviews of <c>authentication.k8s.io</c>: who somebody is.</summary>
internal sealed class IdentityReviews(ServiceAccountTokens tokens, IReadOnlyDictionary<string, UserInfo> staticTokens, FieldManagers fieldManagers, TimeProvider time)
{
    public IEnumerable<KeyValuePair<string, ResourceHandler>> Handlers =>
    [
        new("selfsubjectreviews.authentication.k8s.io", SelfAsync),
        new("tokenreviews.authentication.k8s.io", TokenAsync),
    ];

    private Task<Answer> SelfAsync(ApiRequest request, ResourceDefinition definition, byte[] body)
    {
        var options = WriteOptions.Read(request, "CreateOptions");
        var review = BodyDecoder.Decode(request, definition, definition.Kind, body, options.FieldValidation);
        request.AuditRequestObject(review, copy =>
        {
            copy["status"] = new JsonObject { ["userInfo"] = new JsonObject() };
            return copy;
        });
        return Task.FromResult<Answer>(new ObjectAnswer(201, new JsonObject
        {
            ["kind"] = definition.Kind.Kind,
            ["apiVersion"] = definition.Kind.ApiVersion,
            ["metadata"] = new JsonObject { ["creationTimestamp"] = KubernetesTime.Format(time.GetUtcNow()) },
            ["status"] = new JsonObject { ["userInfo"] = request.User.ToJson() },
        }));
    }

    private async Task<Answer> TokenAsync(ApiRequest request, ResourceDefinition definition, byte[] body)
    {
        var options = WriteOptions.Read(request, "CreateOptions");
        var review = BodyDecoder.Decode(request, definition, definition.Kind, body, options.FieldValidation);
        request.AuditRequestObject(review);
        fieldManagers.Update(definition, review, null, "", options.FieldManager);
        var token = review.Text("spec", "token") ?? "";
        if (token.Length == 0) throw StatusException.BadRequest("token is required for TokenReview in authentication");
        List<string> wanted = [.. review.Texts("spec", "audiences")];
        // A token of the server's own is for the API server alone.
        var (user, audiences, error) = staticTokens.TryGetValue(token, out var known) && (wanted.Count == 0 || wanted.Contains(tokens.Issuer))
            ? (known, [tokens.Issuer], "")
            : await tokens.AuthenticateAsync(token, wanted).ConfigureAwait(false);
        review["status"] = user is null
            ? new JsonObject { ["user"] = new JsonObject(), ["error"] = error }
            : new JsonObject
            {
                ["authenticated"] = true,
                ["user"] = user.Authenticated().ToJson(),
                ["audiences"] = new JsonArray([.. audiences.Select(a => JsonValue.Create(a))]),
            };
        return new ObjectAnswer(201, review);
    }
}
