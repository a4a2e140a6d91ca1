using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Workloads;

/// <summary>What was found in a cluster, in the form of what is found in files: a namespace takes the place of a file.</summary>
internal static class WorkloadFindings
{
    /// <summary>The report.</summary>
    public static ManifestReport ToReport(WorkloadScan scan) => new(
        [.. scan.Workloads.SelectMany(w => w.Findings.Select(f => new ManifestFinding { File = w.Namespace, Position = default, Finding = f }))],
        [.. scan.Problems.Select(p => new ManifestProblem("cluster", default, p))],
        scan.Notes,
        [.. scan.Pods.Select(p => new ManifestPod(p.Namespace, default, p.Pod))]);
}
