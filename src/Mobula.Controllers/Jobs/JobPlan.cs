using System.Text.Json.Nodes;

namespace Mobula.Controllers.Jobs;

/// <summary>What a job needs done.</summary>
internal sealed record JobPlan
{
    /// <summary>The pods to create, by index; null for jobs without indexes.</summary>
    public List<int?> Create { get; } = [];

    /// <summary>Pods to delete that then count as failed.</summary>
    public List<JsonObject> Delete { get; } = [];

    /// <summary>Pods to delete that do not count: too many, or suspended.</summary>
    public List<JsonObject> Discard { get; } = [];

    /// <summary>Pods that have been counted, or need not be: they may go.</summary>
    public List<JsonObject> Release { get; } = [];

    /// <summary>The status to write before <see cref="Release"/>: it remembers who is about to be counted. Null when there is nobody.</summary>
    public JsonObject? StatusBefore { get; set; }

    /// <summary>The status in the end, without the count of active pods.</summary>
    public JsonObject Status { get; set; } = [];

    /// <summary>The pods that stay active, those to create not included.</summary>
    public int Active { get; set; }

    /// <summary>Failures that are counted now for the first time, by when they happened.</summary>
    public List<DateTimeOffset> NewFailures { get; } = [];

    /// <summary>Whether pods succeeded that are counted now for the first time.</summary>
    public bool HasNewSuccess { get; set; }

    /// <summary>When to look again; null when only events bring news.</summary>
    public TimeSpan? Again { get; set; }

    /// <summary>Events: type, reason, message.</summary>
    public List<(string Type, string Reason, string Message)> Events { get; } = [];

    /// <summary>How often each index that is created anew has failed.</summary>
    public Dictionary<int, int> IndexFailures { get; } = [];
}
