using System.Collections.Concurrent;

namespace Mobula.Node.Pods;

/// <summary>Looks at what the runtime has of one pod.</summary>
/// <param name="services">What all workers share.</param>
/// <param name="register">Told each sandbox and container of the pod, so that events find its worker.</param>
internal sealed class PodObserver(PodServices services, Action<string> register)
{
    private static readonly TimeSpan LookDelay = TimeSpan.FromMilliseconds(20);
    private const int MostLooks = 200;

    private readonly ConcurrentDictionary<string, bool> _ends = [];

    /// <summary>What the runtime had of it when last asked.</summary>
    public PodRuntime Seen { get; private set; } = PodRuntime.Empty;

    /// <summary>The first process of a container, or of a sandbox, ended.</summary>
    public void Ended(string runtimeId) => _ends[runtimeId] = true;

    /// <summary>Nothing of the pod is left.</summary>
    public void Forget() => Seen = PodRuntime.Empty;

    /// <summary>Asks the runtime; waits until it knows of the ends that were told.</summary>
    public async Task<PodRuntime> LookAsync(string podUid, CancellationToken cancellation)
    {
        Seen = await services.Reader.ReadAsync(podUid, cancellation).ConfigureAwait(false);
        // The runtime tells of an end a moment before its own books have it.
        for (var attempt = 0; attempt < MostLooks && IsBehind(); attempt++)
        {
            await Task.Delay(LookDelay, services.Time, cancellation).ConfigureAwait(false);
            Seen = await services.Reader.ReadAsync(podUid, cancellation).ConfigureAwait(false);
        }
        _ends.Clear();
        foreach (var sandbox in Seen.Sandboxes) register(sandbox.Id);
        foreach (var container in Seen.Containers) register(container.Id);
        return Seen;
    }

    private bool IsBehind() =>
        Seen.Containers.Any(c => c.State == InstanceState.Running && _ends.ContainsKey(c.Id)) || Seen.Sandboxes.Any(s => s.Ready && _ends.ContainsKey(s.Id));
}
