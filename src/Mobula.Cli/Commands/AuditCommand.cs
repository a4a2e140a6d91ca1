using System.CommandLine;
using Mobula.Cli.AuditLogs;
using Mobula.Cli.Clusters;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Terminal;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula audit</c>: the audit log as a table.</summary>
internal static class AuditCommand
{
    /// <summary>The command.</summary>
    public static Command Create(TerminalOutput terminal)
    {
        var name = ClusterOptions.Name();
        var data = ClusterOptions.DataDirectory();
        var output = ClusterOptions.Output();
        var file = new Option<string?>("--log") { Description = "an audit log file, instead of a cluster's", HelpName = "FILE" };
        var ns = new Option<string?>("--namespace", "-n") { Description = "only requests about this namespace", HelpName = "NAMESPACE" };
        var denied = new Option<bool>("--denied") { Description = "only requests that were refused (403)" };
        var follow = new Option<bool>("--follow", "-f") { Description = "wait for more" };
        var command = new ExampleCommand(
            "audit",
            "Show a cluster's audit log as a table",
            "mobula audit -n pod-security --denied",
            "mobula audit -f",
            "mobula audit -n pod-security -o json | jq .annotations")
        {
            name, data, file, ns, denied, follow, output,
        };
        command.SetAction(async (result, cancellation) =>
        {
            var log = result.GetValue(file) ?? LogOf(ClusterDirectory.Of(result.GetValue(data), result.GetValue(name) ?? ClusterPlan.DefaultName));
            var table = new AuditTable(terminal.Output, terminal.ColourOutput, TimeZoneInfo.Local);
            var asJson = result.GetValue(output) == "json";
            int events = 0, shownDenied = 0, shownWarned = 0;
            try
            {
                await foreach (var (e, line) in AuditLogReader.ReadAsync(log, result.GetValue(follow), cancellation).ConfigureAwait(false))
                {
                    var summary = new AuditEventSummary(e);
                    if (!summary.IsLast || (result.GetValue(ns) is { } wanted && summary.Namespace != wanted)) continue;
                    events++;
                    if (summary.IsDenied) shownDenied++;
                    if (summary.IsWarned) shownWarned++;
                    if (result.GetValue(denied) && !summary.IsDenied) continue;
                    if (asJson) terminal.Output.WriteLine(line);
                    else table.Write(summary);
                }
            }
            catch (OperationCanceledException) when (result.GetValue(follow))
            {
                // Ctrl-C is how following ends.
            }
            if (!asJson) terminal.Error.WriteLine($"{shownDenied} denied, {shownWarned} warned, of {events} requests{(events == 0 ? "" : ".  Raw lines: -o json.  Follow: -f")}");
            return 0;
        });
        return command;
    }

    /// <summary>The audit log of a cluster.</summary>
    /// <exception cref="UsageException">The cluster writes none.</exception>
    internal static string LogOf(ClusterDirectory directory) =>
        ClusterRecord.Read(directory).ApiServerFlags.TryGetValue("audit-log-path", out var path) && path != "-"
            ? path
            : throw new UsageException($"cluster \"{directory.Name}\" writes no audit log.\nCreate one that does:  mobula create cluster --audit-policy-file FILE");
}
