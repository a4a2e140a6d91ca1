using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Selectors;

namespace Mobula.Controllers.Scheduling;

/// <summary>The topology spread constraints of a pod that must hold.</summary>
internal sealed class TopologySpread
{
    private readonly JsonObject _pod;
    private readonly List<(JsonObject Constraint, string Key, LabelSelector Selector, Dictionary<string, int> Counts)> _constraints = [];

    public TopologySpread(JsonObject pod, IReadOnlyCollection<NodeState> nodes)
    {
        _pod = pod;
        foreach (var constraint in pod.Objects("spec", "topologySpreadConstraints").Where(c => (c.Text("whenUnsatisfiable") ?? "DoNotSchedule") == "DoNotSchedule"))
        {
            var key = constraint.Text("topologyKey") ?? "";
            var selector = Selector(constraint, pod);
            var counts = new Dictionary<string, int>();
            foreach (var node in nodes)
            {
                if (node.Node.Label(key) is not { } domain) continue;
                if ((constraint.Text("nodeAffinityPolicy") ?? "Honor") == "Honor" && !NodeAffinity.Matches(pod, node.Node)) continue;
                if (constraint.Text("nodeTaintsPolicy") == "Honor" && Taints.Untolerated(pod, node.Node) is not null) continue;
                counts[domain] = counts.GetValueOrDefault(domain) + node.Pods.Count(p => !p.IsTerminating && p.Namespace == pod.Namespace && selector.Matches(p));
            }
            _constraints.Add((constraint, key, selector, counts));
        }
    }

    /// <summary>Why a node will not do; null when it will.</summary>
    public string? Refusal(NodeState node)
    {
        foreach (var (constraint, key, selector, counts) in _constraints)
        {
            if (node.Node.Label(key) is not { } domain) return "node(s) didn't match pod topology spread constraints (missing required label)";
            var least = counts.Count == 0 || counts.Count < (constraint.Integer("minDomains") ?? 1) ? 0 : counts.Values.Min();
            var mine = counts.GetValueOrDefault(domain) + (selector.Matches(_pod) ? 1 : 0);
            if (mine - least > (constraint.Integer("maxSkew") ?? 1)) return "node(s) didn't match pod topology spread constraints";
        }
        return null;
    }

    private static LabelSelector Selector(JsonObject constraint, JsonObject pod)
    {
        if (constraint.Object("labelSelector") is not { } labels) return LabelSelector.Nothing;
        var keys = constraint.Texts("matchLabelKeys").Where(k => pod.Label(k) is not null).ToArray();
        if (keys.Length == 0) return LabelSelector.From(labels);
        var narrowed = labels.Clone();
        foreach (var key in keys) narrowed.Ensure("matchLabels")[key] = pod.Label(key);
        return LabelSelector.From(narrowed);
    }
}
