using Mobula.Cli.Workloads;
using Mobula.PodSecurity;

namespace Mobula.Cli.Reports;

/// <summary>A namespace and what a policy would do to it.</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="Workloads">The workloads that would break.</param>
/// <param name="Pods">The pods that its templates make, and those without a template.</param>
internal sealed record NamespaceReport(ScannedNamespace Namespace, IReadOnlyList<Workload> Workloads, int Pods)
{
    /// <summary>Whether nothing would break.</summary>
    public bool IsReady => Workloads.Count == 0;

    /// <summary>What the labels say now, in words.</summary>
    public string Labels => !Namespace.IsLabelled ? "no labels" : $"enforces {Namespace.Policy.Enforce}, warns {Namespace.Policy.Warn}";

    /// <summary>The command that enforces the policy, if it is not enforced already.</summary>
    public string? LabelCommand(LevelVersion policy) => Namespace.Policy.Enforce == policy
        ? null
        : $"kubectl label namespace {Namespace.Name} --overwrite pod-security.kubernetes.io/enforce={policy.Level.Word} pod-security.kubernetes.io/enforce-version={policy.Version}";
}

/// <summary>What enforcing a policy would break in a cluster.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Namespaces">Those in which something would break first, then by name.</param>
/// <param name="Scan">What was read.</param>
internal sealed record ClusterReport(LevelVersion Policy, IReadOnlyList<NamespaceReport> Namespaces, WorkloadScan Scan)
{
    /// <summary>The flags that make <c>mobula fix</c> judge by the same policy; null for its default.</summary>
    public string? PolicyFlags =>
        Policy is { Level: PodSecurityLevel.Restricted, Version.IsLatest: true } ? null : $"--level {Policy.Level.Word}{(Policy.Version.IsLatest ? "" : $" --version {Policy.Version}")}";

    /// <summary>The workloads that would break.</summary>
    public int Workloads => Namespaces.Sum(n => n.Workloads.Count);

    /// <summary>What it comes to.</summary>
    public string Summary => Workloads == 0
        ? $"Nothing would break under {Policy}: {Scan.Pods.Count} pod templates and pods in {Namespaces.Count} namespaces."
        : $"{Workloads} workload{(Workloads == 1 ? "" : "s")} in {Namespaces.Count(n => !n.IsReady)} of {Namespaces.Count} namespaces would break under {Policy}; {Scan.RunningPods} pods run.";

    /// <summary>Groups what was read.</summary>
    public static ClusterReport Of(WorkloadScan scan, LevelVersion policy)
    {
        var workloads = scan.Workloads.ToLookup(w => w.Namespace, StringComparer.Ordinal);
        var pods = scan.Pods.CountBy(p => p.Namespace).ToDictionary(StringComparer.Ordinal);
        return new(
            policy,
            [.. scan.Namespaces.Select(n => new NamespaceReport(n, [.. workloads[n.Name]], pods.GetValueOrDefault(n.Name)))
                .OrderBy(n => n.IsReady).ThenBy(n => n.Namespace.Name, StringComparer.Ordinal)],
            scan);
    }
}
