using System.Globalization;

namespace Mobula.Node.Resources;

/// <summary>Amounts as the node counts them: thousandths of a CPU, bytes, pieces.</summary>
internal static class ResourceAmount
{
    private static readonly (string Suffix, decimal Factor)[] Suffixes =
    [
        ("Ki", 1L << 10), ("Mi", 1L << 20), ("Gi", 1L << 30), ("Ti", 1L << 40), ("Pi", 1L << 50), ("Ei", 1L << 60),
        ("n", 0.000000001m), ("u", 0.000001m), ("m", 0.001m), ("k", 1000m), ("M", 1000_000m), ("G", 1000_000_000m),
        ("T", 1000_000_000_000m), ("P", 1000_000_000_000_000m), ("E", 1000_000_000_000_000_000m),
    ];

    /// <summary>The number a quantity stands for; 0 for null. The API server has validated it.</summary>
    public static decimal Parse(string? quantity)
    {
        if (string.IsNullOrEmpty(quantity)) return 0;
        foreach (var (suffix, factor) in Suffixes)
        {
            if (quantity.EndsWith(suffix, StringComparison.Ordinal) &&
                decimal.TryParse(quantity.AsSpan(0, quantity.Length - suffix.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                return number * factor;
        }
        return decimal.TryParse(quantity, NumberStyles.Float, CultureInfo.InvariantCulture, out var plain) ? plain : 0;
    }

    /// <summary>Whole units, rounded up as Kubernetes rounds.</summary>
    public static long Whole(string? quantity) => (long)Math.Min(decimal.Ceiling(Parse(quantity)), long.MaxValue);

    /// <summary>Thousandths, rounded up.</summary>
    public static long Milli(string? quantity) => (long)Math.Min(decimal.Ceiling(Parse(quantity) * 1000), long.MaxValue);

    /// <summary>A CPU amount as Kubernetes prints it.</summary>
    public static string FormatCpu(long milli) => milli % 1000 == 0 ? $"{milli / 1000}" : $"{milli}m";

    /// <summary>A number of bytes as Kubernetes prints it: the largest binary unit without a fraction.</summary>
    public static string FormatBytes(long bytes)
    {
        if (bytes == 0) return "0";
        string[] units = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
        var unit = 0;
        while (unit < units.Length - 1 && bytes % 1024 == 0)
        {
            bytes /= 1024;
            unit++;
        }
        return $"{bytes}{units[unit]}";
    }
}
