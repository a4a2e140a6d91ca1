namespace Mobula.Node.Pods;

/// <summary>
/// Growing waits by key, as the kubelet keeps them: the first restart is immediate, then 10 s, 20 s … up to 300 s; ten quiet
/// minutes forget the past. Not for concurrent use.
/// </summary>
internal sealed class RestartBackoffs(TimeSpan initial, TimeSpan longest)
{
    private readonly Dictionary<string, (TimeSpan Wait, DateTimeOffset Last)> _entries = [];

    public static RestartBackoffs OfKubelet() => new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(300));

    /// <summary>The wait in force; zero when there is none.</summary>
    public TimeSpan Wait(string key) => _entries.TryGetValue(key, out var entry) ? entry.Wait : TimeSpan.Zero;

    /// <summary>What is left of the wait that began with the event; zero when it is over.</summary>
    public TimeSpan Remaining(string key, DateTimeOffset since, DateTimeOffset now)
    {
        if (!_entries.TryGetValue(key, out var entry) || since - entry.Last > longest * 2) return TimeSpan.Zero;
        var left = since + entry.Wait - now;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>What is left of the wait that began with the last <see cref="Next"/>.</summary>
    public TimeSpan RemainingSinceUpdate(string key, DateTimeOffset now) =>
        _entries.TryGetValue(key, out var entry) ? Remaining(key, entry.Last, now) : TimeSpan.Zero;

    /// <summary>Something was tried: the next wait is the first, or twice the last.</summary>
    public void Next(string key, DateTimeOffset since, DateTimeOffset now)
    {
        if (!_entries.TryGetValue(key, out var entry) || since - entry.Last > longest * 2)
        {
            _entries[key] = (initial, now);
            return;
        }
        var wait = entry.Wait * 2;
        _entries[key] = (wait > longest ? longest : wait, now);
    }

    public void Forget(string key) => _entries.Remove(key);
}
