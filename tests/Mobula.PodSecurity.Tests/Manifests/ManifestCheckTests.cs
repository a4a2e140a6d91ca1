using Mobula.PodSecurity.Expansion;
using Mobula.PodSecurity.Manifests;

namespace Mobula.PodSecurity.Tests.Manifests;

public sealed class ManifestCheckTests
{
    [Fact]
    public void RayCluster_is_told_field_by_field_with_its_places()
    {
        var report = Check(ManifestSamples.RayCluster);
        Assert.Equal(
            [
                "r.yaml:15:11 RayCluster/raycluster-complete › head pod › ray-head: allowPrivilegeEscalation != false",
                "r.yaml:15:11 RayCluster/raycluster-complete › head pod › ray-head: unrestricted capabilities",
                "r.yaml:15:11 RayCluster/raycluster-complete › head pod › ray-head: runAsNonRoot != true",
                "r.yaml:15:11 RayCluster/raycluster-complete › head pod › ray-head: seccompProfile",
                "r.yaml:28:11 RayCluster/raycluster-complete › worker pod of group small › ray-worker: allowPrivilegeEscalation != false",
                "r.yaml:28:11 RayCluster/raycluster-complete › worker pod of group small › ray-worker: unrestricted capabilities",
                "r.yaml:28:11 RayCluster/raycluster-complete › worker pod of group small › ray-worker: runAsNonRoot != true",
                "r.yaml:28:11 RayCluster/raycluster-complete › worker pod of group small › ray-worker: seccompProfile",
            ],
            report.Findings.Select(Line));
        Assert.Equal((2, 2), (report.Pods, report.RefusedPods));
        Assert.All(report.Findings, f => Assert.True(f.CanBeFixed));
        Assert.Equal(
            ["RayCluster/raycluster-complete: the operator adds the container \"wait-gcs-ready\" to the worker pod of group small; it copies the securityContext of the container ray-worker."],
            report.Notes);
    }

    [Fact]
    public void RayCluster_with_the_operators_defaults_passes_and_says_so()
    {
        var report = Check(ManifestSamples.RayCluster.Replace("\"false\"", "\"true\"", StringComparison.Ordinal));
        Assert.Empty(report.Findings);
        Assert.Contains("--operator kuberay", Assert.Single(report.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Namespace_among_the_manifests_decides_the_policy()
    {
        var report = ManifestCheck.Check(
            [
                new("ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  labels: {pod-security.kubernetes.io/enforce: baseline, pod-security.kubernetes.io/enforce-version: v1.22}\n"),
                new("p.json", """{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"a"},"spec":{"hostPID":true,"containers":[{"name":"c"}]}}]}"""),
            ],
            new());
        var finding = Assert.Single(report.Findings);
        Assert.Equal("baseline:v1.22", finding.Policy.ToString());
        Assert.Equal("p.json:1:123 Pod/p › pod › : host namespaces", Line(finding));
        Assert.Equal("spec.hostPID", finding.Field!.ToString());
        Assert.False(finding.CanBeFixed);
    }

    [Fact]
    public void Bad_document_is_told_and_hides_nothing_else()
    {
        var report = ManifestCheck.Check(
            [
                new("a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c}]}\n---\na: [\n"),
                new("b.yaml", "apiVersion: v1\nkind: Pod\nkind: Pod\n---\nkind: Pod\n---\n- x\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b}\nspec: {containers: {}}\n"),
                new("c.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: c}\nspec: {containers: [{name: c}]}\n"),
            ],
            new());
        Assert.Equal(8, report.Findings.Count);
        Assert.Equal(
            ["a.yaml:7", "b.yaml:3", "b.yaml:5", "b.yaml:7", "b.yaml:9"],
            report.Problems.Select(p => $"{p.File}:{p.Position.Line}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_KubeRay_injects_is_named_and_told_where_no_field_decides()
    {
        var report = Check("""
            apiVersion: ray.io/v1
            kind: RayJob
            metadata: {name: j}
            spec:
              submissionMode: K8sJobMode
              rayClusterSpec:
                enableInTreeAutoscaling: true
                headGroupSpec:
                  template:
                    spec:
                      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
                      containers:
                      - name: h
                        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
            """, new() { RayOperator = RayOperatorKind.KubeRay });
        Assert.Equal(
            [
                "autoscaler spec.rayClusterSpec.autoscalerOptions.securityContext.allowPrivilegeEscalation True",
                "autoscaler spec.rayClusterSpec.autoscalerOptions.securityContext.capabilities.drop True",
                "ray-job-submitter  False", "ray-job-submitter  False", "ray-job-submitter  False", "ray-job-submitter  False",
            ],
            report.Findings.Select(f => $"{f.Container} {f.Field} {f.CanBeFixed}").Order(StringComparer.Ordinal));
    }

    internal static ManifestReport Check(string text, ManifestOptions? options = null) => ManifestCheck.Check([new("r.yaml", text)], options ?? new());

    private static string Line(ManifestFinding f) => $"{f.File}:{f.Position} {f.Resource} › {f.Role} › {f.Container}: {f.Reason}";
}
