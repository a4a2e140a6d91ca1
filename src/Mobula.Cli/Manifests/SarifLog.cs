using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Yaml;
using Mobula.PodSecurity;
using Mobula.PodSecurity.Guidance;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Manifests;

/// <summary>Findings as SARIF 2.1.0, which code scanning services and editors read.</summary>
internal static class SarifLog
{
    private const string Schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

    /// <summary>The log.</summary>
    public static string Of(ManifestReport report, string version)
    {
        List<string> rules = [.. report.Findings.Select(f => f.CheckId).Distinct().Order(StringComparer.Ordinal)];
        return FindingJson.Write(new JsonObject
        {
            ["$schema"] = Schema,
            ["version"] = "2.1.0",
            ["runs"] = new JsonArray(new JsonObject
            {
                ["tool"] = new JsonObject
                {
                    ["driver"] = new JsonObject { ["name"] = "mobula", ["semanticVersion"] = version, ["rules"] = new JsonArray([.. rules.Select(Rule)]) },
                },
                ["columnKind"] = "utf16CodeUnits",
                ["invocations"] = new JsonArray(new JsonObject
                {
                    ["executionSuccessful"] = report.Problems.Count == 0,
                    ["toolExecutionNotifications"] = new JsonArray([.. report.Problems.Select(Notification)]),
                }),
                ["results"] = new JsonArray([.. report.Findings.Select(f => Result(f, rules.IndexOf(f.CheckId)))]),
            }),
        });
    }

    private static JsonNode Rule(string checkId)
    {
        var guide = ControlGuide.Of(checkId);
        var choices = string.Concat(guide.Choices.Select(c => $"\n- {c}"));
        var yaml = guide.Write is null ? "" : $"\n\n```yaml\n{guide.Write}\n```";
        return new JsonObject
        {
            ["id"] = checkId,
            ["name"] = guide.Control,
            ["shortDescription"] = Message($"{guide.Control} ({guide.Level.Word})"),
            ["fullDescription"] = Message(guide.Meaning),
            ["help"] = new JsonObject { ["text"] = $"{guide.Meaning}\n{guide.Write}{choices}", ["markdown"] = $"{guide.Meaning}{yaml}\n{choices}" },
            ["defaultConfiguration"] = new JsonObject { ["level"] = "error" },
            ["properties"] = new JsonObject
            {
                ["tags"] = new JsonArray("security", "kubernetes", "pod-security", guide.Level.Word),
                // The scale of code scanning services: baseline keeps the node safe, restricted hardens.
                ["security-severity"] = guide.Level == PodSecurityLevel.Baseline ? "8.0" : "5.0",
            },
        };
    }

    private static JsonNode Result(ManifestFinding finding, int ruleIndex) => new JsonObject
    {
        ["ruleId"] = finding.CheckId,
        ["ruleIndex"] = ruleIndex,
        ["level"] = finding.IsEnforced ? "error" : "warning",
        ["message"] = Message($"{FindingText.WhereOf(finding)}: {finding.Policy} {FindingText.VerbOf(finding)}: {finding.Reason}. {finding.Advice}"),
        ["locations"] = new JsonArray(Location(finding.File, finding.Position, $"{finding.Resource}/{finding.Field?.ToString() ?? finding.Role}")),
        ["partialFingerprints"] = new JsonObject
        {
            // Without line and column, so that a finding stays the same when lines above it move.
            ["podSecurityFinding/v1"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{finding.File}\n{finding.Resource}\n{finding.Role}\n{finding.Container}\n{finding.CheckId}\n{finding.Field}")))[..32],
        },
    };

    private static JsonNode Notification(ManifestProblem problem) => new JsonObject
    {
        ["level"] = "error",
        ["message"] = Message(problem.Message),
        ["locations"] = new JsonArray(Location(problem.File, problem.Position, null)),
    };

    private static JsonNode Location(string file, SourcePosition position, string? logical)
    {
        var location = new JsonObject();
        if (position.Line > 0)
        {
            location["physicalLocation"] = new JsonObject
            {
                ["artifactLocation"] = new JsonObject { ["uri"] = UriOf(file) },
                ["region"] = new JsonObject { ["startLine"] = position.Line, ["startColumn"] = position.Column },
            };
        }
        if (logical is not null) location["logicalLocations"] = new JsonArray(new JsonObject { ["fullyQualifiedName"] = logical, ["kind"] = "resource" });
        return location;
    }

    private static string UriOf(string file) =>
        file == ManifestInput.StandardInput ? "stdin"
        : Path.IsPathRooted(file) ? new Uri(file).AbsoluteUri
        : string.Join('/', (file.StartsWith("./", StringComparison.Ordinal) ? file[2..] : file).Split('/').Select(Uri.EscapeDataString));

    private static JsonObject Message(string text) => new() { ["text"] = text };
}
