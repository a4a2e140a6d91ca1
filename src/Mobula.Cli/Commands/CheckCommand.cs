using System.CommandLine;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Manifests;
using Mobula.Cli.Terminal;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula check</c>: which pods of manifests the Pod Security Standards would refuse.</summary>
internal static class CheckCommand
{
    /// <summary>The command.</summary>
    public static Command Create(TerminalOutput terminal)
    {
        var flags = new ManifestFlags();
        var output = new Option<string>("--output", "-o") { Description = "table or json", HelpName = "FORMAT", DefaultValueFactory = _ => "table" };
        output.AcceptOnlyFromAmong("table", "json");
        var command = new ExampleCommand(
            "check",
            "Tell which pods of manifests the Pod Security Standards would refuse, and what to write",
            "mobula check -f raycluster.yaml",
            "helm template chart | mobula check -f - --level baseline",
            "mobula check -f deploy/ --version v1.24 -o json");
        flags.AddTo(command);
        command.Options.Add(output);
        command.SetAction(result =>
        {
            var report = ManifestCheck.Check(flags.ReadFiles(result), flags.Options(result));
            if (result.GetValue(output) == "json") terminal.Output.WriteLine(FindingJson.Of(report));
            else Show(report, terminal);
            return report.Problems.Count > 0 ? Invocation.CannotBeDone : report.Findings.Count > 0 ? 1 : 0;
        });
        return command;
    }

    private static void Show(ManifestReport report, TerminalOutput terminal)
    {
        var text = new FindingText(terminal.Output, terminal.ColourOutput);
        foreach (var problem in report.Problems) text.Write(problem);
        foreach (var finding in report.Findings) text.Write(finding);
        if (report.Pods > 0 || report.Problems.Count == 0) terminal.Output.WriteLine(Summary(report));
        foreach (var note in report.Notes) terminal.Output.WriteLine(note);
    }

    private static string Summary(ManifestReport report)
    {
        var fixable = report.Findings.Count(f => f.CanBeFixed);
        if (report.Findings.Count == 0) return report.Pods == 0 ? "No pods in the input." : $"{FindingText.Count(report.Pods, "pod")} would be accepted.";
        var files = string.Join(" ", report.Findings.Where(f => f.CanBeFixed).Select(f => f.File).Distinct().Select(f => $"-f {(f == ManifestInput.StandardInput ? "-" : f)}"));
        var remedy = fixable == 0 ? "None can be fixed without knowing the program." : $"{(fixable == report.Findings.Count ? "All" : fixable)} can be fixed:  mobula fix {files} --diff";
        return $"{report.RefusedPods} of {FindingText.Count(report.Pods, "pod")} would be refused ({FindingText.Count(report.Findings.Count, "finding")}). {remedy}";
    }
}
