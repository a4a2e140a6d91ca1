using System.Text.Json.Nodes;

namespace Mobula.Controllers.StatefulSets;

/// <summary>What a StatefulSet needs done.</summary>
internal sealed record StatefulSetPlan
{
    /// <summary>The pods to create: ordinals and the revisions they come from.</summary>
    public List<(int Ordinal, JsonObject Revision)> Create { get; } = [];

    /// <summary>The pods to delete.</summary>
    public List<JsonObject> Delete { get; } = [];

    /// <summary>Those of them that scaling takes away for good.</summary>
    public List<JsonObject> Condemned { get; } = [];

    /// <summary>Those of them that have ended and are made anew.</summary>
    public List<JsonObject> Recreated { get; } = [];

    /// <summary>The status that follows from the pods as they are.</summary>
    public JsonObject Status { get; set; } = [];

    /// <summary>When to look again, for pods that become available by time alone.</summary>
    public TimeSpan? Again { get; set; }
}
