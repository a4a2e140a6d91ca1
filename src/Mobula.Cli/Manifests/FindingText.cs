using Mobula.Cli.Terminal;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Manifests;

/// <summary>Shows findings to people: place, resource, Kubernetes' words, and what to write.</summary>
internal sealed class FindingText(TextWriter output, bool colour)
{
    /// <summary>Writes a whole report: problems first, then findings, then what they come to.</summary>
    public void Write(ManifestReport report, string? remedy)
    {
        foreach (var problem in report.Problems) Write(problem);
        foreach (var finding in report.Findings) Write(finding);
        if (report.Pods > 0 || report.Problems.Count == 0) output.WriteLine($"{Summary(report)}{(remedy is null ? "" : $" {remedy}")}");
        foreach (var note in report.Notes) output.WriteLine(note);
    }

    /// <summary>Writes one finding.</summary>
    public void Write(ManifestFinding finding)
    {
        output.WriteLine($"{TerminalOutput.Paint(PlaceOf(finding), "1", colour)}  {WhereOf(finding)}");
        output.WriteLine($"  {finding.Policy} {VerbOf(finding)}: {TerminalOutput.Paint(finding.Reason, finding.IsEnforced ? "31" : "33", colour)}");
        output.WriteLine($"  {finding.Advice}");
    }

    /// <summary>Writes what could not be judged.</summary>
    public void Write(ManifestProblem problem) =>
        output.WriteLine($"{TerminalOutput.Paint(problem.Position.Line == 0 ? problem.File : $"{problem.File}:{problem.Position}", "1", colour)}  {TerminalOutput.Paint(problem.Message, "31", colour)}");

    /// <summary><c>FILE:LINE:COLUMN</c>; the file alone where it is no text.</summary>
    public static string PlaceOf(ManifestFinding finding) => finding.Position.Line == 0 ? finding.File : $"{finding.File}:{finding.Position}";

    /// <summary>The resource, the pod and the container.</summary>
    public static string WhereOf(ManifestFinding finding) =>
        finding.Container is { } container ? $"{finding.Resource} › {finding.Role} › container \"{container}\"" : $"{finding.Resource} › {finding.Role}";

    /// <summary>What the policy does about it.</summary>
    public static string VerbOf(ManifestFinding finding) => finding.IsEnforced ? "refuses" : "warns";

    /// <summary>What the findings come to, in a sentence.</summary>
    public static string Summary(ManifestReport report)
    {
        if (report.Findings.Count == 0) return report.Pods == 0 ? "No pods in the input." : $"{Count(report.Pods, "pod")} would be accepted.";
        List<string> fates = [];
        if (report.RefusedPods > 0) fates.Add($"{report.RefusedPods} of {Count(report.Pods, "pod")} would be refused");
        if (report.WarnedPods > 0) fates.Add($"{report.WarnedPods} of {Count(report.Pods, "pod")} would be warned about");
        return $"{string.Join(", ", fates)} ({Count(report.Findings.Count, "finding")}).";
    }

    /// <summary>A count with its noun.</summary>
    public static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}
