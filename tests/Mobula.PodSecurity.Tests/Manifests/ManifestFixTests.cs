using System.Text.Json.Nodes;
using Mobula.PodSecurity.Expansion;
using Mobula.PodSecurity.Manifests;

namespace Mobula.PodSecurity.Tests.Manifests;

public sealed class ManifestFixTests
{
    [Fact]
    public void RayCluster_is_mended_by_the_smallest_edit()
    {
        var result = Fix(ManifestSamples.RayCluster + "\n");
        Assert.Equal("""
            --- r.yaml
            +++ r.yaml
            @@ -14,6 +14,11 @@ head pod › ray-head
                     containers:
                     - name: ray-head
                       image: rayproject/ray:2.60.0   # pinned for reproducibility
            +          securityContext:
            +            allowPrivilegeEscalation: false
            +            capabilities: {drop: ["ALL"]}
            +            runAsNonRoot: true
            +            seccompProfile: {type: RuntimeDefault}
                       ports:
                       - {containerPort: 8265, name: dashboard}
                     # scratch space
            @@ -26,4 +31,9 @@ worker pod of group small › ray-worker
                   spec:
                     containers:
                     - image: rayproject/ray:2.60.0
            +          securityContext:
            +            allowPrivilegeEscalation: false
            +            capabilities: {drop: ["ALL"]}
            +            runAsNonRoot: true
            +            seccompProfile: {type: RuntimeDefault}
                       name: ray-worker

            """, result.Diff(), ignoreLineEndingDifferences: true);
        Assert.Equal(8, result.Fixed.Count);
        Assert.Empty(result.Remaining);
        Assert.Equal(result.Text, Fix(result.Text).Text);
    }

    [Theory]
    [InlineData("spec: {containers: [{name: c, image: i}]}", "spec: {containers: [{name: c, image: i, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [\"ALL\"]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}}]}")]
    [InlineData("spec:\n  containers:\n  - name: c\n    securityContext: # todo\n", "spec:\n  containers:\n  - name: c\n    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [\"ALL\"]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}} # todo\n")]
    [InlineData("spec:\n  containers:\n  - name: c\n    securityContext: {}\n", "spec:\n  containers:\n  - name: c\n    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [\"ALL\"]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}\n")]
    [InlineData(
        "spec:\n  securityContext: {seccompProfile: {type: Unconfined}, runAsNonRoot: no}\n  containers:\n  - name: c\n    securityContext:\n      allowPrivilegeEscalation: true # why\n      capabilities:\n        drop:\n        - KILL # kept\n        # end\n",
        "spec:\n  securityContext: {seccompProfile: {type: RuntimeDefault}, runAsNonRoot: true}\n  containers:\n  - name: c\n    securityContext:\n      allowPrivilegeEscalation: false # why\n      capabilities:\n        drop:\n        - KILL # kept\n        - \"ALL\"\n        # end\n")]
    [InlineData(
        "spec:\r\n  containers:\r\n  - name: a\r\n    args:\r\n    - |\r\n      x: \ty\r\n  - &b\r\n    name: 'b'\r\n",
        "spec:\r\n  containers:\r\n  - name: a\r\n    securityContext:\r\n      allowPrivilegeEscalation: false\r\n      capabilities: {drop: [\"ALL\"]}\r\n    args:\r\n    - |\r\n      x: \ty\r\n  - &b\r\n    name: 'b'\r\n    securityContext:\r\n      allowPrivilegeEscalation: false\r\n      capabilities: {drop: [\"ALL\"]}\r\n  securityContext:\r\n    runAsNonRoot: true\r\n    seccompProfile: {type: RuntimeDefault}\r\n")]
    [InlineData(
        "spec:\n  containers:\n  - name: a\n    securityContext: &sc\n      runAsUser: 1000\n  - name: b\n    securityContext: *sc\n",
        "spec:\n  containers:\n  - name: a\n    securityContext: &sc\n      runAsUser: 1000\n      allowPrivilegeEscalation: false\n      capabilities: {drop: [\"ALL\"]}\n  - name: b\n    securityContext: *sc\n  securityContext:\n    runAsNonRoot: true\n    seccompProfile: {type: RuntimeDefault}\n")]
    [InlineData(
        "spec:\n  containers:\n  - name: é 😀 \"q\"\n    securityContext: {runAsNonRoot: true, seccompProfile: {type: Localhost, localhostProfile: p}, capabilities: {drop: [ KILL ], add: []}}\n...\n---\n# nothing\n",
        "spec:\n  containers:\n  - name: é 😀 \"q\"\n    securityContext: {runAsNonRoot: true, seccompProfile: {type: Localhost, localhostProfile: p}, capabilities: {drop: [ KILL, \"ALL\" ], add: []}, allowPrivilegeEscalation: false}\n...\n---\n# nothing\n")]
    [InlineData(
        "spec:\n  containers:\n  - name: a\n    args: [x]\n  - name: b\n    args:\n    - |\n      echo\n        \tb\n\n# end\n",
        "spec:\n  containers:\n  - name: a\n    args: [x]\n    securityContext:\n      allowPrivilegeEscalation: false\n      capabilities: {drop: [\"ALL\"]}\n  - name: b\n    securityContext:\n      allowPrivilegeEscalation: false\n      capabilities: {drop: [\"ALL\"]}\n    args:\n    - |\n      echo\n        \tb\n  securityContext:\n    runAsNonRoot: true\n    seccompProfile: {type: RuntimeDefault}\n\n# end\n")]
    public void Pod_is_edited_in_its_own_style(string spec, string expected)
    {
        var head = spec.Contains('\r', StringComparison.Ordinal) ? "apiVersion: v1\r\nkind: Pod\r\n" : "apiVersion: v1\nkind: Pod\n";
        var result = Fix(head + spec);
        Assert.Equal(head + expected, result.Text);
        Assert.Empty(result.Remaining);
    }

    [Fact]
    public void Byte_order_mark_moves_nothing()
    {
        const string pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n    image: i # x\n";
        Assert.Equal('\uFEFF' + Fix(pod).Text, Fix('\uFEFF' + pod).Text);
        Assert.NotEqual(pod, Fix(pod).Text);
    }

    [Fact]
    public void Pretty_JSON_stays_pretty_JSON()
    {
        const string json = "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\",\n  \"spec\": {\n    \"containers\": [\n      {\n        \"name\": \"c\",\n        \"image\": \"i\"\n      }\n    ]\n  }\n}\n";
        var result = Fix(json);
        Assert.Contains("        \"image\": \"i\",\n        \"securityContext\": {\"allowPrivilegeEscalation\": false, \"capabilities\": {\"drop\": [\"ALL\"]}, \"runAsNonRoot\": true, \"seccompProfile\": {\"type\": \"RuntimeDefault\"}}\n", result.Text, StringComparison.Ordinal);
        Assert.NotNull(JsonNode.Parse(result.Text));
    }

    [Fact]
    public void What_takes_knowing_the_program_is_told_and_left_alone()
    {
        const string pod = """
            apiVersion: v1
            kind: Pod
            metadata: {name: p}
            spec:
              hostNetwork: true
              securityContext: {runAsUser: 0, seccompProfile: {type: RuntimeDefault}}
              containers:
              - name: c
                securityContext: {privileged: true, capabilities: {drop: [ALL], add: [SYS_ADMIN]}}
                ports: [{containerPort: 1, hostPort: 1}]
              volumes: [{name: v, hostPath: {path: /}}]
            """;
        var result = Fix(pod);
        Assert.Equal(pod, result.Text);
        Assert.Empty(result.Fixed);
        Assert.Equal(
            ["allowPrivilegeEscalation", "capabilities_restricted", "hostNamespaces", "hostPorts", "privileged", "restrictedVolumes", "runAsNonRoot", "runAsUser"],
            result.Remaining.Select(f => f.CheckId).Order(StringComparer.Ordinal));
        Assert.All(result.Remaining, f => Assert.True(f.Advice.Length > 10));
    }

    [Fact]
    public void Autoscaler_gets_the_field_that_KubeRay_reads()
    {
        var result = Fix("""
            apiVersion: ray.io/v1
            kind: RayCluster
            metadata: {name: c}
            spec:
              enableInTreeAutoscaling: true
              headGroupSpec:
                template:
                  spec:
                    containers: [{name: h}]
            """, new() { RayOperator = RayOperatorKind.KubeRay });
        Assert.Empty(result.Remaining);
        Assert.Contains("  autoscalerOptions:\n    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [\"ALL\"]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void JSON_patch_makes_the_same_object()
    {
        var patch = Assert.Single(ManifestPatch.Of([new("r.yaml", ManifestSamples.RayCluster)], new())).Patch;
        Assert.Equal(8, patch.Count);
        Assert.Equal("""{"op":"add","path":"/spec/headGroupSpec/template/spec/containers/0/securityContext","value":{"allowPrivilegeEscalation":false}}""", patch[0]!.ToJsonString());
        Assert.Equal("""{"op":"add","path":"/spec/headGroupSpec/template/spec/containers/0/securityContext/capabilities","value":{"drop":["ALL"]}}""", patch[1]!.ToJsonString());
    }

    internal static ManifestFixResult Fix(string text, ManifestOptions? options = null) => ManifestFix.Fix(new ManifestFile("r.yaml", text), options ?? new());
}
