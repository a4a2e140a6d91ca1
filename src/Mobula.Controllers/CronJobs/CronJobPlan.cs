using System.Text.Json.Nodes;

namespace Mobula.Controllers.CronJobs;

/// <summary>What a CronJob needs done.</summary>
internal sealed record CronJobPlan
{
    /// <summary>Jobs to delete: those that are replaced, and those beyond the limits of the history.</summary>
    public List<JsonObject> Delete { get; } = [];

    /// <summary>The job to create; null for none.</summary>
    public JsonObject? Create { get; set; }

    /// <summary>The time the job is for.</summary>
    public DateTimeOffset ScheduledAt { get; set; }

    /// <summary>What to tell of.</summary>
    public List<(string Type, string Reason, string Message)> Events { get; } = [];

    /// <summary>The status, without the job that is to be created.</summary>
    public JsonObject Status { get; set; } = [];

    /// <summary>When to look again.</summary>
    public TimeSpan? Again { get; set; }
}
