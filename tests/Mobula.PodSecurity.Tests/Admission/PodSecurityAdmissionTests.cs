using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Admission;
using Mobula.PodSecurity.Expansion;
using Mobula.PodSecurity.Tests.Manifests;

namespace Mobula.PodSecurity.Tests.Admission;

public sealed class PodSecurityAdmissionTests
{
    private static readonly JsonObject RestrictedNamespace = (JsonObject)JsonNode.Parse("""
        {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n","labels":{"pod-security.kubernetes.io/enforce":"restricted","pod-security.kubernetes.io/audit":"restricted"}}}
        """)!;

    private static readonly PodSecurityAdmission Admission = new(PodSecurityConfiguration.Default, PodSecurityEvaluator.Default, new PodExpansion());

    [Fact]
    public void RayCluster_is_warned_of_the_pods_it_will_make_and_never_refused()
    {
        var decision = Admission.Decide(Request("rayclusters", "ray.io", ToJson(ManifestSamples.RayCluster)));
        Assert.True(decision.IsAllowed);
        Assert.Equal(2, decision.Warnings.Count);
        Assert.StartsWith("would violate PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"ray-head\" must set", decision.Warnings[0], StringComparison.Ordinal);
        Assert.EndsWith(" [head pod]", decision.Warnings[0], StringComparison.Ordinal);
        Assert.Contains("(containers \"wait-gcs-ready\", \"ray-worker\" must set", decision.Warnings[1], StringComparison.Ordinal);
        Assert.Contains("ray-worker", decision.AuditAnnotations["audit-violations"], StringComparison.Ordinal);
    }

    [Fact]
    public void RayCluster_that_the_operator_hardens_is_not_warned_of()
    {
        var hardened = ToJson(ManifestSamples.RayCluster.Replace("\"false\"", "\"true\"", StringComparison.Ordinal));
        Assert.Empty(Admission.Decide(Request("rayclusters", "ray.io", hardened)).Warnings);
    }

    [Fact]
    public void Namespace_that_cannot_be_looked_up_refuses_a_pod_and_annotates_a_workload()
    {
        var request = Request("pods", "", """{"spec":{"containers":[{"name":"c"}]}}""") with { GetNamespace = () => throw new StatusException(404, "NotFound", "gone") };
        var pod = Admission.Decide(request);
        Assert.Equal(500, pod.Status!.Integer("code"));
        Assert.Equal("failed to lookup namespace \"n\": gone", pod.AuditAnnotations["error"]);
        var deployment = Admission.Decide(request with { Group = "apps", Resource = "deployments" });
        Assert.True(deployment.IsAllowed);
        Assert.Equal("failed to lookup namespace \"n\": gone", deployment.AuditAnnotations["error"]);
    }

    [Fact]
    public void Pod_that_cannot_be_decoded_is_a_bad_request()
    {
        var decision = Admission.Decide(Request("pods", "", """{"spec":{"containers":"x"}}"""));
        Assert.Equal((400, "failed to decode object"), ((int)decision.Status!.Integer("code")!, decision.Status!.Text("message")));
        Assert.StartsWith("failed to decode object: spec.containers", decision.AuditAnnotations["error"], StringComparison.Ordinal);
    }

    [Fact]
    public void Tightening_looks_at_no_more_than_3000_pods_one_of_each_controller_first()
    {
        var pods = Enumerable.Range(0, 4_000).Select(i => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(
            $$"""{"metadata":{"name":"p{{i:0000}}","ownerReferences":[{"uid":"{{(i < 3_500 ? "same" : i)}}","controller":true}]},"spec":{"hostPID":{{(i >= 3_500 ? "true" : "false")}} } }"""));
        var decision = Admission.Decide(new()
        {
            Operation = AdmissionOperation.Update, Resource = "namespaces", Name = "n",
            Object = RestrictedNamespace.ToUtf8(), OldObject = new JsonObject().ToUtf8(), ListPods = () => pods,
        });
        Assert.Equal(
            [
                "new PodSecurity enforce level only checked against the first 3000 of 4000 existing pods",
                "existing pods in namespace \"n\" violate the new PodSecurity enforce level \"restricted:latest\"",
                "p3500 (and 499 other pods): host namespaces",
            ], decision.Warnings);
    }

    [Fact]
    public void Decisions_are_counted_as_Kubernetes_counts_them()
    {
        var metrics = new PodSecurityMetrics();
        metrics.Record(Admission.Decide(Request("pods", "", """{"spec":{"containers":[{"name":"c"}]}}""")));
        metrics.Record(Admission.Decide(Request("rayclusters", "ray.io", ToJson(ManifestSamples.RayCluster))));
        var output = new StringWriter();
        metrics.WriteTo(output);
        Assert.Contains("""pod_security_evaluations_total{decision="deny",mode="enforce",policy_level="restricted",policy_version="latest",request_operation="create",resource="pod",subresource=""} 1""", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("""pod_security_evaluations_total{decision="deny",mode="warn",policy_level="restricted",policy_version="latest",request_operation="create",resource="controller",subresource=""} 1""", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("""pod_security_exemptions_total{request_operation="update",resource="controller",subresource=""} 0""", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("configmaps", "", false)]
    [InlineData("pods", "", true)]
    [InlineData("namespaces", "", true)]
    [InlineData("jobs", "batch", true)]
    [InlineData("rayclusters", "ray.io", true)]
    public void Only_what_makes_pods_or_policies_is_looked_at(string resource, string group, bool concerned) =>
        Assert.Equal(concerned, Admission.Concerns(group, resource));

    private static AdmissionRequest Request(string resource, string group, string json) => new()
    {
        Operation = AdmissionOperation.Create, Group = group, Resource = resource, Namespace = "n", Name = "x", Object = Encoding.UTF8.GetBytes(json),
        GetNamespace = () => RestrictedNamespace,
    };

    private static string ToJson(string yaml) => Kubernetes.Yaml.YamlJson.Convert(Kubernetes.Yaml.YamlSource.Read(yaml).Documents[0])!.ToJsonString();
}
