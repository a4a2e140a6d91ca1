using System.Globalization;
using static Mobula.Kubernetes.Cel.CelKind;

namespace Mobula.Kubernetes.Cel;

/// <summary>Kubernetes' quantities.</summary>
internal static class CelQuantityFunctions
{
    public static IEnumerable<CelOverload> All =>
    [
        CelOverload.Global("isQuantity", [CelKind.String], Bool, a => Mobula.Kubernetes.Quantity.TryParse((string)a[0]!, out _)),
        CelOverload.Global("quantity", [CelKind.String], CelKind.Quantity, a => Mobula.Kubernetes.Quantity.TryParse((string)a[0]!, out var q, out var error) ? q : new CelError(error!)),
        CelOverload.Member("sign", [CelKind.Quantity], Int, a => (long)Q(a[0]).Sign),
        CelOverload.Member("isInteger", [CelKind.Quantity], Bool, a => IsInteger(Q(a[0]))),
        CelOverload.Member("asInteger", [CelKind.Quantity], Int, a => IsInteger(Q(a[0])) ? Q(a[0]).Value : new CelError("cannot convert value to integer")),
        CelOverload.Member("asApproximateFloat", [CelKind.Quantity], CelKind.Double, a => Q(a[0]).ToDouble()),
        CelOverload.Member("add", [CelKind.Quantity, CelKind.Quantity], CelKind.Quantity, a => Q(a[0]) + Q(a[1])),
        CelOverload.Member("add", [CelKind.Quantity, Int], CelKind.Quantity, a => Q(a[0]) + Mobula.Kubernetes.Quantity.FromInteger((long)a[1]!)),
        CelOverload.Member("sub", [CelKind.Quantity, CelKind.Quantity], CelKind.Quantity, a => Q(a[0]) - Q(a[1])),
        CelOverload.Member("sub", [CelKind.Quantity, Int], CelKind.Quantity, a => Q(a[0]) - Mobula.Kubernetes.Quantity.FromInteger((long)a[1]!)),
        CelOverload.Member("isLessThan", [CelKind.Quantity, CelKind.Quantity], Bool, a => Q(a[0]) < Q(a[1])),
        CelOverload.Member("isGreaterThan", [CelKind.Quantity, CelKind.Quantity], Bool, a => Q(a[0]) > Q(a[1])),
        CelOverload.Member("compareTo", [CelKind.Quantity, CelKind.Quantity], Int, a => (long)Math.Sign(Q(a[0]).CompareTo(Q(a[1])))),
    ];

    private static Quantity Q(object? value) => (Quantity)value!;

    private static bool IsInteger(Quantity quantity) => quantity.Value is > long.MinValue and < long.MaxValue and var whole && Mobula.Kubernetes.Quantity.FromInteger(whole).Equals(quantity);
}

/// <summary>A semantic version.</summary>
internal sealed record CelSemver(ulong Major, ulong Minor, ulong Patch, string[] Prerelease, string Build)
{
    /// <summary>Reads <c>1.2.3-rc.1+build</c>; when normalising also <c>v1.2</c>.</summary>
    public static CelSemver? TryParse(string text, bool normalise)
    {
        var rest = normalise && text.StartsWith('v') ? text[1..] : text;
        var plus = rest.IndexOf('+', StringComparison.Ordinal);
        var build = plus < 0 ? "" : rest[(plus + 1)..];
        if (plus >= 0) rest = rest[..plus];
        var dash = rest.IndexOf('-', StringComparison.Ordinal);
        string[] prerelease = dash < 0 ? [] : rest[(dash + 1)..].Split('.');
        var numbers = (dash < 0 ? rest : rest[..dash]).Split('.').ToList();
        if (normalise)
        {
            while (numbers.Count < 3) numbers.Add("0");
            numbers = [.. numbers.Select(n => n.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : n.Length > 0 ? "0" : "")];
        }
        if (numbers.Count != 3 || (plus >= 0 && !build.Split('.').All(IsIdentifier)) || !prerelease.All(p => IsIdentifier(p) && !(p.Length > 1 && p[0] == '0' && p.All(char.IsAsciiDigit)))) return null;
        var parsed = new ulong[3];
        for (var i = 0; i < 3; i++)
        {
            if ((numbers[i].Length > 1 && numbers[i][0] == '0') || !ulong.TryParse(numbers[i], NumberStyles.None, CultureInfo.InvariantCulture, out parsed[i])) return null;
        }
        return new(parsed[0], parsed[1], parsed[2], prerelease, build);
    }

    private static bool IsIdentifier(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    public int CompareTo(CelSemver other)
    {
        var order = (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));
        if (order != 0) return Math.Sign(order);
        if (Prerelease.Length == 0 || other.Prerelease.Length == 0) return (Prerelease.Length == 0 ? 1 : 0) - (other.Prerelease.Length == 0 ? 1 : 0);
        for (var i = 0; i < Math.Min(Prerelease.Length, other.Prerelease.Length); i++)
        {
            var (a, b) = (Prerelease[i], other.Prerelease[i]);
            var (isA, isB) = (ulong.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out var x), ulong.TryParse(b, NumberStyles.None, CultureInfo.InvariantCulture, out var y));
            order = isA && isB ? x.CompareTo(y) : isA != isB ? isA ? -1 : 1 : Math.Sign(string.CompareOrdinal(a, b));
            if (order != 0) return order;
        }
        return Prerelease.Length.CompareTo(other.Prerelease.Length);
    }

    public bool Equals(CelSemver? other) => other is not null && CompareTo(other) == 0;

    public override int GetHashCode() => HashCode.Combine(Major, Minor, Patch);
}

/// <summary>Semantic versions.</summary>
internal static class CelSemverFunctions
{
    public static IEnumerable<CelOverload> All =>
    [
        CelOverload.Global("isSemver", [CelKind.String], Bool, a => CelSemver.TryParse((string)a[0]!, false) is not null),
        CelOverload.Global("isSemver", [CelKind.String, Bool], Bool, a => CelSemver.TryParse((string)a[0]!, (bool)a[1]!) is not null),
        CelOverload.Global("semver", [CelKind.String], Semver, a => (object?)CelSemver.TryParse((string)a[0]!, false) ?? new CelError($"invalid semver {a[0]}")),
        CelOverload.Global("semver", [CelKind.String, Bool], Semver, a => (object?)CelSemver.TryParse((string)a[0]!, (bool)a[1]!) ?? new CelError($"invalid semver {a[0]}")),
        CelOverload.Member("major", [Semver], Int, a => (long)((CelSemver)a[0]!).Major),
        CelOverload.Member("minor", [Semver], Int, a => (long)((CelSemver)a[0]!).Minor),
        CelOverload.Member("patch", [Semver], Int, a => (long)((CelSemver)a[0]!).Patch),
        CelOverload.Member("isLessThan", [Semver, Semver], Bool, a => ((CelSemver)a[0]!).CompareTo((CelSemver)a[1]!) < 0),
        CelOverload.Member("isGreaterThan", [Semver, Semver], Bool, a => ((CelSemver)a[0]!).CompareTo((CelSemver)a[1]!) > 0),
        CelOverload.Member("compareTo", [Semver, Semver], Int, a => (long)((CelSemver)a[0]!).CompareTo((CelSemver)a[1]!)),
    ];
}
