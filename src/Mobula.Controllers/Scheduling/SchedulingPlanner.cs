using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Scheduling;

/// <summary>Chooses a node for a pod: filters the nodes, then takes the one that scores best.</summary>
internal static class SchedulingPlanner
{
    private const string UnschedulableTaint = "node.kubernetes.io/unschedulable";

    /// <summary>Decides for one pod.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="nodes">All nodes with the pods on them.</param>
    /// <param name="namespaces">Finds a namespace by its name, for selectors of namespaces.</param>
    /// <param name="claims">Finds a PersistentVolumeClaim of the pod's namespace.</param>
    public static SchedulingDecision Decide(
        JsonObject pod, IReadOnlyCollection<NodeState> nodes, Func<string, JsonObject?> namespaces, Func<string, JsonObject?> claims)
    {
        if (nodes.Count == 0) return new(null, "no nodes available to schedule pods");
        if (VolumeRefusal(pod, claims) is { } volumes)
        {
            return new(null, $"0/{nodes.Count} nodes are available: {volumes}. preemption: 0/{nodes.Count} nodes are available: {nodes.Count} Preemption is not helpful for scheduling.");
        }
        var requests = PodResources.Requests(pod);
        var ports = HostPort.Of(pod).ToArray();
        var spread = new TopologySpread(pod, nodes);
        var affinity = new PodAffinity(pod, nodes, namespaces);
        var fitting = new List<NodeState>();
        var reasons = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var hopeless = 0;
        foreach (var node in nodes)
        {
            var (refusals, final) = Filter(pod, node, requests, ports, spread, affinity);
            if (refusals.Count == 0)
            {
                fitting.Add(node);
                continue;
            }
            if (final) hopeless++;
            foreach (var refusal in refusals) reasons[refusal] = reasons.GetValueOrDefault(refusal) + 1;
        }
        if (fitting.Count > 0) return new(Best(pod, fitting, requests, nodes.Count).Name, null);
        return new(null, Explain(pod, nodes.Count, reasons, hopeless));
    }

    private static (IReadOnlyList<string> Refusals, bool Final) Filter(
        JsonObject pod, NodeState node, Dictionary<string, long> requests, HostPort[] ports, TopologySpread spread, PodAffinity affinity)
    {
        var unschedulable = new JsonObject { ["key"] = UnschedulableTaint, ["effect"] = "NoSchedule" };
        if (node.Node.Flag("spec", "unschedulable") == true && !Taints.IsTolerated(pod, unschedulable)) return (["node(s) were unschedulable"], true);
        if (Taints.Untolerated(pod, node.Node) is { } taint) return ([$"node(s) had untolerated taint {{{taint.Text("key")}: {taint.Text("value")}}}"], true);
        if (!NodeAffinity.Matches(pod, node.Node)) return (["node(s) didn't match Pod's node affinity/selector"], true);
        if (ports.Any(p => node.Ports.Any(p.ConflictsWith))) return (["node(s) didn't have free ports for the requested pod ports"], false);
        if (ResourceRefusals(node, requests) is { Count: > 0 } lacking) return (lacking, false);
        if (spread.Refusal(node) is { } skew) return ([skew], skew.EndsWith("label)", StringComparison.Ordinal));
        return affinity.Refusal(node) is { } refusal ? ([refusal], refusal.Contains("pod affinity", StringComparison.Ordinal)) : ([], false);
    }

    private static List<string> ResourceRefusals(NodeState node, Dictionary<string, long> requests)
    {
        var lacking = new List<string>();
        if (node.Allocatable.TryGetValue("pods", out var most) && node.Pods.Count + 1 > most) lacking.Add("Too many pods");
        foreach (var (name, amount) in requests.Where(r => r.Value > 0))
        {
            if (amount > node.Allocatable.GetValueOrDefault(name) - node.Requested.GetValueOrDefault(name)) lacking.Add($"Insufficient {name}");
        }
        return lacking;
    }

    private static string? VolumeRefusal(JsonObject pod, Func<string, JsonObject?> claims)
    {
        foreach (var volume in pod.Objects("spec", "volumes"))
        {
            var name = volume.Text("persistentVolumeClaim", "claimName")
                ?? (volume.Object("ephemeral") is null ? null : $"{pod.Name}-{volume.Text("name")}");
            if (name is null) continue;
            if (claims(name) is not { } claim) return $"persistentvolumeclaim \"{name}\" not found";
            if (claim.IsTerminating) return $"persistentvolumeclaim \"{name}\" is being deleted";
            if (string.IsNullOrEmpty(claim.Text("spec", "volumeName"))) return "pod has unbound immediate PersistentVolumeClaims";
        }
        return null;
    }

    private static string Explain(JsonObject pod, int total, SortedDictionary<string, int> reasons, int hopeless)
    {
        var counted = reasons.Select(r => $"{r.Value} {r.Key}").Order(StringComparer.Ordinal);
        var preemption = new List<string>();
        if (pod.Text("spec", "preemptionPolicy") == "Never")
        {
            return $"0/{total} nodes are available: {string.Join(", ", counted)}. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.";
        }
        if (hopeless > 0) preemption.Add($"{hopeless} Preemption is not helpful for scheduling");
        if (hopeless < total) preemption.Add($"{total - hopeless} No preemption victims found for incoming pod");
        return $"0/{total} nodes are available: {string.Join(", ", counted)}. no new claims to deallocate, preemption: 0/{total} nodes are available: {string.Join(", ", preemption.Order(StringComparer.Ordinal))}.";
    }

    private static NodeState Best(JsonObject pod, List<NodeState> nodes, Dictionary<string, long> requests, int total)
    {
        if (nodes.Count == 1) return nodes[0];
        var images = pod.Objects("spec", "containers").Select(c => c.Text("image")).OfType<string>().ToArray();
        var mostPreferred = Math.Max(1, nodes.Max(n => NodeAffinity.Preference(pod, n.Node)));
        return nodes
            .OrderByDescending(n => LeastAllocated(n, requests) + ImageLocality(n, images, nodes, total) + (2 * 100 * NodeAffinity.Preference(pod, n.Node) / mostPreferred) - (300 * SoftTaints(pod, n)))
            .ThenBy(n => n.Pods.Count)
            .ThenBy(n => n.Name, StringComparer.Ordinal)
            .First();
    }

    /// <summary>0 to 100: the share of CPU and memory that would be left.</summary>
    private static long LeastAllocated(NodeState node, Dictionary<string, long> requests)
    {
        var score = 0L;
        foreach (var (name, least) in (ReadOnlySpan<(string, long)>)[("cpu", PodResources.DefaultMilliCpu), ("memory", PodResources.DefaultMemory)])
        {
            var capacity = node.Allocatable.GetValueOrDefault(name);
            var used = node.Requested.GetValueOrDefault(name) + Math.Max(requests.GetValueOrDefault(name), least);
            score += capacity == 0 || used > capacity ? 0 : (capacity - used) * 100 / capacity;
        }
        return score / 2;
    }

    /// <summary>0 to 100: how much of the pod's images the node has already, less where few nodes have them.</summary>
    private static long ImageLocality(NodeState node, string[] images, List<NodeState> nodes, int total)
    {
        const long least = 23L * 1024 * 1024;
        const long most = 1000L * 1024 * 1024;
        var bytes = 0L;
        foreach (var image in images)
        {
            if (Image(node, image) is not { } found) continue;
            bytes += (found.Integer("sizeBytes") ?? 0) * nodes.Count(n => Image(n, image) is not null) / total;
        }
        return images.Length == 0 ? 0 : 100 * (Math.Clamp(bytes, least, most * images.Length) - least) / ((most * images.Length) - least);
    }

    private static JsonObject? Image(NodeState node, string image)
    {
        var name = image.LastIndexOf(':') <= image.LastIndexOf('/') ? $"{image}:latest" : image;
        return node.Node.Objects("status", "images").FirstOrDefault(i => i.Texts("names").Contains(name));
    }

    private static long SoftTaints(JsonObject pod, NodeState node) =>
        node.Node.Objects("spec", "taints").Count(t => t.Text("effect") == "PreferNoSchedule" && !Taints.IsTolerated(pod, t));
}
