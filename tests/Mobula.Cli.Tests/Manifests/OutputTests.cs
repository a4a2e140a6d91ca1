using System.Text.Json.Nodes;
using System.Xml.Linq;
using Mobula.Cli.Manifests;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Tests.Manifests;

public sealed class OutputTests
{
    private const string Pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: 'a,b:c|d'}\nspec:\n  hostPID: true\n  containers:\n  - name: c\n---\nkind: [\n";

    private static ManifestReport Report => ManifestCheck.Check([new("dir with space/p.yaml", Pod), new("<stdin>", Pod)], new());

    [Fact]
    public void Sarif_has_what_the_schema_demands_and_no_more()
    {
        var log = KubernetesJson.ParseObject(System.Text.Encoding.UTF8.GetBytes(SarifLog.Of(Report, "0.1.0")));
        AssertMembers(log, ["version", "runs"], ["$schema"]);
        Assert.Equal("2.1.0", log.Text("version"));
        var run = Assert.Single(log.Objects("runs"));
        AssertMembers(run, ["tool"], ["columnKind", "invocations", "results"]);
        Assert.Contains(run.Text("columnKind"), new[] { "utf16CodeUnits", "unicodeCodePoints" });
        var driver = run.Object("tool", "driver")!;
        AssertMembers(driver, ["name"], ["semanticVersion", "rules"]);
        var rules = driver.Objects("rules").ToList();
        Assert.Equal(rules.Count, rules.Select(r => r.Text("id")).Distinct().Count());
        foreach (var rule in rules)
        {
            AssertMembers(rule, ["id"], ["name", "shortDescription", "fullDescription", "help", "defaultConfiguration", "properties"]);
            foreach (var text in new[] { "shortDescription", "fullDescription", "help" }) Assert.NotEmpty(rule.Text(text, "text")!);
            Assert.NotEmpty(rule.Texts("properties", "tags"));
        }
        foreach (var invocation in run.Objects("invocations"))
        {
            AssertMembers(invocation, ["executionSuccessful"], ["toolExecutionNotifications"]);
            Assert.False(invocation.Flag("executionSuccessful"));
            foreach (var notification in invocation.Objects("toolExecutionNotifications")) AssertMembers(notification, ["message"], ["level", "locations"]);
        }
        Assert.Equal(10, run.Objects("results").Count());
        foreach (var result in run.Objects("results"))
        {
            AssertMembers(result, ["message"], ["ruleId", "ruleIndex", "level", "locations", "partialFingerprints"]);
            Assert.Equal(result.Text("ruleId"), rules[(int)result.Integer("ruleIndex")!.Value].Text("id"));
            Assert.Contains(result.Text("level"), new[] { "none", "note", "warning", "error" });
            var location = Assert.Single(result.Objects("locations"));
            AssertMembers(location, [], ["physicalLocation", "logicalLocations"]);
            Assert.True(Uri.TryCreate(location.Text("physicalLocation", "artifactLocation", "uri"), UriKind.RelativeOrAbsolute, out _));
            Assert.True(location.Integer("physicalLocation", "region", "startLine") >= 1);
            Assert.True(location.Integer("physicalLocation", "region", "startColumn") >= 1);
        }
        Assert.Equal(["dir%20with%20space/p.yaml", "stdin"], run.Objects("results").Select(r => r.Objects("locations").First().Text("physicalLocation", "artifactLocation", "uri")).Distinct());
        Assert.Equal(10, run.Objects("results").Select(r => r.Text("partialFingerprints", "podSecurityFinding/v1")).Distinct().Count());
    }

    [Fact]
    public void JUnit_counts_pods_and_says_what_Kubernetes_says()
    {
        var xml = XDocument.Parse(JUnitReport.Of(Report));
        Assert.Equal(("4", "2", "2"), (xml.Root!.Attribute("tests")!.Value, xml.Root.Attribute("failures")!.Value, xml.Root.Attribute("errors")!.Value));
        var failure = xml.Descendants("failure").First();
        Assert.StartsWith("violates PodSecurity \"restricted:latest\": host namespaces (hostPID=true), allowPrivilegeEscalation != false (container \"c\" must set", failure.Attribute("message")!.Value, StringComparison.Ordinal);
        Assert.Equal("Pod/a,b:c|d › pod", xml.Descendants("testcase").Single(c => c.Elements("failure").Any() && c.Attribute("classname")!.Value == "<stdin>").Attribute("name")!.Value);
    }

    [Fact]
    public void GitHub_annotations_escape_what_would_end_them()
    {
        var lines = GitHubAnnotations.Of(Report).Split('\n');
        Assert.Contains("::error file=dir with space/p.yaml,line=5,col=3,title=Host Namespaces (restricted%3Alatest)::Pod/a,b:c|d › pod: host namespaces%0Aremove hostPID; if the program needs the host, keep it in a privileged namespace of its own", lines);
        Assert.All(lines[..^1], l => Assert.StartsWith("::error ", l, StringComparison.Ordinal));
    }

    [Fact]
    public void Markdown_keeps_its_tables_whole()
    {
        var rows = FindingMarkdown.Of(Report, null).Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal) && l.Contains("Host Namespaces", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, rows.Count);
        Assert.All(rows, r => Assert.Equal(6, r.Replace("\\|", "", StringComparison.Ordinal).Count(c => c == '|')));
    }

    [Fact]
    public void Namespace_that_enforces_less_than_it_warns_of_makes_warnings()
    {
        const string ns = "apiVersion: v1\nkind: Namespace\nmetadata: {name: n, labels: {pod-security.kubernetes.io/enforce: baseline, pod-security.kubernetes.io/warn: restricted}}\n---\n";
        var report = ManifestCheck.Check([new("p.yaml", ns + Pod.Split("---")[0])], new());
        Assert.Equal(["hostNamespaces"], report.Findings.Where(f => f.IsEnforced).Select(f => f.CheckId));
        Assert.Equal(4, report.Findings.Count(f => !f.IsEnforced));
        Assert.Contains("::warning ", GitHubAnnotations.Of(report), StringComparison.Ordinal);
    }

    private static void AssertMembers(JsonObject o, string[] required, string[] optional)
    {
        Assert.All(required, m => Assert.True(o.ContainsKey(m), $"{m} is missing"));
        Assert.Empty(o.Select(m => m.Key).Except(required).Except(optional));
    }
}
