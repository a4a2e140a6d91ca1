using System.Globalization;

namespace Mobula.RayOperator;

/// <summary>A version read generously, as Kubernetes does: an optional <c>v</c>, two or more numbers, any text after them.</summary>
internal static class RayVersion
{
    /// <summary>Whether the text is a version and at least the one given.</summary>
    public static bool IsAtLeast(string? text, int major, int minor) =>
        TryParse(text, out var version) && version.CompareTo(new Version(major, minor, 0)) >= 0;

    public static bool TryParse(string? text, out Version version)
    {
        version = new(0, 0, 0);
        if (string.IsNullOrEmpty(text)) return false;
        var rest = text.Trim().AsSpan();
        if (rest is ['v', ..]) rest = rest[1..];
        Span<int> numbers = stackalloc int[3];
        var count = 0;
        while (count < 3)
        {
            var length = 0;
            while (length < rest.Length && char.IsAsciiDigit(rest[length])) length++;
            if (length == 0 || !int.TryParse(rest[..length], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[count])) break;
            count++;
            rest = rest[length..];
            if (rest is not ['.', ..]) break;
            rest = rest[1..];
        }
        if (count < 2) return false;
        version = new(numbers[0], numbers[1], numbers[2]);
        return true;
    }
}
