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

    [Fact]
    public void Judge_a_pod()
    {
        var podJson = PodJson;
        var policy = new LevelVersion(PodSecurityLevel.Restricted, PodSecurityVersion.Latest);
        PodSecurityVerdict verdict = PodSecurityEvaluator.Default.Evaluate(podJson, policy);
        Assert.StartsWith("violates PodSecurity \"restricted:latest\": host namespaces (hostPID=true), ", $"violates PodSecurity \"{policy}\": {verdict.Details}", StringComparison.Ordinal);
    }

    [Fact]
    public void Check_and_mend_manifests()
    {
        const string yaml = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: c\n";
        var file = new ManifestFile("deployment.yaml", yaml);
        List<string> lines = [];
        foreach (ManifestFinding finding in ManifestCheck.Check([file], new ManifestOptions()).Findings)
        {
            lines.Add($"{finding.File}:{finding.Position} {finding.Resource} {finding.Container}: {finding.Reason}; {finding.Advice}");
        }
        string mended = ManifestFix.Fix(file, new ManifestOptions()).Text;
        Assert.Equal("deployment.yaml:6:5 Pod/web c: allowPrivilegeEscalation != false; write  securityContext.allowPrivilegeEscalation: false", lines[0]);
        Assert.Equal(4, lines.Count);
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
