using System.Text.Json.Nodes;
using Mobula.PodSecurity.Expansion;

namespace Mobula.PodSecurity.Tests.Expansion;

public sealed class PodExpansionTests
{
    private const string Spec = """{"containers":[{"name":"c"}],"volumes":[{"name":"v"}]}""";
    private const string Template = "{\"spec\":" + Spec + "}";

    [Theory]
    [InlineData("v1", "Pod", """{"spec":SPEC}""", "")]
    [InlineData("v1", "PodTemplate", """{"template":TEMPLATE}""", "template")]
    [InlineData("v1", "ReplicationController", """{"spec":{"template":TEMPLATE}}""", "spec.template")]
    [InlineData("apps/v1", "Deployment", """{"spec":{"template":TEMPLATE}}""", "spec.template")]
    [InlineData("apps/v1", "ReplicaSet", """{"spec":{"template":TEMPLATE}}""", "spec.template")]
    [InlineData("apps/v1", "StatefulSet", """{"spec":{"template":TEMPLATE}}""", "spec.template")]
    [InlineData("apps/v1", "DaemonSet", """{"spec":{"template":TEMPLATE}}""", "spec.template")]
    [InlineData("batch/v1", "Job", """{"spec":{"template":TEMPLATE}}""", "spec.template")]
    [InlineData("batch/v1", "CronJob", """{"spec":{"jobTemplate":{"spec":{"template":TEMPLATE}}}}""", "spec.jobTemplate.spec.template")]
    public void Workload_makes_the_pod_of_its_template(string apiVersion, string kind, string json, string path)
    {
        var pod = Assert.Single(new PodExpansion().Expand(Resource(apiVersion, kind, json)));
        Assert.Equal(path, pod.Source!.ToString());
        Assert.Equal("spec.containers[0].securityContext", pod.SourceOf(FieldPath.Root.Then("spec", "containers").Then(0).Then("securityContext"))!.ToString()[(path.Length > 0 ? path.Length + 1 : 0)..]);
        // The API server makes a volume without a source an emptyDir before anything judges it.
        Assert.NotNull(pod.Pod["spec"]!["volumes"]![0]!["emptyDir"]);
        Assert.Empty(pod.Injected);
    }

    [Theory]
    [InlineData("apps/v1", "Deployment", """{"spec":{}}""")]
    [InlineData("v1", "ReplicationController", """{"spec":{"replicas":1}}""")]
    [InlineData("v1", "ConfigMap", """{"data":{}}""")]
    [InlineData("example.com/v1", "Deployment", """{"spec":{"template":TEMPLATE}}""")]
    public void Resource_without_a_known_template_makes_no_pod(string apiVersion, string kind, string json) =>
        Assert.Empty(new PodExpansion().Expand(Resource(apiVersion, kind, json)));

    [Theory]
    [InlineData("K8sJobMode", "head pod|submitter pod", 0)]
    [InlineData("HTTPMode", "head pod", 0)]
    [InlineData("InteractiveMode", "head pod", 0)]
    [InlineData("SidecarMode", "head pod", 1)]
    public void RayJob_makes_a_submitter_as_its_mode_says(string mode, string roles, int inHead)
    {
        var job = Resource("ray.io/v1", "RayJob", """{"spec":{"submissionMode":"MODE","rayClusterSpec":{"headGroupSpec":{"template":TEMPLATE}}}}""".Replace("MODE", mode, StringComparison.Ordinal));
        foreach (var rayOperator in new[] { RayOperatorKind.Mobula, RayOperatorKind.KubeRay })
        {
            var pods = new PodExpansion(rayOperator).Expand(job);
            Assert.Equal(roles, string.Join('|', pods.Select(p => p.Role)));
            Assert.Equal(inHead, pods[0].Injected.Count(i => i.Name == "ray-job-submitter"));
        }
    }

    [Fact]
    public void RayCronJob_makes_what_its_RayJobs_make()
    {
        const string Job = """{"rayClusterSpec":{"enableInTreeAutoscaling":true,"headGroupSpec":{"template":TEMPLATE},"workerGroupSpecs":[{"groupName":"g","template":TEMPLATE}]}}""";
        var cron = new PodExpansion(RayOperatorKind.KubeRay).Expand(Resource("ray.io/v1", "RayCronJob", $"{{\"spec\":{{\"jobTemplate\":{Job}}}}}"));
        var job = new PodExpansion(RayOperatorKind.KubeRay).Expand(Resource("ray.io/v1", "RayJob", $"{{\"spec\":{Job}}}"));
        Assert.Equal(job.Select(p => p.Pod.ToJsonString()), cron.Select(p => p.Pod.ToJsonString()));
        Assert.Equal(["head pod", "worker pod of group g", "submitter pod"], cron.Select(p => p.Role));
        Assert.Equal("spec.jobTemplate.rayClusterSpec.headGroupSpec.template", cron[0].Source!.ToString());
        Assert.Equal(["autoscaler"], cron[0].Injected.Select(i => i.Name));
        Assert.Equal(["wait-gcs-ready"], cron[1].Injected.Select(i => i.Name));
    }

    private static JsonObject Resource(string apiVersion, string kind, string json)
    {
        var resource = (JsonObject)JsonNode.Parse(json.Replace("TEMPLATE", Template, StringComparison.Ordinal).Replace("SPEC", Spec, StringComparison.Ordinal))!;
        (resource["apiVersion"], resource["kind"]) = (apiVersion, kind);
        return resource;
    }
}
