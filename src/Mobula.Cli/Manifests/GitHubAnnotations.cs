using System.Text;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Manifests;

/// <summary>Findings as commands to GitHub Actions, which shows them at their lines in a pull request.</summary>
internal static class GitHubAnnotations
{
    /// <summary>One line each, and a last one that sums up.</summary>
    public static string Of(ManifestReport report)
    {
        var text = new StringBuilder();
        foreach (var p in report.Problems) Append(text, "error", p.File, p.Position.Line, p.Position.Column, "cannot be read", p.Message);
        foreach (var f in report.Findings)
        {
            Append(text, f.IsEnforced ? "error" : "warning", f.File, f.Position.Line, f.Position.Column, $"{f.Control} ({f.Policy})", $"{FindingText.WhereOf(f)}: {f.Reason}\n{f.Advice}");
        }
        return text.Append(FindingText.Summary(report)).ToString();
    }

    private static void Append(StringBuilder text, string command, string file, int line, int column, string title, string message)
    {
        var place = line == 0 ? "" : $"file={Property(file)},line={line},col={column},";
        text.Append($"::{command} {place}title={Property(title)}::{Data(message)}\n");
    }

    private static string Data(string text) => text.Replace("%", "%25", StringComparison.Ordinal).Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);

    private static string Property(string text) => Data(text).Replace(":", "%3A", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);
}
