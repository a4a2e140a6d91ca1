using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Hosting;

namespace Mobula.RayOperator.Tests.Clusters;

public class RayClusterPlannerTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static RayClusterView Cluster(string more = "", RayOperatorOptions? options = null) => new(
        KubernetesJson.ParseObject(Encoding.UTF8.GetBytes(
            """{"apiVersion":"ray.io/v1","kind":"RayCluster","metadata":{"name":"c","namespace":"ns","uid":"u","generation":1},"spec":{"headGroupSpec":{"template":{"spec":{"containers":[{"name":"ray-head","image":"i"}]}}},"workerGroupSpecs":[{"groupName":"g","replicas":2,"minReplicas":0,"maxReplicas":5,"numOfHosts":1,"template":{"spec":{"containers":[{"name":"ray-worker","image":"i"}]}}}]"""
            + more + "}}")),
        options ?? new());

    private static JsonObject Pod(string name, string type, string group, string phase = "Running", int index = 0) => KubernetesJson.ParseObject(Encoding.UTF8.GetBytes(
        $$$"""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{name}}}","namespace":"ns","labels":{"ray.io/node-type":"{{{type}}}","ray.io/group":"{{{group}}}","ray.io/cluster":"c","ray.io/worker-group-replica-index":"{{{index}}}"}},"spec":{"containers":[{"name":"x"}]},"status":{"phase":"{{{phase}}}","podIP":"10.0.0.1","conditions":[{"type":"Ready","status":"True"}]}}"""));

    private static JsonObject Service() => KubernetesJson.ParseObject(Encoding.UTF8.GetBytes(
        """{"apiVersion":"v1","kind":"Service","metadata":{"name":"c-head-svc","namespace":"ns","labels":{"ray.io/cluster":"c","ray.io/node-type":"head","ray.io/identifier":"c-head"}},"spec":{"clusterIP":"None","ports":[{"name":"dashboard","port":8265,"targetPort":8265}]}}"""));

    private static string Plan(RayClusterObservation observed) => string.Join(' ', RayClusterPlanner.Plan(observed).Select(a => a switch
    {
        Create create => $"create:{create.Noun}",
        DeletePod delete => $"delete:{delete.Name}",
        DeletePods => "delete-all",
        Tell tell => $"tell:{tell.Reason}",
        Fail fail => $"fail:{fail.Message}",
        _ => a.GetType().Name,
    }));

    [Fact]
    public void New_cluster_gets_its_service_head_and_workers() =>
        Assert.Equal("create:service create:head Pod create:worker Pod create:worker Pod", Plan(new(Cluster())));

    [Fact]
    public void Groups_with_a_change_under_way_wait() =>
        Assert.Equal("", Plan(new(Cluster()) { Services = [Service()], PendingGroups = new HashSet<string> { "", "g" } }));

    [Fact]
    public void Broken_worker_is_deleted_and_the_pass_ends() =>
        Assert.Equal(
            "delete:w1 fail:delete 1 unhealthy worker Pods",
            Plan(new(Cluster()) { Services = [Service()], Pods = [Pod("h", "head", "headgroup"), Pod("w0", "worker", "g"), Pod("w1", "worker", "g", "Failed", 1)] }));

    [Fact]
    public void Surplus_workers_stay_while_the_autoscaler_decides()
    {
        var pods = new[] { Pod("h", "head", "headgroup"), Pod("w0", "worker", "g"), Pod("w1", "worker", "g", index: 1), Pod("w2", "worker", "g", index: 2) };
        Assert.Equal("delete:w0", Plan(new(Cluster()) { Services = [Service()], Pods = pods }));
        Assert.Equal(
            "",
            Plan(new(Cluster(",\"enableInTreeAutoscaling\":true")) { Services = [Service()], Pods = pods, HasServiceAccount = true, HasRole = true, HasRoleBinding = true }));
    }

    [Fact]
    public void Cluster_with_all_pods_running_is_ready()
    {
        var observed = new RayClusterObservation(Cluster()) { Services = [Service()], Pods = [Pod("h", "head", "headgroup"), Pod("w0", "worker", "g"), Pod("w1", "worker", "g", index: 1)] };
        var status = RayClusterStatus.Compute(observed, new(), Now);
        Assert.Equal("ready", status.Text("state"));
        Assert.Equal("10.0.0.1", status.Text("head", "serviceIP"));
        Assert.Null(status.Parent);
        Assert.True(RayClusterStatus.IsInconsistent(null, status));
        Assert.False(RayClusterStatus.IsInconsistent(status, status));
    }

    [Fact]
    public void Refused_pod_is_told_in_Kubernetes_words_with_the_way_out()
    {
        const string message = "pods \"c-head-abcde\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"ray-head\" must set securityContext.allowPrivilegeEscalation=false)";
        var refusal = PodSecurityRefusal.From(message, "head pod")!;
        var o = new RayClusterObservation(Cluster()) { Services = [Service()] };
        var status = RayClusterStatus.Compute(o, new(message, "FailedCreateHeadPod", refusal), Now);
        var admitted = status.Objects("conditions").Single(c => c.Text("type") == "PodsAdmitted");
        Assert.Equal("False", admitted.Text("status"));
        Assert.Equal("PodSecurityViolation", admitted.Text("reason"));
        Assert.StartsWith("head pod refused by restricted:latest: allowPrivilegeEscalation != false (container \"ray-head\" must set", admitted.Text("message"), StringComparison.Ordinal);
        Assert.Contains("mobula fix", admitted.Text("message"), StringComparison.Ordinal);
        Assert.Contains(status.Objects("conditions"), c => c.Text("type") == "ReplicaFailure" && c.Text("message") == $"FailedCreateHeadPod\n{message}");
    }

    [Fact]
    public void Hardening_is_on_by_default_and_off_by_flag()
    {
        static bool Hardened(RayOperatorOptions options) => RayClusterPlanner.Plan(new(Cluster(options: options))).OfType<Create>()
            .Where(c => c.Group is not null).All(c => c.Object.Objects("spec", "containers").All(x => x.Flag("securityContext", "runAsNonRoot") == true));
        Assert.True(Hardened(new()));
        Assert.False(Hardened(OperatorFlags.Parse(["--pod-security-defaults=false"])));
    }

    [Theory]
    [InlineData("--nonsense", "unknown flag --nonsense")]
    [InlineData("--reconcile-concurrency=0", "--reconcile-concurrency: \"0\" is no positive number")]
    [InlineData("--feature-gates=Nope=true", "--feature-gates: unrecognized feature gate: Nope")]
    [InlineData("--metrics-addr=here", "--metrics-addr: here: a bind address is expected")]
    public void Wrong_flags_are_refused_with_the_reason(string flag, string reason) =>
        Assert.StartsWith(reason, Assert.Throws<FormatException>(() => OperatorFlags.Parse([flag])).Message, StringComparison.Ordinal);
}
