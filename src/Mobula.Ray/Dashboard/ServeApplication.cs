using System.Text.Json.Serialization;

namespace Mobula.Ray.Dashboard;

/// <summary>An application of Ray Serve as the dashboard tells of it.</summary>
public sealed record ServeApplication
{
    /// <summary>For example <c>DEPLOYING</c> or <c>RUNNING</c>.</summary>
    [JsonPropertyName("status")]
    public string? Status { get; init; }

    /// <summary>For people.</summary>
    [JsonPropertyName("message")]
    public string? Message { get; init; }

    /// <summary>Its deployments by name.</summary>
    [JsonPropertyName("deployments")]
    public IReadOnlyDictionary<string, ServeDeployment>? Deployments { get; init; }
}

/// <summary>A deployment of an application.</summary>
public sealed record ServeDeployment
{
    /// <summary>For example <c>HEALTHY</c>.</summary>
    [JsonPropertyName("status")]
    public string? Status { get; init; }

    /// <summary>For people.</summary>
    [JsonPropertyName("message")]
    public string? Message { get; init; }
}

/// <summary>The answer to <c>GET /api/serve/applications/</c>.</summary>
internal sealed record ServeDetails([property: JsonPropertyName("applications")] IReadOnlyDictionary<string, ServeApplication>? Applications);
