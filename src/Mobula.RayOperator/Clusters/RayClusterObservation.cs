using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;

namespace Mobula.RayOperator.Clusters;

/// <summary>What is known of a RayCluster and its surroundings at the start of a pass.</summary>
internal sealed record RayClusterObservation(RayClusterView Cluster)
{
    /// <summary>The pods with the cluster's label.</summary>
    public IReadOnlyList<JsonObject> Pods { get; init; } = [];

    /// <summary>The Services of the cluster's namespace.</summary>
    public IReadOnlyList<JsonObject> Services { get; init; } = [];

    /// <summary>Whether the ServiceAccount, Role and RoleBinding of the autoscaler are there.</summary>
    public bool HasServiceAccount { get; init; }

    /// <summary>See <see cref="HasServiceAccount"/>.</summary>
    public bool HasRole { get; init; }

    /// <summary>See <see cref="HasServiceAccount"/>.</summary>
    public bool HasRoleBinding { get; init; }

    /// <summary>The Ingress as it is.</summary>
    public JsonObject? Ingress { get; init; }

    /// <summary>Whether the Secret with the token is there.</summary>
    public bool HasAuthSecret { get; init; }

    /// <summary>The claim for the data of the control service.</summary>
    public JsonObject? GcsClaim { get; init; }

    /// <summary>Groups (empty for the head) of which a change is under way, so that nothing more is done to them yet.</summary>
    public IReadOnlySet<string> PendingGroups { get; init; } = new HashSet<string>();

    public IEnumerable<JsonObject> HeadPods => Pods.Where(p => p.Label(RayLabels.NodeType) == RayLabels.Head);

    public IEnumerable<JsonObject> WorkersOf(string group) => Pods.Where(p => p.Label(RayLabels.Group) == group);
}
