using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Mobula.Ray.Dashboard;

/// <summary>What is sent to submit a job (<c>POST /api/jobs/</c>); what is null is left out.</summary>
public sealed record JobSubmission
{
    /// <summary>The command line.</summary>
    [JsonPropertyName("entrypoint")]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required string Entrypoint { get; init; }

    /// <summary>The id under which the job is to be known.</summary>
    [JsonPropertyName("submission_id")]
    public string? SubmissionId { get; init; }

    /// <summary>The runtime environment.</summary>
    [JsonPropertyName("runtime_env")]
    public JsonObject? RuntimeEnvironment { get; init; }

    /// <summary>What the user notes about the job.</summary>
    [JsonPropertyName("metadata")]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>CPUs that the entry point takes.</summary>
    [JsonPropertyName("entrypoint_num_cpus")]
    public double? CpuCount { get; init; }

    /// <summary>GPUs that the entry point takes.</summary>
    [JsonPropertyName("entrypoint_num_gpus")]
    public double? GpuCount { get; init; }

    /// <summary>Custom resources that the entry point takes.</summary>
    [JsonPropertyName("entrypoint_resources")]
    public JsonObject? Resources { get; init; }
}
