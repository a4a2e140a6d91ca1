using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Mobula.RayRuntime.Dashboard;

/// <summary>Token authentication (RAY_AUTH_MODE=token): every request but the page and the mode itself needs the token.</summary>
internal sealed class BearerToken(string mode, string? token)
{
    public string Mode { get; } = mode;

    public static BearerToken FromEnvironment()
    {
        var mode = Environment.GetEnvironmentVariable("RAY_AUTH_MODE") == "token" ? "token" : "disabled";
        return new(mode, mode == "token" ? Read() : null);
    }

    /// <summary>The token of this process: RAY_AUTH_TOKEN, the file of RAY_AUTH_TOKEN_PATH, or ~/.ray/auth_token.</summary>
    public static string? Read()
    {
        if (Environment.GetEnvironmentVariable("RAY_AUTH_TOKEN") is { Length: > 0 } given) return given;
        var file = Environment.GetEnvironmentVariable("RAY_AUTH_TOKEN_PATH") is { Length: > 0 } path
            ? path
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".ray", "auth_token");
        return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
    }

    public async Task<bool> AllowsAsync(HttpContext http)
    {
        if (token is null || http.Request.Path.Value is "/" or "/api/authentication_mode" or "/api/gcs_healthz" or "/favicon.ico") return true;
        var header = http.Request.Headers.Authorization.ToString();
        if (header.Length == 0) header = http.Request.Headers["X-Ray-Authorization"].ToString();
        var given = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..] : http.Request.Cookies["ray-authentication-token"];
        if (string.IsNullOrEmpty(given))
        {
            await HttpAnswers.TextAsync(http, 401, "Unauthorized: Missing authentication token");
            return false;
        }
        if (CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(token))) return true;
        await HttpAnswers.TextAsync(http, 403, "Forbidden: Invalid authentication token");
        return false;
    }
}
