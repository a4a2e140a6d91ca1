using System.Text.Json.Nodes;
using Mobula.Node.Pods;
using Mobula.Node.Probes;

namespace Mobula.Node.Tests.Pods;

public sealed class PodPlannerTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly RestartBackoffs _backoffs = RestartBackoffs.OfKubelet();
    private readonly ProbeResults _probes = new();

    [Fact]
    public void New_pod_gets_a_sandbox_and_its_containers()
    {
        var plan = Plan(Pod("""{"containers":[{"name":"a"},{"name":"b"}]}"""), PodRuntime.Empty);

        Assert.Equal("create sandbox 0; kill []; start [a b]", plan.ToString());
    }

    [Fact]
    public void Init_containers_go_one_after_the_other()
    {
        var pod = Pod("""{"initContainers":[{"name":"i1"},{"name":"i2"}],"containers":[{"name":"c"}]}""");

        Assert.Equal("kill []; start [i1]", Plan(pod, With()).ToString());
        Assert.Equal("kill []; start []", Plan(pod, With(Running("i1"))).ToString());
        Assert.Equal("kill []; start [i2]", Plan(pod, With(Ended("i1", 0))).ToString());
        Assert.Equal("kill []; start [c]", Plan(pod, With(Ended("i2", 0), Ended("i1", 0))).ToString());
    }

    [Fact]
    public void Failed_init_container_of_a_pod_that_never_restarts_ends_the_pod() =>
        Assert.True(Plan(Pod("""{"restartPolicy":"Never","initContainers":[{"name":"i"}],"containers":[{"name":"c"}]}"""), With(Ended("i", 2))).KillPod);

    [Fact]
    public void Sidecar_lets_others_start_once_its_startup_probe_succeeded()
    {
        var pod = Pod("""{"initContainers":[{"name":"s","restartPolicy":"Always","startupProbe":{}}],"containers":[{"name":"c"}]}""");
        var runtime = With(Running("s"));

        Assert.Empty(Plan(pod, runtime).Start);
        _probes.Set("s-0", ProbeKind.Startup, true);
        Assert.Equal("c", Assert.Single(Plan(pod, runtime).Start).Container.Name);
    }

    [Fact]
    public void First_restart_is_immediate_and_the_next_ones_wait_ten_and_twenty_seconds()
    {
        var pod = Pod("""{"containers":[{"name":"c"}]}""");
        var key = PodPlanner.BackoffKey(pod, ContainerSpec.Regular(pod).First());
        var waits = new List<double>();
        for (var attempt = 0; attempt < 4; attempt++)
        {
            var start = Assert.Single(Plan(pod, With(Ended("c", 1, attempt))).Start);
            Assert.Equal(attempt + 1, start.Attempt);
            waits.Add(start.Wait.TotalSeconds);
            _backoffs.Next(key, Now, Now);
        }

        Assert.Equal([0, 10, 20, 40], waits);
    }

    [Fact]
    public void Container_that_failed_its_liveness_probe_is_killed_and_started_again()
    {
        var pod = Pod("""{"containers":[{"name":"c","livenessProbe":{"terminationGracePeriodSeconds":3}}]}""");
        _probes.Set("c-0", ProbeKind.Liveness, false);

        var plan = Plan(pod, With(Running("c")));

        var kill = Assert.Single(plan.Kill);
        Assert.Equal("Container c failed liveness probe, will be restarted", kill.Message);
        Assert.Equal(3, kill.GraceSeconds);
        Assert.Equal("c", Assert.Single(plan.Start).Container.Name);
    }

    [Fact]
    public void Lost_sandbox_is_replaced_and_all_starts_again()
    {
        var pod = Pod("""{"containers":[{"name":"c"}]}""");
        var runtime = With(Running("c")) with { Sandboxes = [new SandboxInstance { Id = "s", Ready = false }] };

        Assert.Equal("kill pod; create sandbox 1; kill []; start [c]", Plan(pod, runtime).ToString());
    }

    [Fact]
    public void Pod_whose_containers_all_ended_and_restart_never_is_over() =>
        Assert.True(Plan(Pod("""{"restartPolicy":"Never","containers":[{"name":"c"}]}"""), With(Ended("c", 0))).KillPod);

    [Fact]
    public void Container_restart_rule_goes_before_the_policy()
    {
        var pod = Pod("""{"restartPolicy":"Never","containers":[{"name":"c","restartPolicy":"Never","restartPolicyRules":[{"action":"Restart","exitCodes":{"operator":"In","values":[42]}}]}]}""");

        Assert.Single(Plan(pod, With(Ended("c", 42))).Start);
        Assert.True(Plan(pod, With(Ended("c", 7))).KillPod);
    }

    private static JsonObject Pod(string spec) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = "p", ["namespace"] = "ns", ["uid"] = "u" },
        ["spec"] = JsonNode.Parse(spec),
    };

    private static PodRuntime With(params ContainerInstance[] containers) =>
        new([new SandboxInstance { Id = "s", Ready = true, Ips = ["10.0.0.1"] }], containers);

    private static ContainerInstance Running(string name) => new() { Id = $"{name}-0", Name = name, SandboxId = "s", State = InstanceState.Running, StartedAt = Now };

    private static ContainerInstance Ended(string name, int exit, int attempt = 0) =>
        new() { Id = $"{name}-{attempt}", Name = name, SandboxId = "s", Attempt = attempt, State = InstanceState.Exited, ExitCode = exit, FinishedAt = Now };

    private PodPlan Plan(JsonObject pod, PodRuntime runtime) => PodPlanner.Plan(pod, runtime, _probes, _backoffs, Now);
}
