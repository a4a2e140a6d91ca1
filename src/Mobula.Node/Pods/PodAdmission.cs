using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Node.Resources;

namespace Mobula.Node.Pods;

/// <summary>Whether the node takes a pod that was bound to it. Pure.</summary>
internal static class PodAdmission
{
    /// <summary>Sysctls that stay inside the pod.</summary>
    private static readonly HashSet<string> SafeSysctls =
    [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
    ];

    /// <summary>Why the pod is refused, or null.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="others">The other pods of the node that are not over.</param>
    /// <param name="capacity">The node's.</param>
    /// <param name="nodeLabels">The node's.</param>
    public static StatusReason? Refusal(JsonObject pod, IReadOnlyList<JsonObject> others, NodeCapacity capacity, IReadOnlyDictionary<string, string> nodeLabels)
    {
        if (pod.Text("spec", "os", "name") is { } os && os != "linux")
            return new("PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS");
        foreach (var sysctl in pod.Objects("spec", "securityContext", "sysctls").Select(s => s.Text("name") ?? ""))
            if (!SafeSysctls.Contains(sysctl)) return new("SysctlForbidden", $"forbidden sysctl: \"{sysctl}\" not allowlisted");
        if (Resources(pod, others, capacity) is { } lacking) return lacking;
        if (!MatchesLabels(pod, nodeLabels)) return new("NodeAffinity", "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector");
        if (PortsTaken(pod, others)) return new("NodePorts", "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports");
        return null;
    }

    /// <summary>Why a resize can never be done on this node, or null.</summary>
    public static StatusReason? Infeasible(JsonObject pod, NodeCapacity capacity)
    {
        var wanted = PodResources.Total(pod, "requests");
        foreach (var (name, have, factor) in (IEnumerable<(string, long, int)>)[("cpu", capacity.CpuMilli, 1000), ("memory", capacity.AllocatableMemory, 1)])
        {
            var asked = decimal.Ceiling(wanted.GetValueOrDefault(name) * factor);
            if (asked > have) return new("Infeasible", string.Create(CultureInfo.InvariantCulture, $"Node didn't have enough capacity: {name}, requested: {asked:0}, capacity: {have}"));
        }
        return null;
    }

    private static StatusReason? Resources(JsonObject pod, IReadOnlyList<JsonObject> others, NodeCapacity capacity)
    {
        if (others.Count >= capacity.Pods)
            return new("OutOfpods", $"Node didn't have enough resource: pods, requested: 1, used: {others.Count}, capacity: {capacity.Pods}");
        var wanted = PodResources.Total(pod, "requests");
        foreach (var (name, have, factor) in (IEnumerable<(string, long, int)>)[("cpu", capacity.CpuMilli, 1000), ("memory", capacity.AllocatableMemory, 1), ("ephemeral-storage", capacity.AllocatableStorage, 1)])
        {
            var asked = wanted.GetValueOrDefault(name) * factor;
            if (asked == 0) continue;
            var used = others.Sum(o => PodResources.Total(o, "requests").GetValueOrDefault(name) * factor);
            if (asked + used <= have) continue;
            return new($"OutOf{name}", string.Create(CultureInfo.InvariantCulture,
                $"Node didn't have enough resource: {name}, requested: {decimal.Ceiling(asked):0}, used: {decimal.Ceiling(used):0}, capacity: {have}"));
        }
        return null;
    }

    private static bool MatchesLabels(JsonObject pod, IReadOnlyDictionary<string, string> labels)
    {
        foreach (var (key, value) in pod.TextMap("spec", "nodeSelector"))
            if (!labels.TryGetValue(key, out var have) || have != value) return false;
        if (pod.Object("spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution") is not { } required) return true;
        return required.Objects("nodeSelectorTerms").Any(term =>
            term.Objects("matchExpressions").All(e => Matches(e, labels.GetValueOrDefault(e.Text("key") ?? ""))) &&
            term.Objects("matchFields").All(e => Matches(e, e.Text("key") == "metadata.name" ? labels.GetValueOrDefault("kubernetes.io/hostname") : null)) &&
            (term.List("matchExpressions") is { Count: > 0 } || term.List("matchFields") is { Count: > 0 }));
    }

    private static bool Matches(JsonObject expression, string? value)
    {
        var values = expression.Texts("values").ToList();
        return expression.Text("operator") switch
        {
            "In" => value is not null && values.Contains(value),
            "NotIn" => value is null || !values.Contains(value),
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            "Gt" => long.TryParse(value, out var number) && number > ResourceAmount.Whole(values.FirstOrDefault()),
            "Lt" => long.TryParse(value, out var number) && number < ResourceAmount.Whole(values.FirstOrDefault()),
            _ => false,
        };
    }

    private static bool PortsTaken(JsonObject pod, IReadOnlyList<JsonObject> others)
    {
        var taken = others.SelectMany(HostPorts).ToList();
        return HostPorts(pod).Any(p => taken.Any(t => t.Port == p.Port && t.Protocol == p.Protocol && (t.Ip == p.Ip || t.Ip == "0.0.0.0" || p.Ip == "0.0.0.0")));
    }

    private static IEnumerable<(long Port, string Protocol, string Ip)> HostPorts(JsonObject pod) =>
        ContainerSpec.Regular(pod).Concat(ContainerSpec.Init(pod).Where(c => c.IsSidecar)).SelectMany(c => c.Json.Objects("ports"))
            .Where(p => p.Integer("hostPort") is > 0)
            .Select(p => (p.Integer("hostPort")!.Value, p.Text("protocol") ?? "TCP", p.Text("hostIP") is { Length: > 0 } ip ? ip : "0.0.0.0"));
}
