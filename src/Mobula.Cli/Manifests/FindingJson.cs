using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Manifests;

/// <summary>Findings for programs.</summary>
internal static class FindingJson
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The report as indented JSON.</summary>
    public static string Of(ManifestReport report) => Write(new JsonObject
    {
        ["findings"] = new JsonArray([.. report.Findings.Select(Describe)]),
        ["problems"] = new JsonArray([.. report.Problems.Select(p => (JsonNode)new JsonObject
        {
            ["file"] = p.File,
            ["line"] = p.Position.Line,
            ["column"] = p.Position.Column,
            ["message"] = p.Message,
        })]),
        ["notes"] = new JsonArray([.. report.Notes.Select(n => (JsonNode)n)]),
        ["pods"] = report.Pods,
        ["refusedPods"] = report.RefusedPods,
        ["warnedPods"] = report.WarnedPods,
    });

    /// <summary>A node as indented JSON in which text stays readable.</summary>
    public static string Write(JsonNode node)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Indented)) node.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static JsonNode Describe(ManifestFinding finding) => new JsonObject
    {
        ["file"] = finding.File,
        ["line"] = finding.Position.Line,
        ["column"] = finding.Position.Column,
        ["resource"] = finding.Resource,
        ["pod"] = finding.Role,
        ["container"] = finding.Container,
        ["policy"] = finding.Policy.ToString(),
        ["enforced"] = finding.IsEnforced,
        ["check"] = finding.CheckId,
        ["control"] = finding.Control,
        ["reason"] = finding.Reason,
        ["detail"] = finding.Detail,
        ["advice"] = finding.Advice,
        ["field"] = finding.Field?.ToString(),
        ["canBeFixed"] = finding.CanBeFixed,
    };
}
