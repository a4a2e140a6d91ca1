using System.CommandLine;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Reports;
using Mobula.Cli.Terminal;
using Mobula.Cli.Workloads;
using Mobula.PodSecurity;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula report</c>: what enforcing a policy would break in a cluster.</summary>
internal static class ReportCommand
{
    /// <summary>The command.</summary>
    public static Command Create(TerminalOutput terminal)
    {
        var policy = new PolicyFlags("restricted");
        var cluster = new WorkloadFlags();
        var output = new Option<string>("--output", "-o") { Description = "table, json, markdown or html", HelpName = "FORMAT", DefaultValueFactory = _ => "table" };
        output.AcceptOnlyFromAmong("table", "json", "markdown", "html");
        var command = new ExampleCommand(
            "report",
            "Tell which workloads of a cluster would break if a Pod Security level were enforced, and how to mend them",
            "mobula report -n shop",
            "mobula report -A --level baseline",
            "mobula report -A -o html > pod-security.html",
            "mobula report -A -o json | jq '.namespaces[] | select(.ready) | .labelCommand'");
        cluster.AddTo(command);
        policy.AddTo(command);
        command.Options.Add(output);
        command.SetAction(async (result, cancellation) =>
        {
            var options = policy.Options(result);
            var judgedBy = options.Policy ?? new LevelVersion(PodSecurityLevel.Restricted, PodSecurityVersion.Latest);
            var scan = await cluster.ScanAsync(result, options with { Policy = judgedBy }, terminal, cancellation).ConfigureAwait(false);
            var report = ClusterReport.Of(scan, judgedBy);
            switch (result.GetValue(output))
            {
                case "json":
                    terminal.Output.WriteLine(ReportJson.Of(report));
                    break;
                case "markdown":
                    terminal.Output.WriteLine(ReportMarkdown.Of(report));
                    break;
                case "html":
                    terminal.Output.WriteLine(ReportHtml.Of(report, TimeProvider.System.GetUtcNow()));
                    break;
                default:
                    ReportTable.Write(terminal.Output, report, terminal.ColourOutput);
                    break;
            }
            foreach (var problem in scan.Problems) terminal.Warn(problem);
            return scan.Problems.Count > 0 ? Invocation.CannotBeDone : report.Workloads > 0 ? 1 : 0;
        });
        return command;
    }
}
