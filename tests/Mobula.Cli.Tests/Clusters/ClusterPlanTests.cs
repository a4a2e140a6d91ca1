using Mobula.Cli.Clusters;
using Mobula.Cli.KindConfiguration;

namespace Mobula.Cli.Tests.Clusters;

public sealed class ClusterPlanTests
{
    private static readonly ClusterDirectory Directory = new("/data/clusters/c");

    [Fact]
    public void Audit_files_are_resolved_through_the_mounts()
    {
        var plan = Plan(new()
        {
            WorkingDirectory = "/work",
            Config = Config(("audit-policy-file", "/etc/p/policy.yaml"), ("audit-log-path", "/var/log/audit.log")) with
            {
                Nodes = [KindNode.ControlPlane with { ExtraMounts = [new("./policy.yaml", "/etc/p/policy.yaml", true)] }],
            },
        });

        Assert.Equal("/work/policy.yaml", plan.Record.ApiServerFlags["audit-policy-file"]);
        Assert.Equal("/data/clusters/c/log/audit.log", plan.Record.ApiServerFlags["audit-log-path"]);
    }

    [Fact]
    public void Policy_that_no_mount_brings_in_is_an_error_with_the_way_out()
    {
        var error = Assert.Throws<UsageException>(() => Plan(new() { WorkingDirectory = "/work", Config = Config(("audit-policy-file", "/etc/p/policy.yaml")) }));

        Assert.StartsWith("k.yaml:1:1: audit-policy-file is /etc/p/policy.yaml, which no extraMounts bring in", error.Message);
        Assert.Contains("extraMounts: [{hostPath: ./policy.yaml, containerPath: /etc/p/policy.yaml}]", error.Message);
    }

    [Fact]
    public void Policy_that_is_not_there_is_an_error() =>
        Assert.Contains("is not there", Assert.Throws<UsageException>(() => ClusterPlan.Make(new() { WorkingDirectory = "/work", AuditPolicyFile = "p.yaml" }, Directory, "k", _ => false)).Message);

    [Fact]
    public void Admission_configuration_is_taken_from_the_flag_and_from_the_configuration()
    {
        var byFlag = Plan(new() { WorkingDirectory = "/work", AdmissionControlConfigFile = "a.yaml" });
        var byConfig = Plan(new()
        {
            WorkingDirectory = "/work",
            Config = Config(("admission-control-config-file", "/etc/c/a.yaml")) with { Nodes = [KindNode.ControlPlane with { ExtraMounts = [new("./conf", "/etc/c", true)] }] },
        });

        Assert.Equal("/work/a.yaml", byFlag.Record.ApiServerFlags["admission-control-config-file"]);
        Assert.Equal("/work/conf/a.yaml", byConfig.Record.ApiServerFlags["admission-control-config-file"]);
    }

    [Fact]
    public void Flags_win_over_the_configuration()
    {
        var plan = Plan(new()
        {
            WorkingDirectory = "/work",
            Image = "kindest/node:v1.25.3@sha256:0123",
            Port = 7000,
            Config = new() { ApiServerPort = 6000, Nodes = [KindNode.ControlPlane with { Image = "kindest/node:v1.30.0" }] },
        });

        Assert.Equal("v1.25.3", plan.Record.KubernetesVersion);
        Assert.Equal(7000, plan.Record.Port);
    }

    [Fact]
    public void Mounts_start_at_the_working_directory_and_the_control_plane_keeps_pods_off_beside_workers()
    {
        var control = KindNode.ControlPlane with { ExtraMounts = [new("./data", "/data", false)], PortMappings = [new("tcp", 8080, 30080, null)] };
        var worker = KindNode.ControlPlane with { IsControlPlane = false };

        var alone = Plan(new() { WorkingDirectory = "/work", Config = new() { Nodes = [control] } }).Record;
        var two = Plan(new() { WorkingDirectory = "/work", Config = new() { Nodes = [control, worker] } }).Record;

        Assert.Equal("/work/data", Assert.Single(alone.Nodes[0].Mounts).Outside);
        Assert.Equal(8080, Assert.Single(alone.Nodes[0].PortMappings).HostPort);
        Assert.Null(ClusterNodes.Options(Directory, alone, alone.Nodes[0]).Taint);
        Assert.Equal("node-role.kubernetes.io/control-plane:NoSchedule", ClusterNodes.Options(Directory, two, two.Nodes[0]).Taint);
        Assert.Null(ClusterNodes.Options(Directory, two, two.Nodes[1]).Taint);
        Assert.Equal(1, ClusterNodes.Options(Directory, two, two.Nodes[1]).NodeNumber);
    }

    [Fact]
    public void Nodes_are_named_as_in_kind()
    {
        var worker = KindNode.ControlPlane with { IsControlPlane = false };

        var plan = Plan(new() { WorkingDirectory = "/work", Config = new() { Nodes = [KindNode.ControlPlane, worker, worker] } });

        Assert.Equal(["c-control-plane", "c-worker", "c-worker2"], plan.Record.Nodes.Select(n => n.Name));
    }

    [Fact]
    public void Unknown_flag_of_the_api_server_is_a_warning() =>
        Assert.Equal(["k.yaml:1:1: the API server's flag --profiling has no meaning here and is ignored"], Plan(new() { WorkingDirectory = "/", Config = Config(("profiling", "false")) }).Warnings);

    private static ClusterPlan Plan(ClusterRequest request) => ClusterPlan.Make(request, Directory, "/kubeconfig", _ => true);

    private static KindConfig Config(params (string Name, string Value)[] flags) =>
        new() { ApiServerFlags = flags.ToDictionary(f => f.Name, f => new ApiServerFlag(f.Value, "k.yaml:1:1")) };
}
