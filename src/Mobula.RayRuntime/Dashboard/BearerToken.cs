using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Dashboard;

/// <summary>Token authentication (RAY_AUTH_MODE=token): every request but the page, the health and the mode itself needs the token.</summary>
internal sealed class BearerToken
{
    private const string Cookie = "ray-authentication-token";
    private const int CookieSeconds = 30 * 24 * 3600;
    private readonly string? _token = AuthenticationToken.Current;

    public async Task<bool> AllowsAsync(HttpContext http)
    {
        if (_token is null || http.Request.Path.Value is "/" or "/index.html" or "/api/authentication_mode" or "/api/gcs_healthz" or "/favicon.ico" || http.Request.Path.StartsWithSegments("/static")) return true;
        return await HasTokenAsync(http);
    }

    /// <summary>A browser signs in: the token it brings becomes a cookie.</summary>
    public async Task SignInAsync(HttpContext http)
    {
        if (_token is not null)
        {
            if (!await HasTokenAsync(http, orCookie: false)) return;
            http.Response.Headers.SetCookie = $"{Cookie}={_token}; HttpOnly; Max-Age={CookieSeconds}; Path=/; SameSite=Strict";
        }
        await HttpAnswers.JsonAsync(http, 200, new JsonObject { ["status"] = "authenticated", ["message"] = "Token is valid" });
    }

    /// <summary>Whether what a node's agent is asked for may be given.</summary>
    public bool AllowsAgent(HttpRequest request) => _token is null || AuthenticationToken.Matches($"Bearer {_token}", request.Headers.Authorization.ToString());

    private async Task<bool> HasTokenAsync(HttpContext http, bool orCookie = true)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (header.Length == 0) header = http.Request.Headers["X-Ray-Authorization"].ToString();
        if (orCookie && header.Length == 0 && http.Request.Cookies[Cookie] is { Length: > 0 } cookie) header = $"Bearer {cookie}";
        if (header.Length == 0)
        {
            await HttpAnswers.TextAsync(http, 401, "Unauthorized: Missing authentication token");
            return false;
        }
        if (AuthenticationToken.Matches($"Bearer {_token}", header)) return true;
        await HttpAnswers.TextAsync(http, 403, "Forbidden: Invalid authentication token");
        return false;
    }
}
