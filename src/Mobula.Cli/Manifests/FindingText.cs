using Mobula.Cli.Terminal;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Manifests;

/// <summary>Shows findings to people: place, resource, Kubernetes' words, and what to write.</summary>
internal sealed class FindingText(TextWriter output, bool colour)
{
    /// <summary>Writes one finding.</summary>
    public void Write(ManifestFinding finding)
    {
        var where = finding.Container is { } container ? $"{finding.Resource} › {finding.Role} › container \"{container}\"" : $"{finding.Resource} › {finding.Role}";
        output.WriteLine($"{TerminalOutput.Paint($"{finding.File}:{finding.Position}", "1", colour)}  {where}");
        output.WriteLine($"  {finding.Policy} refuses: {TerminalOutput.Paint(finding.Reason, "31", colour)}");
        output.WriteLine($"  {finding.Advice}");
    }

    /// <summary>Writes what could not be judged.</summary>
    public void Write(ManifestProblem problem) =>
        output.WriteLine($"{TerminalOutput.Paint($"{problem.File}:{problem.Position}", "1", colour)}  {TerminalOutput.Paint(problem.Message, "31", colour)}");

    /// <summary>A count with its noun.</summary>
    public static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}
