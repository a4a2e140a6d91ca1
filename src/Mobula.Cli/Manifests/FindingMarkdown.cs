using System.Text;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Manifests;

/// <summary>Findings as Markdown, for a comment on a pull request or the summary of a run.</summary>
internal static class FindingMarkdown
{
    /// <summary>A heading, a table a resource, and the notes.</summary>
    public static string Of(ManifestReport report, string? remedy)
    {
        var text = new StringBuilder($"### Pod Security: {Text(FindingText.Summary(report))}\n");
        if (report.Problems.Count > 0)
        {
            text.Append("\n| Place | Could not be read |\n| --- | --- |\n");
            foreach (var p in report.Problems) text.Append($"| {Code($"{p.File}:{p.Position}")} | {Text(p.Message)} |\n");
        }
        foreach (var resource in report.Findings.GroupBy(f => (f.File, f.Resource)))
        {
            text.Append($"\n**{Text(resource.Key.Resource)}** in {Code(resource.Key.File)}\n\n| Line | Pod | Container | Control | What to do |\n| --- | --- | --- | --- | --- |\n");
            foreach (var f in resource)
            {
                var line = f.Position.Line == 0 ? "" : f.Position.ToString();
                text.Append($"| {line} | {Text(f.Role)} | {(f.Container is null ? "" : Code(f.Container))} | {Text(f.Control)}{(f.IsEnforced ? "" : " (warning)")} | {Text(f.Advice)} |\n");
            }
        }
        if (remedy is not null) text.Append($"\n{Text(remedy)}\n");
        if (report.Notes.Count > 0) text.Append('\n');
        foreach (var note in report.Notes) text.Append($"- {Text(note)}\n");
        return text.ToString().TrimEnd('\n');
    }

    /// <summary>Text that Markdown shows as it is, also in a cell.</summary>
    internal static string Text(string text)
    {
        var escaped = new StringBuilder();
        foreach (var c in text)
        {
            if (c is '\\' or '`' or '*' or '_' or '[' or ']' or '<' or '>' or '|' or '#') escaped.Append('\\');
            escaped.Append(c is '\n' or '\r' ? ' ' : c);
        }
        return escaped.ToString();
    }

    /// <summary>Text in code style, also in a cell.</summary>
    internal static string Code(string text) => text.Length == 0 ? "" : $"`{text.Replace('`', '\'').Replace("|", "\\|", StringComparison.Ordinal).Replace('\n', ' ')}`";
}
