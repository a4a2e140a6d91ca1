using System.Text.Json.Nodes;
using CsCheck;
using Mobula.Kubernetes;
using Mobula.PodSecurity;
using Mobula.PodSecurity.Expansion;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.CronJobs;
using Mobula.RayOperator.Jobs;
using Mobula.RayOperator.Pods;
using Mobula.RayOperator.Tests.Replay;

namespace Mobula.RayOperator.Tests.Pods;

/// <summary>
/// What <c>mobula check</c> says Ray resources will become, against what the operator makes of them: the security of each pod and
/// Kubernetes' words about it must be the same, or one of the two has changed without the other.
/// </summary>
public class PodExpansionAgreementTests
{
    private static readonly LevelVersion[] Policies =
    [
        new(PodSecurityLevel.Baseline, PodSecurityVersion.Latest), new(PodSecurityLevel.Restricted, PodSecurityVersion.Latest),
        new(PodSecurityLevel.Restricted, PodSecurityVersion.OfMinor(24)),
    ];

    public static TheoryData<string> Recordings => [.. Recording.Names.Where(n => n is not ("gated-mtls" or "crd-validation"))];

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Recorded_resources_become_what_the_operator_makes(string name)
    {
        foreach (var (resource, partial) in Recording.Load(name).Objects().Where(o => o.Object.ApiVersion == "ray.io/v1" && o.Object.Object("spec") is not null))
        {
            if (partial || resource.At("spec", "managedBy") is not null) continue;
            Compare(resource);
        }
    }

    [Fact]
    public void Random_resources_become_what_the_operator_makes()
    {
        var context = OneOf(
            "", """{"runAsNonRoot":true}""", """{"runAsNonRoot":false}""", """{"privileged":true}""", """{"runAsUser":0}""", """{"runAsUser":1000}""",
            """{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}}""",
            """{"capabilities":{"add":["SYS_ADMIN"]}}""", """{"capabilities":{"drop":["NET_RAW"]}}""", """{"seccompProfile":{"type":"Unconfined"}}""");
        var containers = Gen.Select(context, Gen.Int[0, 2]).Array[1, 3].Select(list => string.Join(',', list.Select((c, i) =>
            $$"""{"name":"c{{i}}","image":"ray"{{(c.Item1.Length > 0 ? $",\"securityContext\":{c.Item1}" : "")}}{{(c.Item2 == 1 ? ",\"ports\":[{\"containerPort\":80,\"hostPort\":80}]" : "")}}}""")));
        var podContext = OneOf("", """{"runAsNonRoot":true}""", """{"seccompProfile":{"type":"RuntimeDefault"}}""", """{"runAsUser":0}""");
        var extra = OneOf("", ",\"hostPID\":true", ",\"volumes\":[{\"name\":\"v\"},{\"name\":\"h\",\"hostPath\":{\"path\":\"/\"}}]", ",\"os\":{\"name\":\"windows\"}");
        var template = Gen.Select(containers, Gen.OneOf(Gen.Const(""), containers), podContext, extra).Select((regular, init, pod, more) =>
            $$$"""{"spec":{"containers":[{{{regular}}}]{{{(init.Length > 0 ? $",\"initContainers\":[{init.Replace("\"c", "\"i", StringComparison.Ordinal)}]" : "")}}}{{{(pod.Length > 0 ? $",\"securityContext\":{pod}" : "")}}}{{{more}}}}}""");
        var autoscaler = Gen.Select(Gen.Bool, Gen.OneOf(Gen.Const("-"), context)).Select((on, c) => (on ? "\"enableInTreeAutoscaling\":true," : "")
            + (c == "-" ? "" : c.Length == 0 ? "\"autoscalerOptions\":{\"version\":\"v2\"}," : $"\"autoscalerOptions\":{{\"securityContext\":{c}}},"));
        var storage = OneOf("", "\"gcsFaultToleranceOptions\":{\"redisAddress\":\"redis:6379\"},", "\"gcsFaultToleranceOptions\":{\"backend\":\"rocksdb\"},");
        var spec = Gen.Select(template, template.Array[0, 2], autoscaler, storage).Select((head, workers, scaling, ft) =>
            $$$"""{{{{scaling}}}{{{ft}}}"rayVersion":"2.60.0","headGroupSpec":{"rayStartParams":{},"template":{{{head}}}},"workerGroupSpecs":[{{{string.Join(',', workers.Select((w, i) => $"{{\"groupName\":\"g{i}\",\"rayStartParams\":{{}},\"template\":{w}}}"))}}}]}""");
        var annotations = OneOf("{}", """{"mobula.dev/pod-security-defaults":"false"}""", """{"mobula.dev/pod-security-defaults":"true"}""", """{"ray.io/ft-enabled":"true"}""");
        var mode = OneOf("", "K8sJobMode", "HTTPMode", "SidecarMode", "InteractiveMode");
        Gen.Select(Gen.Int[0, 3], spec, annotations, mode, Gen.OneOf(Gen.Const(""), template)).Sample((kind, cluster, notes, submission, submitter) =>
        {
            var metadata = $$$"""{"name":"x","namespace":"n","annotations":{{{notes}}}}""";
            var job = $$$"""{"entrypoint":"x","submissionMode":"{{{submission}}}","rayClusterSpec":{{{cluster}}}{{{(submitter.Length > 0 ? $",\"submitterPodTemplate\":{submitter}" : "")}}}}""";
            Compare(KubernetesJson.ParseObject(System.Text.Encoding.UTF8.GetBytes(kind switch
            {
                0 => $$$"""{"apiVersion":"ray.io/v1","kind":"RayCluster","metadata":{{{metadata}}},"spec":{{{cluster}}}}""",
                1 => $$$"""{"apiVersion":"ray.io/v1","kind":"RayJob","metadata":{{{metadata}}},"spec":{{{job}}}}""",
                2 => $$$"""{"apiVersion":"ray.io/v1","kind":"RayCronJob","metadata":{{{metadata}}},"spec":{"schedule":"* * * * *","jobTemplate":{{{job}}}}}""",
                _ => $$$"""{"apiVersion":"ray.io/v1","kind":"RayService","metadata":{{{metadata}}},"spec":{"rayClusterConfig":{{{cluster}}}}}""",
            })));
        }, iter: 300, threads: 1);
    }

    private static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static void Compare(JsonObject resource)
    {
        foreach (var rayOperator in new[] { RayOperatorKind.Mobula, RayOperatorKind.KubeRay })
        {
            var options = new RayOperatorOptions { PodSecurityDefaults = rayOperator == RayOperatorKind.Mobula };
            var expected = Made(resource, options).Select(Security).ToArray();
            var got = new PodExpansion(rayOperator).Expand(resource).Select(p => Security(p.Pod)).ToArray();
            Assert.True(expected.SequenceEqual(got),
                $"{rayOperator}, {resource.ToJsonString()}\nthe operator makes\n  {string.Join("\n  ", expected)}\nthe expansion says\n  {string.Join("\n  ", got)}");
        }
    }

    private static IEnumerable<JsonObject> Made(JsonObject resource, RayOperatorOptions options)
    {
        switch (resource.Kind)
        {
            case "RayCluster":
                return OfCluster(new(resource, options));
            case "RayJob":
                var job = new RayJobView(resource, options);
                var status = new RayJobStatus(resource);
                var cluster = new RayClusterView(JobCluster.Build(job, status), options);
                var pods = job.ClusterSpec is null ? [] : OfCluster(cluster);
                return job.Mode == SubmissionModes.KubernetesJob ? pods.Append(SubmitterBuilder.Pod(SubmitterBuilder.Job(job, status, cluster))) : pods;
            case "RayService":
                return OfCluster(new(Cluster(resource, resource.Object("spec", "rayClusterConfig")), options));
            default:
                return Made(RayCronJobController.Job(resource, DateTimeOffset.UnixEpoch), options);
        }
    }

    private static JsonObject Cluster(JsonObject owner, JsonObject? spec) => new()
    {
        ["apiVersion"] = "ray.io/v1",
        ["kind"] = "RayCluster",
        ["metadata"] = new JsonObject { ["name"] = owner.Name, ["namespace"] = owner.Namespace, ["annotations"] = owner.Object("metadata", "annotations")?.Clone() },
        ["spec"] = spec?.Clone() ?? [],
    };

    private static IEnumerable<JsonObject> OfCluster(RayClusterView cluster)
    {
        if (cluster.Head.Object("template") is null) yield break;
        yield return PodBuilder.Head(cluster, specHash: null);
        if (cluster.UsesRedis) yield return RedisCleanupJob.Build(cluster).Object("spec", "template")!;
        foreach (var group in cluster.WorkerGroups.Where(g => g.Object("template") is not null)) yield return PodBuilder.Worker(cluster, group, new(0));
    }

    private static string Security(JsonObject pod)
    {
        var copy = pod.Clone();
        // The API server's default, before anything judges the pod.
        foreach (var volume in copy.Objects("spec", "volumes").Where(v => v.Count == 1)) volume["emptyDir"] = new JsonObject();
        var containers = copy.Objects("spec", "initContainers").Concat(copy.Objects("spec", "containers"))
            .Select(c => $"{c.Text("name")} {c.Object("securityContext")?.ToJsonString()}");
        var json = copy.ToUtf8();
        return $"{copy.Object("spec", "securityContext")?.ToJsonString()} | {string.Join(", ", containers)} | {string.Join(" | ", Policies.Select(p => PodSecurityEvaluator.Default.Evaluate(json, p).Details))}";
    }
}
