using System.Globalization;

namespace Mobula.PodSecurity;

/// <summary>A version of the Pod Security Standards: <c>latest</c>, or a Kubernetes minor version such as <c>v1.30</c>.</summary>
public readonly record struct PodSecurityVersion : IComparable<PodSecurityVersion>
{
    internal const string Expected = "must be \"latest\" or \"v1.x\"";

    // Zero is latest, so that a default value means what an absent label means.
    private readonly int _minorPlusOne;

    private PodSecurityVersion(int minorPlusOne) => _minorPlusOne = minorPlusOne;

    /// <summary>The newest version the evaluator knows.</summary>
    public static PodSecurityVersion Latest => default;

    /// <summary>The version <c>v1.MINOR</c>; the minor must not be negative.</summary>
    public static PodSecurityVersion OfMinor(int minor)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minor);
        ArgumentOutOfRangeException.ThrowIfEqual(minor, int.MaxValue);
        return new(minor + 1);
    }

    /// <summary>Whether this is <c>latest</c>.</summary>
    public bool IsLatest => _minorPlusOne == 0;

    /// <summary>The minor version; <see cref="int.MaxValue"/> for <c>latest</c>.</summary>
    public int Minor => IsLatest ? int.MaxValue : _minorPlusOne - 1;

    /// <summary>Reads <c>latest</c> or <c>v1.MINOR</c> (without leading zeros).</summary>
    public static bool TryParse(string? text, out PodSecurityVersion version)
    {
        version = Latest;
        if (text == "latest") return true;
        if (text is null || !text.StartsWith("v1.", StringComparison.Ordinal)) return false;
        var digits = text.AsSpan(3);
        if (digits.IsEmpty || (digits.Length > 1 && digits[0] == '0') || digits.ContainsAnyExceptInRange('0', '9')) return false;
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var minor) || minor == int.MaxValue) return false;
        version = OfMinor(minor);
        return true;
    }

    /// <summary>Older before newer; <c>latest</c> is newer than every other version.</summary>
    public int CompareTo(PodSecurityVersion other) => Minor.CompareTo(other.Minor);

    /// <summary>The form of labels and messages: <c>latest</c> or <c>v1.MINOR</c>.</summary>
    public override string ToString() => IsLatest ? "latest" : string.Create(CultureInfo.InvariantCulture, $"v1.{Minor}");
}
