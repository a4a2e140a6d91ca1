using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Selectors;

namespace Mobula.Controllers.Scheduling;

/// <summary>Required affinity and anti-affinity between pods, over all nodes.</summary>
internal sealed class PodAffinity
{
    private const string Required = "requiredDuringSchedulingIgnoredDuringExecution";
    private readonly JsonObject _pod;
    private readonly IReadOnlyCollection<NodeState> _nodes;
    private readonly Func<string, JsonObject?> _namespaces;
    private readonly JsonObject[] _affinity;
    private readonly JsonObject[] _antiAffinity;
    private readonly List<(string Key, string Value)> _refused = [];

    public PodAffinity(JsonObject pod, IReadOnlyCollection<NodeState> nodes, Func<string, JsonObject?> namespaces)
    {
        (_pod, _nodes, _namespaces) = (pod, nodes, namespaces);
        _affinity = [.. Terms(pod, "podAffinity")];
        _antiAffinity = [.. Terms(pod, "podAntiAffinity")];
        foreach (var node in nodes)
        {
            foreach (var other in node.Pods)
            {
                foreach (var term in Terms(other, "podAntiAffinity"))
                {
                    if (term.Text("topologyKey") is { } key && node.Node.Label(key) is { } value && Selects(term, other, pod)) _refused.Add((key, value));
                }
            }
        }
    }

    /// <summary>Why a node will not do; null when it will.</summary>
    public string? Refusal(NodeState node)
    {
        if (!AffinityHolds(node)) return "node(s) didn't match pod affinity rules";
        if (_antiAffinity.Any(t => Domain(t, node).Any(p => Selects(t, _pod, p)))) return "node(s) didn't match pod anti-affinity rules";
        return _refused.Any(r => node.Node.Label(r.Key) == r.Value) ? "node(s) didn't satisfy existing pods anti-affinity rules" : null;
    }

    private bool AffinityHolds(NodeState node)
    {
        if (_affinity.Length == 0) return true;
        if (_affinity.Any(t => node.Node.Label(t.Text("topologyKey") ?? "") is null)) return false;
        if (_affinity.All(t => Domain(t, node).Any(p => Selects(t, _pod, p)))) return true;
        // The first of a group that wants to be together has nobody to be with yet.
        return _affinity.All(t => Selects(t, _pod, _pod)) && !_nodes.SelectMany(n => n.Pods).Any(p => _affinity.All(t => Selects(t, _pod, p)));
    }

    /// <summary>The pods in the topology domain of a node; none when the node has no such label.</summary>
    private List<JsonObject> Domain(JsonObject term, NodeState node)
    {
        var key = term.Text("topologyKey") ?? "";
        return node.Node.Label(key) is not { } value ? [] : [.. _nodes.Where(n => n.Node.Label(key) == value).SelectMany(n => n.Pods)];
    }

    private bool Selects(JsonObject term, JsonObject owner, JsonObject pod)
    {
        var named = term.Texts("namespaces").ToArray();
        var selector = term.Object("namespaceSelector");
        var inNamespace = selector is null && named.Length == 0
            ? pod.Namespace == owner.Namespace
            : named.Contains(pod.Namespace) || (selector is not null && LabelSelector.From(selector) is var s && (s.IsEverything || (_namespaces(pod.Namespace ?? "") is { } ns && s.Matches(ns))));
        return inNamespace && term.Object("labelSelector") is { } labels && LabelSelector.From(labels).Matches(pod);
    }

    private static IEnumerable<JsonObject> Terms(JsonObject pod, string kind) => pod.Objects("spec", "affinity", kind, Required);
}
