using System.Text;
using System.Text.Json.Nodes;
using Mobula.PodSecurity.Admission;
using Mobula.PodSecurity.Expansion;
using Mobula.PodSecurity.Manifests;

namespace Mobula.PodSecurity.Tests;

/// <summary>The examples of the library's README, as they stand there.</summary>
public sealed class ReadmeTests
{
    private static readonly byte[] PodJson = Encoding.UTF8.GetBytes("""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"hostPID":true,"containers":[{"name":"c"}]}}""");

    // What the examples print.
    private readonly StringWriter Console = new();

    [Fact]
    public void Examples_of_the_README_are_these()
    {
        var tests = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "testdata", "readme", "ReadmeTests.cs")).Split('\n').Select(l => l.Trim()).ToHashSet(StringComparer.Ordinal);
        var blocks = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "testdata", "readme", "README.md")).Split("```csharp\n").Skip(1).Select(b => b[..b.IndexOf("```", StringComparison.Ordinal)]).ToList();
        Assert.Equal(3, blocks.Count);
        Assert.All(blocks.SelectMany(b => b.Split('\n')).Select(l => l.Trim()).Where(l => l.Length > 0), line => Assert.Contains(line, tests));
    }

    [Fact]
    public void Judge_a_pod()
    {
        var podJson = PodJson;
        var policy = new LevelVersion(PodSecurityLevel.Restricted, PodSecurityVersion.Latest);
        PodSecurityVerdict verdict = PodSecurityEvaluator.Default.Evaluate(podJson, policy);
        if (!verdict.IsAllowed) Console.WriteLine($"violates PodSecurity \"{policy}\": {verdict.Details}");
        Assert.StartsWith("violates PodSecurity \"restricted:latest\": host namespaces (hostPID=true), ", Console.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Check_and_mend_manifests()
    {
        const string yaml = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: c\n";
        var file = new ManifestFile("deployment.yaml", yaml);
        foreach (ManifestFinding finding in ManifestCheck.Check([file], new ManifestOptions()).Findings)
        {
            Console.WriteLine($"{finding.File}:{finding.Position} {finding.Resource} {finding.Container}: {finding.Reason}; {finding.Advice}");
        }
        string mended = ManifestFix.Fix(file, new ManifestOptions()).Text;
        var lines = Console.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("deployment.yaml:6:5 Pod/web c: allowPrivilegeEscalation != false; write  securityContext.allowPrivilegeEscalation: false", lines[0]);
        Assert.Equal(4, lines.Length);
        Assert.Empty(ManifestCheck.Check([new("deployment.yaml", mended)], new()).Findings);
    }

    [Fact]
    public void Decide_admission_requests()
    {
        var podJson = PodJson;
        var namespaceObject = (JsonObject)JsonNode.Parse("""{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"baseline"}}}""")!;
        var admission = new PodSecurityAdmission(PodSecurityConfiguration.Default, PodSecurityEvaluator.Default, new PodExpansion());
        PodSecurityDecision decision = admission.Decide(new AdmissionRequest
        {
            Operation = AdmissionOperation.Create, Resource = "pods", Namespace = "demo", Name = "web", UserName = "alice",
            Object = podJson, GetNamespace = () => namespaceObject,
        });
        Assert.Equal("pods \"web\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces (hostPID=true)", (string?)decision.Status!["message"]);
    }
}
