using System.CommandLine;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Manifests;
using Mobula.Cli.Terminal;
using Mobula.Cli.Workloads;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula check</c>: which pods of manifests the Pod Security Standards would refuse.</summary>
internal static class CheckCommand
{
    /// <summary>The command.</summary>
    public static Command Create(TerminalOutput terminal)
    {
        var flags = new ManifestFlags();
        var cluster = new WorkloadFlags();
        var output = new Option<string>("--output", "-o") { Description = "table, json, sarif, junit, github or markdown", HelpName = "FORMAT", DefaultValueFactory = _ => "table" };
        output.AcceptOnlyFromAmong("table", "json", "sarif", "junit", "github", "markdown");
        var fromCluster = new Option<bool>("--from-cluster") { Description = "check what is in the cluster instead of files, by its namespaces' labels" };
        var command = new ExampleCommand(
            "check",
            "Tell which pods of manifests the Pod Security Standards would refuse, and what to write",
            "mobula check -f raycluster.yaml",
            "helm template chart | mobula check -f - --level baseline",
            "mobula check -f deploy/ --version v1.24 -o sarif > mobula.sarif",
            "mobula check -f rollout.yaml --pod-template argoproj.io/Rollout=spec.template",
            "mobula check --from-cluster -n shop");
        flags.AddTo(command);
        command.Options.Add(output);
        command.Options.Add(fromCluster);
        cluster.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            var options = flags.Options(result);
            ManifestReport report;
            string? remedy = null;
            if (result.GetValue(fromCluster))
            {
                if (flags.NamesFiles(result)) throw new UsageException("choose -f or --from-cluster");
                report = WorkloadFindings.ToReport(await cluster.ScanAsync(result, options, terminal, cancellation).ConfigureAwait(false));
            }
            else
            {
                if (cluster.IsGiven(result)) throw new UsageException("-n, -A, --context and --kubeconfig go with --from-cluster");
                var (files, problems) = flags.ReadFiles(result);
                report = ManifestCheck.Check(files, options);
                report = report with { Problems = [.. problems, .. report.Problems] };
                remedy = RemedyOf(report);
            }
            terminal.Output.WriteLine(result.GetValue(output) switch
            {
                "json" => FindingJson.Of(report),
                "sarif" => SarifLog.Of(report, VersionCommand.Version),
                "junit" => JUnitReport.Of(report),
                "github" => GitHubAnnotations.Of(report),
                "markdown" => FindingMarkdown.Of(report, remedy),
                _ => TextOf(report, remedy, terminal.ColourOutput),
            });
            return report.Problems.Count > 0 ? Invocation.CannotBeDone : report.Findings.Count > 0 ? 1 : 0;
        });
        return command;
    }

    private static string TextOf(ManifestReport report, string? remedy, bool colour)
    {
        using var text = new StringWriter { NewLine = "\n" };
        new FindingText(text, colour).Write(report, remedy);
        return text.ToString().TrimEnd('\n');
    }

    private static string? RemedyOf(ManifestReport report)
    {
        if (report.Findings.Count == 0) return null;
        var fixable = report.Findings.Count(f => f.CanBeFixed);
        if (fixable == 0) return "None can be fixed without knowing the program.";
        var names = report.Findings.Where(f => f.CanBeFixed).Select(f => f.File == ManifestInput.StandardInput ? "-" : f.File).Distinct().ToList();
        var files = names.Count > 5 ? "-f …" : string.Join(" ", names.Select(f => $"-f {f}"));
        return $"{(fixable == report.Findings.Count ? "All" : fixable)} can be fixed:  mobula fix {files} --diff";
    }
}
