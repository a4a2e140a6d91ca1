using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Node.Pods;

/// <summary>The phase that a pod's containers add up to.</summary>
internal static class PodPhase
{
    public const string Pending = "Pending";
    public const string Running = "Running";
    public const string Succeeded = "Succeeded";
    public const string Failed = "Failed";

    public static bool IsTerminal(string? phase) => phase is Succeeded or Failed;

    /// <summary>The phase from the statuses of the containers.</summary>
    /// <param name="pod">For the policies.</param>
    /// <param name="init">The init containers' statuses, as <see cref="ContainerStatusBuilder"/> makes them.</param>
    /// <param name="regular">The containers' statuses.</param>
    /// <param name="ended">All has been stopped and nothing starts again.</param>
    public static string Of(JsonObject pod, IReadOnlyList<JsonObject> init, IReadOnlyList<JsonObject> regular, bool ended)
    {
        var pendingInit = 0;
        var sidecarRuns = false;
        foreach (var (container, status) in ContainerSpec.Init(pod).Zip(init))
        {
            if (container.IsSidecar)
            {
                sidecarRuns |= status.Object("state", "running") is not null;
                if (status.Flag("started") != true && !WasStarted(status)) pendingInit++;
                continue;
            }
            if (status.Integer("state", "terminated", "exitCode") is not { } exit)
            {
                pendingInit++;
                continue;
            }
            if (exit == 0) continue;
            if (!container.RestartsAfter(pod, (int)exit)) return Failed;
            pendingInit++;
        }
        int running = 0, waiting = 0, stopped = 0, succeeded = 0;
        var restarts = false;
        foreach (var (container, status) in ContainerSpec.Regular(pod).Zip(regular))
        {
            if (status.Object("state", "running") is not null) running++;
            else if (status.Integer("state", "terminated", "exitCode") is { } exit) End((int)exit, container);
            else if (status.Integer("lastState", "terminated", "exitCode") is { } last) End((int)last, container);
            else waiting++;
        }
        var anyRegular = regular.Any(WasStarted);
        if ((pendingInit > 0 && !anyRegular) || waiting > 0) return Pending;
        if (running > 0) return Running;
        if (stopped == 0) return Pending;
        if (sidecarRuns || (!ended && restarts)) return Running;
        return stopped == succeeded ? Succeeded : Failed;

        void End(int exit, ContainerSpec container)
        {
            stopped++;
            if (exit == 0) succeeded++;
            restarts |= container.RestartsAfter(pod, exit);
        }
    }

    /// <summary>Whether an instance of the container ever ran, or was to run and failed.</summary>
    public static bool WasStarted(JsonObject status) =>
        status.Object("state", "running") is not null || status.Object("state", "terminated") is not null || status.Object("lastState", "terminated") is not null;
}
