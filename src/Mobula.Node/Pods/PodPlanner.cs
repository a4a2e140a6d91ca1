using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Node.Probes;

namespace Mobula.Node.Pods;

/// <summary>Decides what a pod that shall run needs next. Pure: the same input gives the same plan.</summary>
internal static class PodPlanner
{
    /// <summary>The key of a container's back-off.</summary>
    public static string BackoffKey(JsonObject pod, ContainerSpec container) => $"{pod.Uid}/{container.Name}";

    public static PodPlan Plan(JsonObject pod, PodRuntime runtime, ProbeResults probes, RestartBackoffs backoffs, DateTimeOffset now)
    {
        var sandbox = runtime.Sandbox;
        var hostNetwork = pod.Flag("spec", "hostNetwork") == true;
        var usable = sandbox is { Ready: true } && (hostNetwork || sandbox.Ips.Count > 0) && runtime.Sandboxes.Count(s => s.Ready) == 1;
        if (!usable) return PlanSandbox(pod, runtime, sandbox, backoffs, now);

        // Containers of an older sandbox say nothing about this one.
        var current = runtime with { Containers = [.. runtime.Containers.Where(c => c.SandboxId == sandbox!.Id)] };
        var steps = new Steps(pod, runtime, backoffs, now);
        foreach (var container in ContainerSpec.Ephemeral(pod))
            if (current.Newest(container.Name) is null or { State: InstanceState.Created }) steps.Start(container);
        var keep = 0;
        var initialized = PlanInit(pod, current, probes, steps);
        if (steps.KillPod || !initialized) return steps.ToPlan();
        foreach (var container in ContainerSpec.Regular(pod))
        {
            var instance = current.Newest(container.Name);
            if (instance is not { State: InstanceState.Running })
            {
                if (instance is not { State: InstanceState.Exited } || container.RestartsAfter(pod, instance.ExitCode)) steps.Start(container);
                continue;
            }
            if (FailedProbe(container, instance, probes) is not { } probe)
            {
                keep++;
                continue;
            }
            // 137 stands for the end that the kill will be.
            var restarts = container.RestartsAfter(pod, 137);
            if (restarts) steps.Start(container);
            steps.Kill(container, instance, $"Container {container.Name} failed {probe} probe{(restarts ? ", will be restarted" : "")}", probe);
        }
        if (keep == 0 && steps.IsStartEmpty) return new PodPlan { KillPod = true };
        return steps.ToPlan();
    }

    private static PodPlan PlanSandbox(JsonObject pod, PodRuntime runtime, SandboxInstance? old, RestartBackoffs backoffs, DateTimeOffset now)
    {
        var attempt = old is null ? 0 : old.Attempt + 1;
        var wanted = ContainerSpec.Regular(pod)
            .Where(c => runtime.Newest(c.Name) is not { State: InstanceState.Exited } instance || c.RestartsAfter(pod, instance.ExitCode))
            .ToList();
        var anyPolicyRestarts = ContainerSpec.Regular(pod).Any(c => c.RestartsAfter(pod, 1));
        if (wanted.Count == 0 || (!anyPolicyRestarts && attempt != 0 && runtime.Containers.Count > 0)) return new PodPlan { KillPod = true };
        var steps = new Steps(pod, runtime, backoffs, now);
        if (ContainerSpec.Init(pod).FirstOrDefault() is { } first) steps.Start(first);
        else foreach (var container in wanted) steps.Start(container);
        return steps.ToPlan() with { KillPod = old is not null, CreateSandbox = true, SandboxAttempt = attempt };
    }

    /// <summary>Whether the regular containers may start.</summary>
    private static bool PlanInit(JsonObject pod, PodRuntime current, ProbeResults probes, Steps steps)
    {
        // Once a regular container was made, the init containers have done their work, whether or not the runtime still knows them.
        var done = ContainerSpec.Regular(pod).Any(c => current.Newest(c.Name) is not null);
        foreach (var container in ContainerSpec.Init(pod))
        {
            var instance = current.Newest(container.Name);
            if (container.IsSidecar)
            {
                if (instance is not { State: InstanceState.Running })
                {
                    steps.Start(container);
                    if (!done) return false;
                    continue;
                }
                if (FailedProbe(container, instance, probes) is { } probe)
                {
                    steps.Start(container);
                    steps.Kill(container, instance, $"Init container {container.Name} failed {probe} probe", probe);
                    if (!done) return false;
                    continue;
                }
                if (!done && container.HasStartupProbe && probes.Get(instance.Id, ProbeKind.Startup) != true) return false;
                continue;
            }
            if (done) continue;
            switch (instance)
            {
                case { State: InstanceState.Running }:
                    return false;
                case { State: InstanceState.Exited, ExitCode: 0 }:
                    continue;
                case { State: InstanceState.Exited } failed when !container.RestartsAfter(pod, failed.ExitCode):
                    steps.KillPod = true;
                    return false;
                default:
                    steps.Start(container);
                    return false;
            }
        }
        return true;
    }

    private static string? FailedProbe(ContainerSpec container, ContainerInstance instance, ProbeResults probes) =>
        container.Json.Object("livenessProbe") is not null && probes.Get(instance.Id, ProbeKind.Liveness) == false ? "liveness"
        : container.HasStartupProbe && probes.Get(instance.Id, ProbeKind.Startup) == false ? "startup"
        : null;

    private sealed class Steps(JsonObject pod, PodRuntime runtime, RestartBackoffs backoffs, DateTimeOffset now)
    {
        private readonly List<ContainerStart> _start = [];
        private readonly List<ContainerKill> _kill = [];

        public bool KillPod { get; set; }

        public bool IsStartEmpty => _start.Count == 0;

        public void Start(ContainerSpec container)
        {
            var last = runtime.Newest(container.Name);
            var key = BackoffKey(pod, container);
            // The last end counts, also that of the instance before one that is being killed now.
            var ended = runtime.Containers.FirstOrDefault(c => c.Name == container.Name && c.State == InstanceState.Exited) is { } exited
                ? exited.FinishedAt ?? exited.CreatedAt : (DateTimeOffset?)null;
            var wait = ended is { } end ? backoffs.Remaining(key, end, now) : TimeSpan.Zero;
            _start.Add(new(container, last is null ? 0 : last.Attempt + 1, wait, backoffs.Wait(key), ended));
        }

        public void Kill(ContainerSpec container, ContainerInstance instance, string message, string probe) =>
            _kill.Add(new(container, instance.Id, message, container.Json.Integer($"{probe}Probe", "terminationGracePeriodSeconds")));

        public PodPlan ToPlan()
        {
            var waits = _start.Where(s => s.Wait > TimeSpan.Zero).Select(s => s.Wait).ToList();
            return new() { KillPod = KillPod, Kill = _kill, Start = _start, Again = waits.Count > 0 ? waits.Min() : null };
        }
    }
}
