using System.Text.Json.Nodes;
using Mobula.Cli.Manifests;
using Mobula.Cli.Workloads;

namespace Mobula.Cli.Reports;

/// <summary>The report for programs.</summary>
internal static class ReportJson
{
    /// <summary>The report as indented JSON.</summary>
    public static string Of(ClusterReport report) => FindingJson.Write(new JsonObject
    {
        ["policy"] = report.Policy.ToString(),
        ["summary"] = report.Summary,
        ["objectsRead"] = report.Scan.Read,
        ["runningPods"] = report.Scan.RunningPods,
        ["problems"] = new JsonArray([.. report.Scan.Problems.Select(p => (JsonNode)p)]),
        ["notes"] = new JsonArray([.. report.Scan.Notes.Distinct(StringComparer.Ordinal).Select(p => (JsonNode)p)]),
        ["namespaces"] = new JsonArray([.. report.Namespaces.Select(n => (JsonNode)new JsonObject
        {
            ["name"] = n.Namespace.Name,
            ["ready"] = n.IsReady,
            ["enforce"] = n.Namespace.Policy.Enforce.ToString(),
            ["warn"] = n.Namespace.Policy.Warn.ToString(),
            ["audit"] = n.Namespace.Policy.Audit.ToString(),
            ["labelCommand"] = n.IsReady ? n.LabelCommand(report.Policy) : null,
            ["workloads"] = new JsonArray([.. n.Workloads.Select(w => Describe(w, report))]),
        })]),
    });

    private static JsonNode Describe(Workload workload, ClusterReport report) => new JsonObject
    {
        ["apiVersion"] = workload.Type.ApiVersion,
        ["kind"] = workload.Type.Kind,
        ["name"] = workload.Name,
        ["runningPods"] = workload.RunningPods,
        ["changedAfterwards"] = workload.IsChangedAfterwards,
        ["fixCommand"] = workload.FixCommand(report.PolicyFlags),
        ["findings"] = new JsonArray([.. workload.Findings.Select(f => (JsonNode)new JsonObject
        {
            ["pod"] = f.Role,
            ["container"] = f.Container,
            ["check"] = f.CheckId,
            ["control"] = f.Control,
            ["reason"] = f.Reason,
            ["detail"] = f.Detail,
            ["advice"] = f.Advice,
            ["field"] = f.Field?.ToString(),
            ["canBeFixed"] = f.CanBeFixed,
        })]),
    };
}
