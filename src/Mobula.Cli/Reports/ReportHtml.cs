using System.Globalization;
using System.Net;
using System.Text;

namespace Mobula.Cli.Reports;

/// <summary>The report as one page that needs nothing else: style and script are in it, and it can be read without the script.</summary>
internal static class ReportHtml
{
    /// <summary>The page.</summary>
    public static string Of(ClusterReport report, DateTimeOffset now)
    {
        var body = new StringBuilder();
        var broken = report.Namespaces.Where(n => !n.IsReady).ToList();
        var ready = report.Namespaces.Where(n => n.IsReady).ToList();
        body.Append($"<header><h1>Pod Security <code>{E(report.Policy.ToString())}</code></h1><p class=\"{(broken.Count > 0 ? "bad" : "good")}\">{E(report.Summary)}</p>");
        body.Append($"<p class=\"dim\">Read <time datetime=\"{now.UtcDateTime.ToString("o", CultureInfo.InvariantCulture)}\">{now.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)}</time> from {report.Scan.Read} objects.</p></header>");
        foreach (var problem in report.Scan.Problems) body.Append($"<p class=\"bad\">{E(problem)}</p>");
        if (broken.Count > 0) body.Append("<label class=\"filter\">Filter <input id=\"filter\" type=\"search\" placeholder=\"namespace, workload, control …\" autocomplete=\"off\"></label> <span id=\"shown\" class=\"dim\" aria-live=\"polite\"></span>");
        body.Append("<main>");
        foreach (var ns in broken) Append(body, ns, report);
        if (broken.Count == 0) body.Append("<p>Nothing to do but to enforce it.</p>");
        body.Append("</main>");
        if (ready.Count > 0)
        {
            body.Append($"<section><h2>Ready <span class=\"dim\">{ready.Count}</span></h2><p>Nothing in these namespaces would break.</p><table><thead><tr><th>Namespace</th><th>Now</th><th>To enforce</th></tr></thead><tbody>");
            foreach (var ns in ready) body.Append($"<tr><td>{E(ns.Namespace.Name)}</td><td>{E(ns.Labels)}</td><td>{(ns.LabelCommand(report.Policy) is { } c ? Command(c) : "enforced already")}</td></tr>");
            body.Append("</tbody></table></section>");
        }
        if (report.Scan.Notes.Count > 0) body.Append($"<section><h2>Notes</h2><ul>{string.Concat(report.Scan.Notes.Distinct(StringComparer.Ordinal).Select(n => $"<li>{E(n)}</li>"))}</ul></section>");
        return $"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Pod Security {E(report.Policy.ToString())}</title>\n<style>{Resource("report.css")}</style></head>\n<body>{body}\n<script>{Resource("report.js")}</script></body></html>";
    }

    private static void Append(StringBuilder body, NamespaceReport ns, ClusterReport report)
    {
        body.Append($"<section class=\"namespace\"><h2>{E(ns.Namespace.Name)} <span class=\"dim\">{E(ns.Labels)}</span></h2>");
        foreach (var workload in ns.Workloads)
        {
            var fix = workload.FixCommand(report.PolicyFlags);
            body.Append($"<details class=\"workload\" open><summary><b>{E(workload.Title)}</b>{(workload.RunningPods > 0 ? $" <span class=\"dim\">{workload.RunningPods} running</span>" : "")}</summary>");
            body.Append("<table><thead><tr><th>Control</th><th>Where</th><th>What to do</th></tr></thead><tbody>");
            foreach (var (control, where, canBeFixed, advice) in ReportTable.Controls(workload))
            {
                body.Append($"<tr><td><span class=\"{(canBeFixed ? "fixable" : "hard")}\">{E(control)}</span></td><td>{E(where)}</td><td>{E(advice)}</td></tr>");
            }
            body.Append("</tbody></table>");
            if (fix is not null) body.Append(Command(fix));
            else if (workload.Type.Kind == "Job") body.Append("<p class=\"dim\">A Job cannot be changed; mend what made it.</p>");
            body.Append("</details>");
        }
        body.Append("</section>");
    }

    private static string Command(string command) => $"<div class=\"command\"><code>{E(command)}</code><button type=\"button\" class=\"copy\">Copy</button></div>";

    private static string E(string text) => WebUtility.HtmlEncode(text);

    private static string Resource(string name)
    {
        using var stream = typeof(ReportHtml).Assembly.GetManifestResourceStream($"reports/{name}")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
