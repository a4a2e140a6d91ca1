using System.Text.Json.Nodes;

namespace Mobula.Controllers.DaemonSets;

/// <summary>What a DaemonSet needs done.</summary>
internal sealed record DaemonSetPlan
{
    /// <summary>The nodes that get a pod.</summary>
    public List<string> Create { get; } = [];

    /// <summary>The pods to delete.</summary>
    public List<JsonObject> Delete { get; } = [];

    /// <summary>What to tell of.</summary>
    public List<(string Type, string Reason, string Message)> Events { get; } = [];

    /// <summary>The status that follows from nodes and pods as they are.</summary>
    public JsonObject Status { get; set; } = [];

    /// <summary>When to look again.</summary>
    public TimeSpan? Again { get; set; }
}
