using Mobula.Cli.Terminal;
using Mobula.Cli.Workloads;

namespace Mobula.Cli.Reports;

/// <summary>The report for a terminal: a namespace, its workloads, the controls of each with their containers, and the command to run.</summary>
internal static class ReportTable
{
    /// <summary>Writes it.</summary>
    public static void Write(TextWriter output, ClusterReport report, bool colour)
    {
        foreach (var ns in report.Namespaces.Where(n => !n.IsReady))
        {
            output.WriteLine($"{TerminalOutput.Paint(ns.Namespace.Name, "1", colour)}  ({ns.Labels})");
            foreach (var workload in ns.Workloads) Write(output, report, workload, colour);
            output.WriteLine();
        }
        var ready = report.Namespaces.Where(n => n.IsReady).ToList();
        if (ready.Count > 0)
        {
            output.WriteLine(TerminalOutput.Paint("Ready:", "32", colour) + $" {string.Join(", ", ready.Take(20).Select(n => n.Namespace.Name))}{(ready.Count > 20 ? $" and {ready.Count - 20} more" : "")}");
            if (ready.FirstOrDefault(n => n.Pods > 0 && n.LabelCommand(report.Policy) is not null)?.LabelCommand(report.Policy) is { } command) output.WriteLine($"  enforce it:  {command}");
        }
        output.WriteLine(report.Summary);
        foreach (var note in report.Scan.Notes.Distinct(StringComparer.Ordinal)) output.WriteLine(note);
    }

    /// <summary>The controls of a workload, each with the containers it is about.</summary>
    internal static IEnumerable<(string Control, string Where, bool CanBeFixed, string Advice)> Controls(Workload workload) => workload.Findings
        .GroupBy(f => (f.Control, f.CheckId))
        .Select(g => (
            g.Key.Control,
            string.Join(", ", g.Select(f => f.Container is { } c ? (f.Role is "pod" || f.Role.StartsWith("pod of ", StringComparison.Ordinal) ? c : $"{c} ({f.Role})") : f.Role is "pod" ? "pod" : f.Role).Distinct()),
            g.All(f => f.CanBeFixed),
            string.Join("; ", g.Select(f => f.Advice).Distinct())));

    private static void Write(TextWriter output, ClusterReport report, Workload workload, bool colour)
    {
        output.WriteLine($"  {workload.Title}{(workload.RunningPods > 0 ? $"  ({workload.RunningPods} running)" : "")}");
        foreach (var (control, where, canBeFixed, advice) in Controls(workload))
        {
            output.WriteLine($"    {TerminalOutput.Paint($"{control,-24}", canBeFixed ? "33" : "31", colour)} {where}");
            if (!canBeFixed) output.WriteLine($"    {"",-24} {advice}");
        }
        if (workload.FixCommand(report.PolicyFlags) is { } command) output.WriteLine($"    fix:  {command}");
        else if (workload.Type.Kind == "Job") output.WriteLine("    fix:  a Job cannot be changed; mend what made it (mobula fix -f FILE)");
    }
}
