using System.Text.Json.Serialization;

namespace Mobula.Ray.Dashboard;

/// <summary>A job as Ray's dashboard tells of it (<c>GET /api/jobs/ID</c>).</summary>
public sealed record JobDetails
{
    /// <summary><c>PENDING</c>, <c>RUNNING</c>, <c>STOPPED</c>, <c>SUCCEEDED</c> or <c>FAILED</c>.</summary>
    [JsonPropertyName("status")]
    public string? Status { get; init; }

    /// <summary>For people.</summary>
    [JsonPropertyName("message")]
    public string? Message { get; init; }

    /// <summary>When it started, in milliseconds since 1970; null or 0 when it has not.</summary>
    [JsonPropertyName("start_time")]
    public double? StartTime { get; init; }

    /// <summary>When it ended, in milliseconds since 1970; null or 0 when it has not.</summary>
    [JsonPropertyName("end_time")]
    public double? EndTime { get; init; }

    /// <summary>The id under which it was submitted.</summary>
    [JsonPropertyName("submission_id")]
    public string? SubmissionId { get; init; }

    /// <summary>Whether a status is one that no other follows.</summary>
    public static bool IsTerminal(string? status) => status is "STOPPED" or "SUCCEEDED" or "FAILED";
}
