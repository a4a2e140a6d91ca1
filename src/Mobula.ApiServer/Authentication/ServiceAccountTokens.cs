using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Keys;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Authentication;

/// <summary>What a token is bound to: it ends when the object goes.</summary>
internal sealed record BoundObject(string Kind, string Name, string Uid);

/// <summary>Signs and checks ServiceAccount tokens (JWT, RS256).</summary>
internal sealed class ServiceAccountTokens(ClusterKeys keys, ObjectStore store, string issuer, TimeProvider time)
{
    private const string InvalidBearer = "invalid bearer token";
    private const string SecretIssuer = "kubernetes/serviceaccount";

    public string Issuer => issuer;

    /// <summary>Makes a token.</summary>
    /// <param name="account">The ServiceAccount.</param>
    /// <param name="audiences">For whom it is.</param>
    /// <param name="lifetime">How long it is valid; null for the tokens of Secrets, which do not expire.</param>
    /// <param name="bound">What it is bound to besides the account.</param>
    /// <param name="node">The node of the pod it is bound to, if any.</param>
    public async Task<(string Token, string Id)> IssueAsync(JsonObject account, IReadOnlyList<string> audiences, TimeSpan? lifetime, BoundObject? bound, BoundObject? node)
    {
        var now = time.GetUtcNow();
        var id = Guid.NewGuid().ToString();
        var kubernetes = new JsonObject { ["namespace"] = account.Namespace };
        if (bound is { Kind: "Node" } boundNode) node = boundNode;
        if (node is not null) kubernetes["node"] = new JsonObject { ["name"] = node.Name, ["uid"] = node.Uid };
        if (bound is { Kind: "Pod" }) kubernetes["pod"] = new JsonObject { ["name"] = bound.Name, ["uid"] = bound.Uid };
        if (bound is { Kind: "Secret" }) kubernetes["secret"] = new JsonObject { ["name"] = bound.Name, ["uid"] = bound.Uid };
        kubernetes["serviceaccount"] = new JsonObject { ["name"] = account.Name, ["uid"] = account.Uid };
        var claims = new JsonObject
        {
            ["aud"] = new JsonArray([.. audiences.Select(a => JsonValue.Create(a))]),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["iss"] = issuer,
            ["jti"] = id,
            ["kubernetes.io"] = kubernetes,
            ["nbf"] = now.ToUnixTimeSeconds(),
            ["sub"] = $"system:serviceaccount:{account.Namespace}:{account.Name}",
        };
        if (lifetime is { } span) claims["exp"] = (now + span).ToUnixTimeSeconds();
        return (await SignAsync(claims).ConfigureAwait(false), id);
    }

    /// <summary>Makes the token that a Secret holds: it has no end of its own and no audience.</summary>
    public Task<string> IssueForSecretAsync(JsonObject account, string secret) => SignAsync(new()
    {
        ["iss"] = SecretIssuer,
        ["kubernetes.io/serviceaccount/namespace"] = account.Namespace,
        ["kubernetes.io/serviceaccount/secret.name"] = secret,
        ["kubernetes.io/serviceaccount/service-account.name"] = account.Name,
        ["kubernetes.io/serviceaccount/service-account.uid"] = account.Uid,
        ["sub"] = $"system:serviceaccount:{account.Namespace}:{account.Name}",
    });

    private async Task<string> SignAsync(JsonObject claims)
    {
        var key = await keys.TokenKeyAsync().ConfigureAwait(false);
        var head = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"alg":"RS256","kid":"{{KeyId(key)}}"}"""));
        var text = $"{head}.{Base64Url.EncodeToString(KubernetesJson.Serialize(claims))}";
        var signature = key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{text}.{Base64Url.EncodeToString(signature)}";
    }

    /// <summary>Who a token stands for.</summary>
    /// <param name="token">The token.</param>
    /// <param name="audiences">The audiences of which the token must have one; the API server's own when empty.</param>
    /// <returns>The user and the audiences in common, or the error; both null when the text is no token of this server.</returns>
    public async Task<(UserInfo? User, IReadOnlyList<string> Audiences, string? Error)> AuthenticateAsync(string token, IReadOnlyList<string> audiences)
    {
        var key = await keys.TokenKeyAsync().ConfigureAwait(false);
        if (Claims(token, key) is not { } claims) return (null, [], InvalidBearer);
        if (claims.Text("iss") == SecretIssuer) return OfSecret(token, claims, audiences);
        if (claims.Text("iss") != issuer) return (null, [], InvalidBearer);
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        if (claims.Integer("exp") is { } expiry && expiry < now) return (null, [], Failed("service account token has expired"));
        if (claims.Integer("nbf") is { } start && start > now + 60) return (null, [], Failed("service account token is not valid yet"));
        if (audiences.Count == 0) audiences = [issuer];
        var own = claims.Texts("aud").ToList();
        var common = own.Intersect(audiences).ToList();
        if (common.Count == 0) return (null, [], Failed($"token audiences {Quote(own)} is invalid for the target audiences {Quote(audiences)}"));
        var ns = claims.Text("kubernetes.io", "namespace") ?? "";
        var name = claims.Text("kubernetes.io", "serviceaccount", "name") ?? "";
        var uid = claims.Text("kubernetes.io", "serviceaccount", "uid") ?? "";
        if (!IsThere("serviceaccounts", ns, name, uid)) return (null, [], Failed("service account token has been invalidated"));
        var extra = new Dictionary<string, IReadOnlyList<string>>();
        if (claims.Text("jti") is { } id) extra["authentication.kubernetes.io/credential-id"] = [$"JTI={id}"];
        if (claims.Object("kubernetes.io", "secret") is { } secret && !IsThere("secrets", ns, secret.Text("name"), secret.Text("uid")))
        {
            return (null, [], Failed("service account token has been invalidated"));
        }
        if (claims.Object("kubernetes.io", "pod") is { } pod)
        {
            if (!IsThere("pods", ns, pod.Text("name"), pod.Text("uid"))) return (null, [], Failed("service account token has been invalidated"));
            extra["authentication.kubernetes.io/pod-name"] = [pod.Text("name") ?? ""];
            extra["authentication.kubernetes.io/pod-uid"] = [pod.Text("uid") ?? ""];
        }
        if (claims.Object("kubernetes.io", "node") is { } node)
        {
            if (claims.Object("kubernetes.io", "pod") is null && !IsThere("nodes", "", node.Text("name"), node.Text("uid")))
            {
                return (null, [], Failed("service account token has been invalidated"));
            }
            extra["authentication.kubernetes.io/node-name"] = [node.Text("name") ?? ""];
            if (node.Text("uid") is { Length: > 0 } nodeUid) extra["authentication.kubernetes.io/node-uid"] = [nodeUid];
        }
        return (new($"system:serviceaccount:{ns}:{name}", uid, ["system:serviceaccounts", $"system:serviceaccounts:{ns}"], extra), common, null);
    }

    private (UserInfo? User, IReadOnlyList<string> Audiences, string? Error) OfSecret(string token, JsonObject claims, IReadOnlyList<string> audiences)
    {
        string Claim(string name) => claims.Text($"kubernetes.io/serviceaccount/{name}") ?? "";
        var (ns, name, uid) = (Claim("namespace"), Claim("service-account.name"), Claim("service-account.uid"));
        if (audiences.Count > 0 && !audiences.Contains(issuer)) return (null, [], InvalidBearer);
        var held = store.Get(new("secrets", ns, Claim("secret.name")))?.Parse().Text("data", "token");
        if (held is null || !CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(held), Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.ASCII.GetBytes(token))))
            || !IsThere("serviceaccounts", ns, name, uid))
        {
            return (null, [], Failed("service account token has been invalidated"));
        }
        return (new($"system:serviceaccount:{ns}:{name}", uid, ["system:serviceaccounts", $"system:serviceaccounts:{ns}"], new Dictionary<string, IReadOnlyList<string>>()), [issuer], null);
    }

    /// <summary>The public keys by which others check tokens (RFC 7517).</summary>
    public async Task<JsonObject> PublicKeysAsync()
    {
        var key = await keys.TokenKeyAsync().ConfigureAwait(false);
        var parameters = key.ExportParameters(false);
        return new()
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["use"] = "sig",
                ["kty"] = "RSA",
                ["kid"] = KeyId(key),
                ["alg"] = "RS256",
                ["n"] = Base64Url.EncodeToString(parameters.Modulus),
                ["e"] = Base64Url.EncodeToString(parameters.Exponent),
            }),
        };
    }

    private static string Failed(string why) => $"[{InvalidBearer}, {why}]";

    private static string Quote(IEnumerable<string> texts) => $"[{string.Join(' ', texts.Select(Kubernetes.Errors.GoText.Quote))}]";

    private static string KeyId(RSA key) => Base64Url.EncodeToString(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));

    private static JsonObject? Claims(string token, RSA key)
    {
        var parts = token.Split('.');
        if (parts.Length != 3) return null;
        try
        {
            var head = KubernetesJson.ParseObject(Base64Url.DecodeFromChars(parts[0]));
            if (head.Text("alg") != "RS256") return null;
            var signed = Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}");
            return key.VerifyData(signed, Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
                ? KubernetesJson.ParseObject(Base64Url.DecodeFromChars(parts[1]))
                : null;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null;
        }
    }

    private bool IsThere(string collection, string ns, string? name, string? uid) =>
        name is not null && store.Get(new(collection, ns, name)) is { } stored && stored.Parse() is var o && o.Uid == uid
        && (o.Text("metadata", "deletionTimestamp") is not { } end || KubernetesTime.Parse(end) > time.GetUtcNow().AddSeconds(-60));
}
