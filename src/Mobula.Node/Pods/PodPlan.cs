namespace Mobula.Node.Pods;

/// <summary>Stop one instance.</summary>
/// <param name="Container">Which.</param>
/// <param name="InstanceId">CRI's id.</param>
/// <param name="Message">The text of the event <c>Killing</c>.</param>
/// <param name="GraceSeconds">Instead of the pod's; from the probe that failed.</param>
internal sealed record ContainerKill(ContainerSpec Container, string InstanceId, string Message, long? GraceSeconds = null);

/// <summary>Start one container, or say why it must wait.</summary>
/// <param name="Container">Which.</param>
/// <param name="Attempt">The restart count of the new instance.</param>
/// <param name="Wait">What is left of the back-off; zero when it may start.</param>
/// <param name="Backoff">The whole back-off in force.</param>
/// <param name="After">When the instance before ended; the back-off counts from there.</param>
internal sealed record ContainerStart(ContainerSpec Container, int Attempt, TimeSpan Wait, TimeSpan Backoff, DateTimeOffset? After);

/// <summary>What is to be done for a pod now. The steps are taken in the order of the members.</summary>
internal sealed record PodPlan
{
    /// <summary>Stop everything, the sandbox too.</summary>
    public bool KillPod { get; init; }

    /// <summary>A sandbox is needed; <see cref="SandboxAttempt"/> above 0 when it replaces another.</summary>
    public bool CreateSandbox { get; init; }

    public int SandboxAttempt { get; init; }

    public IReadOnlyList<ContainerKill> Kill { get; init; } = [];

    public IReadOnlyList<ContainerStart> Start { get; init; } = [];

    /// <summary>When to plan again though nothing happens; null when only a change gives reason to.</summary>
    public TimeSpan? Again { get; init; }

    public override string ToString() =>
        $"{(KillPod ? "kill pod; " : "")}{(CreateSandbox ? $"create sandbox {SandboxAttempt}; " : "")}" +
        $"kill [{string.Join(' ', Kill.Select(k => k.Container.Name))}]; " +
        $"start [{string.Join(' ', Start.Select(s => s.Wait > TimeSpan.Zero ? $"({s.Container.Name} in {s.Wait.TotalSeconds:0.#}s)" : s.Container.Name))}]";
}
