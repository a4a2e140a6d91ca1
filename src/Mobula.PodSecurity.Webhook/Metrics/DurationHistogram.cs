using System.Globalization;

namespace Mobula.PodSecurity.Webhook.Metrics;

/// <summary>Counts durations in buckets, as a Prometheus histogram.</summary>
internal sealed class DurationHistogram
{
    private static readonly double[] Bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly long[] _counts = new long[Bounds.Length + 1];
    private long _ticks;

    public void Observe(TimeSpan duration)
    {
        var bucket = 0;
        var seconds = duration.TotalSeconds;
        while (bucket < Bounds.Length && seconds > Bounds[bucket]) bucket++;
        Interlocked.Increment(ref _counts[bucket]);
        Interlocked.Add(ref _ticks, duration.Ticks);
    }

    /// <param name="output">Where to write.</param>
    /// <param name="name">The metric's name.</param>
    /// <param name="labels">Its labels without braces.</param>
    public void WriteTo(TextWriter output, string name, string labels)
    {
        long sum = 0;
        for (var i = 0; i <= Bounds.Length; i++)
        {
            sum += Interlocked.Read(ref _counts[i]);
            var bound = i == Bounds.Length ? "+Inf" : Bounds[i].ToString(CultureInfo.InvariantCulture);
            output.Write($"{name}_bucket{{{labels},le=\"{bound}\"}} {sum}\n");
        }
        var seconds = TimeSpan.FromTicks(Interlocked.Read(ref _ticks)).TotalSeconds;
        output.Write(string.Create(CultureInfo.InvariantCulture, $"{name}_sum{{{labels}}} {seconds}\n{name}_count{{{labels}}} {sum}\n"));
    }
}
