using System.Text.RegularExpressions;

namespace Mobula.Kubernetes.Cel;

/// <summary>Makes regular expressions of patterns in RE2's syntax.</summary>
internal static class CelPattern
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <exception cref="ArgumentException">The pattern is none.</exception>
    public static Regex Make(string pattern)
    {
        // RE2 names groups (?P<x>…), ends a text with \z, and knows no look-around and no back references.
        var translated = pattern.Replace("(?P<", "(?<", StringComparison.Ordinal);
        if (translated.EndsWith('$') && !translated.EndsWith("\\$", StringComparison.Ordinal)) translated = translated[..^1] + "\\z";
        try
        {
            return new(translated, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, Patience);
        }
        catch (NotSupportedException)
        {
            throw new ArgumentException($"invalid or unsupported Perl syntax: `{pattern}`");
        }
    }
}
