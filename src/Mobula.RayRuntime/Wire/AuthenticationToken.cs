using System.Security.Cryptography;
using System.Text;

namespace Mobula.RayRuntime.Wire;

/// <summary>The token that a cluster started with RAY_AUTH_MODE=token asks of everybody.</summary>
internal static class AuthenticationToken
{
    /// <summary>The mode this process was started with: <c>token</c> or <c>disabled</c>.</summary>
    public static string Mode => Environment.GetEnvironmentVariable("RAY_AUTH_MODE") == "token" ? "token" : "disabled";

    /// <summary>The token of this process where the mode is <c>token</c>; else null.</summary>
    public static string? Current => Mode == "token" ? Read() : null;

    /// <summary>RAY_AUTH_TOKEN, the file of RAY_AUTH_TOKEN_PATH, or ~/.ray/auth_token; null when there is none.</summary>
    public static string? Read()
    {
        if (Environment.GetEnvironmentVariable("RAY_AUTH_TOKEN") is { Length: > 0 } given) return given;
        return File.Exists(DefaultFile) ? File.ReadAllText(DefaultFile).Trim() : null;
    }

    /// <summary>Where a token is looked for, and kept by <c>ray get-auth-token --generate</c>.</summary>
    public static string DefaultFile => Environment.GetEnvironmentVariable("RAY_AUTH_TOKEN_PATH") is { Length: > 0 } path
        ? path
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".ray", "auth_token");

    /// <summary>Compares without telling by its time how much was right.</summary>
    public static bool Matches(string token, string given) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(token));

    /// <summary>What a client says whose token was not taken.</summary>
    public static string Refusal => "RPC error: InvalidAuthToken: Authentication token is missing or incorrect. "
        + (Mode == "token" ? "" : "Note: RAY_AUTH_MODE is currently 'disabled' (not 'token'). ")
        + "Ensure that the token for the cluster is available in a local file (e.g., ~/.ray/auth_token or via RAY_AUTH_TOKEN_PATH) or as the `RAY_AUTH_TOKEN` environment variable. "
        + "To generate a token for local development, use `ray get-auth-token --generate` For remote clusters, ensure that the token is propagated to all nodes of the cluster when token authentication is enabled. "
        + "For more information, see: https://docs.ray.io/en/latest/ray-security/token-auth.html";
}
