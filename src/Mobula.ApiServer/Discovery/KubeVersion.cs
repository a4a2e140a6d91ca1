namespace Mobula.ApiServer.Discovery;

/// <summary>The order of API versions: v2, v1, v1beta2, v1beta1, v1alpha1, then others by name.</summary>
internal sealed class KubeVersion : IComparer<string>
{
    public static KubeVersion Order { get; } = new();

    public int Compare(string? x, string? y)
    {
        var (a, b) = (Parse(x ?? ""), Parse(y ?? ""));
        if (a is null || b is null) return a is not null ? 1 : b is not null ? -1 : string.CompareOrdinal(y, x);
        return a.Value.CompareTo(b.Value);
    }

    /// <summary>Stability (3 GA, 2 beta, 1 alpha), major, minor; null when the text is no such version.</summary>
    private static (int Stability, int Major, int Minor)? Parse(string version)
    {
        if (version.Length < 2 || version[0] != 'v') return null;
        var text = version.AsSpan(1);
        var digits = text.IndexOfAnyExceptInRange('0', '9');
        if (digits == 0 || !int.TryParse(digits < 0 ? text : text[..digits], out var major)) return null;
        if (digits < 0) return (3, major, 0);
        var rest = text[digits..];
        var (stability, word) = rest.StartsWith("beta") ? (2, 4) : rest.StartsWith("alpha") ? (1, 5) : (0, 0);
        return stability > 0 && int.TryParse(rest[word..], out var minor) ? (stability, major, minor) : null;
    }
}
