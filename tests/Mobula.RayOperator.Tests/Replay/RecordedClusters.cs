using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;

namespace Mobula.RayOperator.Tests.Replay;

/// <summary>The RayClusters of a recording, with every spec they had so far, and what the operator made of them.</summary>
internal static class RecordedClusters
{
    /// <summary>Objects of a kind that a RayCluster controls, each with the forms its owner had had when it was seen.</summary>
    public static IEnumerable<(JsonObject Made, bool Partial, IReadOnlyList<RayClusterView> Owners)> Children(Recording recording, string kind)
    {
        var clusters = new Dictionary<string, List<RayClusterView>>();
        var seen = new HashSet<string>();
        foreach (var (o, partial) in recording.Objects())
        {
            if (o.Kind == "RayCluster" && o.Object("spec") is not null)
            {
                if (!clusters.TryGetValue(o.Name, out var forms)) clusters.Add(o.Name, forms = []);
                forms.Add(new(o, recording.Options));
            }
            else if (o.Kind == kind && o.Object("spec") is not null && o.ControllerReference is { } owner && owner.Text("kind") == "RayCluster"
                && clusters.TryGetValue(owner.Text("name")!, out var owners) && seen.Add(Identity(o)))
            {
                yield return (o, partial, owners);
            }
        }
    }

    private static string Identity(JsonObject o)
    {
        var copy = o.Clone();
        copy.Remove("status");
        return copy.ToJsonString();
    }

    /// <summary>The worker group of a pod.</summary>
    public static JsonObject? Group(RayClusterView cluster, JsonObject pod) =>
        cluster.WorkerGroups.FirstOrDefault(g => g.Text("groupName") == pod.Label(RayLabels.Group));
}
