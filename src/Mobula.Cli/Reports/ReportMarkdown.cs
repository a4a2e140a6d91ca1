using System.Text;
using static Mobula.Cli.Manifests.FindingMarkdown;

namespace Mobula.Cli.Reports;

/// <summary>The report as Markdown, for a wiki or an issue.</summary>
internal static class ReportMarkdown
{
    /// <summary>A section a namespace, a table row a workload and control.</summary>
    public static string Of(ClusterReport report)
    {
        var text = new StringBuilder($"# Pod Security: {Text(report.Policy.ToString())}\n\n{Text(report.Summary)}\n");
        foreach (var problem in report.Scan.Problems) text.Append($"\n> {Text(problem)}\n");
        foreach (var ns in report.Namespaces.Where(n => !n.IsReady))
        {
            text.Append($"\n## {Text(ns.Namespace.Name)}\n\nNow: {Text(ns.Labels)}\n\n| Workload | Control | Where | What to do |\n| --- | --- | --- | --- |\n");
            foreach (var workload in ns.Workloads)
            {
                foreach (var (control, where, _, advice) in ReportTable.Controls(workload)) text.Append($"| {Code(workload.Title)} | {Text(control)} | {Text(where)} | {Text(advice)} |\n");
            }
            var commands = ns.Workloads.Select(w => w.FixCommand(report.PolicyFlags)).OfType<string>().ToList();
            if (commands.Count > 0) text.Append($"\n```\n{string.Join('\n', commands)}\n```\n");
        }
        var ready = report.Namespaces.Where(n => n.IsReady).ToList();
        if (ready.Count > 0) text.Append($"\n## Ready\n\n{string.Join('\n', ready.Select(n => n.LabelCommand(report.Policy) is { } c ? $"- {Text(n.Namespace.Name)}: {Code(c)}" : $"- {Text(n.Namespace.Name)} ({Text(n.Labels)})"))}\n");
        foreach (var note in report.Scan.Notes.Distinct(StringComparer.Ordinal)) text.Append($"\n> {Text(note)}\n");
        return text.ToString().TrimEnd('\n');
    }
}
