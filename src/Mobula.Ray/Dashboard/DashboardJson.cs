using System.Text.Json.Serialization;

namespace Mobula.Ray.Dashboard;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JobDetails))]
[JsonSerializable(typeof(JobSubmission))]
[JsonSerializable(typeof(StopAnswer))]
[JsonSerializable(typeof(ServeDetails))]
internal sealed partial class DashboardJson : JsonSerializerContext;

/// <summary>The answer to <c>POST /api/jobs/ID/stop</c>.</summary>
internal sealed record StopAnswer([property: JsonPropertyName("stopped")] bool Stopped);
