using System.Text.Json.Nodes;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Scheduling;

/// <summary>A node with the pods on it, as far as scheduling asks.</summary>
internal sealed class NodeState
{
    private readonly List<JsonObject> _pods = [];

    public NodeState(JsonObject node, IEnumerable<JsonObject> pods)
    {
        Node = node;
        Allocatable = PodResources.Amounts(node.Object("status", "allocatable"));
        foreach (var pod in pods.Where(p => !PodState.HasEnded(p)))
        {
            _pods.Add(pod);
            PodResources.Add(Requested, PodResources.Requests(pod));
            Ports.AddRange(HostPort.Of(pod));
        }
    }

    public JsonObject Node { get; }

    public string Name => Node.Name;

    public IReadOnlyList<JsonObject> Pods => _pods;

    public Dictionary<string, long> Allocatable { get; }

    public Dictionary<string, long> Requested { get; } = [];

    public List<HostPort> Ports { get; } = [];
}
