using Microsoft.AspNetCore.Http;
using Mobula.ApiServer.Keys;

namespace Mobula.ApiServer.Authentication;

/// <summary>Finds out who sends a request: by client certificate, by token, or nobody.</summary>
internal sealed class Authenticator(ClientCertificates certificates, ServiceAccountTokens tokens, string adminToken, IReadOnlyDictionary<string, UserInfo> staticTokens)
{
    private static readonly UserInfo Nobody = new(UserInfo.Anonymous, UserInfo.UnauthenticatedGroup);
    private static readonly UserInfo Admin = new UserInfo("kubernetes-admin", UserInfo.Masters).Authenticated();
    private static readonly object InProcessUser = new();

    /// <summary>Marks a request that comes from inside the process as a user's.</summary>
    public static void Attach(HttpContext http, UserInfo user) => http.Items[InProcessUser] = user;

    /// <returns>Null when a credential was sent that is not valid.</returns>
    public async ValueTask<UserInfo?> AuthenticateAsync(HttpContext http)
    {
        if (http.Items.TryGetValue(InProcessUser, out var inside)) return (UserInfo)inside!;
        var authorization = http.Request.Headers.Authorization.ToString();
        if (authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && authorization[7..].Trim() is { Length: > 0 } token)
        {
            return await AuthenticateTokenAsync(token).ConfigureAwait(false);
        }
        // A WebSocket in a browser cannot set headers: the token comes as a subprotocol.
        const string Subprotocol = "base64url.bearer.authorization.k8s.io.";
        foreach (var protocol in http.Request.Headers.SecWebSocketProtocol.SelectMany(p => p?.Split(',') ?? []).Select(p => p.Trim()))
        {
            if (!protocol.StartsWith(Subprotocol, StringComparison.Ordinal)) continue;
            try
            {
                return await AuthenticateTokenAsync(System.Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(protocol.AsSpan(Subprotocol.Length)))).ConfigureAwait(false);
            }
            catch (FormatException)
            {
                return null;
            }
        }
        if (http.Connection.ClientCertificate is { } certificate) return certificates.Authenticate(certificate)?.Authenticated();
        return Nobody;
    }

    private async ValueTask<UserInfo?> AuthenticateTokenAsync(string token)
    {
        if (System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(
            System.Text.Encoding.UTF8.GetBytes(token), System.Text.Encoding.UTF8.GetBytes(adminToken))) return Admin;
        if (staticTokens.TryGetValue(token, out var known)) return known.Authenticated();
        var (user, _, _) = await tokens.AuthenticateAsync(token, []).ConfigureAwait(false);
        return user?.Authenticated();
    }
}
