using System.Globalization;

namespace Mobula.PodSecurity;

/// <summary>A version of the Pod Security Standards: <c>latest</c>, or a Kubernetes minor version such as <c>v1.30</c>.</summary>
public readonly record struct PodSecurityVersion : IComparable<PodSecurityVersion>
{
    internal const string Expected = "must be \"latest\" or \"v1.x\"";

    private readonly bool _isConcrete;
    private readonly long _minor;

    private PodSecurityVersion(long minor) => (_isConcrete, _minor) = (true, minor);

    /// <summary>The newest version the evaluator knows.</summary>
    public static PodSecurityVersion Latest => default;

    /// <summary>The version <c>v1.MINOR</c>; the minor must not be negative.</summary>
    public static PodSecurityVersion OfMinor(long minor)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minor);
        return new(minor);
    }

    /// <summary>Whether this is <c>latest</c>.</summary>
    public bool IsLatest => !_isConcrete;

    /// <summary>The minor version; <see cref="long.MaxValue"/> for <c>latest</c>.</summary>
    public long Minor => IsLatest ? long.MaxValue : _minor;

    /// <summary>Reads <c>latest</c> or <c>v1.MINOR</c> (without leading zeros).</summary>
    public static bool TryParse(string? text, out PodSecurityVersion version)
    {
        version = Latest;
        if (text == "latest") return true;
        if (text is null || !text.StartsWith("v1.", StringComparison.Ordinal)) return false;
        var digits = text.AsSpan(3);
        if (digits.IsEmpty || (digits.Length > 1 && digits[0] == '0') || digits.ContainsAnyExceptInRange('0', '9')) return false;
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var minor)) return false;
        version = OfMinor(minor);
        return true;
    }

    /// <summary>Older before newer; <c>latest</c> is newer than every other version.</summary>
    public int CompareTo(PodSecurityVersion other) =>
        IsLatest == other.IsLatest ? _minor.CompareTo(other._minor) : IsLatest ? 1 : -1;

    /// <summary>The form of labels and messages: <c>latest</c> or <c>v1.MINOR</c>.</summary>
    public override string ToString() => IsLatest ? "latest" : string.Create(CultureInfo.InvariantCulture, $"v1.{Minor}");
}
