using System.Globalization;

namespace Mobula.ClusterBenchmarks;

/// <summary>How figures are printed.</summary>
internal static class Figures
{
    /// <summary>Minimum, median and maximum.</summary>
    public static string Spread(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return string.Create(CultureInfo.InvariantCulture, $"min {sorted[0]:0.0}  median {sorted[sorted.Count / 2]:0.0}  max {sorted[^1]:0.0}");
    }

    /// <summary>A count a second, and the server's CPU time for each.</summary>
    public static string Rate(int count, TimeSpan took, TimeSpan cpu) =>
        string.Create(CultureInfo.InvariantCulture, $"{count / took.TotalSeconds,9:0}/s  {cpu.TotalMicroseconds / count,8:0} µs CPU each");
}
