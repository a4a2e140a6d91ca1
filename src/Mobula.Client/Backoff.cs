namespace Mobula.Client;

/// <summary>How long to wait after failures: doubling from a first delay up to a longest one.</summary>
/// <param name="First">The delay after the first failure.</param>
/// <param name="Longest">The bound.</param>
public readonly record struct Backoff(TimeSpan First, TimeSpan Longest)
{
    /// <summary>For the keys of a work queue: 5 ms to 1000 s, as Kubernetes' controllers do.</summary>
    public static readonly Backoff Keys = new(TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(1000));

    /// <summary>For a connection to the API server: 800 ms to 30 s.</summary>
    public static readonly Backoff Connection = new(TimeSpan.FromMilliseconds(800), TimeSpan.FromSeconds(30));

    /// <summary>The delay after a number of failures in a row (1 for the first).</summary>
    public TimeSpan After(int failures)
    {
        // 2^40 times any sensible first delay is beyond every bound; more would overflow.
        var ticks = First.Ticks * Math.Pow(2, Math.Clamp(failures - 1, 0, 40));
        return ticks >= Longest.Ticks ? Longest : TimeSpan.FromTicks((long)ticks);
    }

    /// <summary>The same with up to as much again added by chance, so that clients do not come back all at once.</summary>
    public TimeSpan WithJitter(int failures) => After(failures) * (1 + Random.Shared.NextDouble());
}
