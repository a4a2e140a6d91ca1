using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Mobula.Kubernetes.Errors;

namespace Mobula.Kubernetes.Cel;

/// <summary>
/// The kinds of values of the language. A value is null, a bool, long, ulong, double, string, byte array, DateTimeOffset
/// (timestamp), TimeSpan (duration), <see cref="CelList"/>, <see cref="CelMap"/>, <see cref="CelOptional"/>,
/// <see cref="CelTypeName"/>, one of Kubernetes' own types, or a <see cref="CelError"/>.
/// </summary>
internal enum CelKind
{
    Dyn,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    List,
    Map,
    Object,
    Timestamp,
    Duration,
    Type,
    Optional,
    Quantity,
    Url,
    Ip,
    Cidr,
    Format,
    Semver,
    Error,
}

/// <summary>What went wrong in an evaluation. It is a value: <c>a || b</c> may still be decided by the other side.</summary>
/// <param name="Message">What.</param>
internal sealed record CelError(string Message)
{
    public static CelError NoSuchOverload { get; } = new("no such overload");

    public static CelError Overflow { get; } = new("integer overflow");

    public static CelError NoSuchKey(object? key) => new($"no such key: {key switch { string s => s, null => "null", _ => CelValues.Text(key) }}");
}

/// <summary>The name of a type, as <c>type(x)</c> gives it.</summary>
internal sealed record CelTypeName(string Name);

/// <summary>A value that may be absent.</summary>
internal sealed record CelOptional(object? Value, bool HasValue)
{
    public static CelOptional None { get; } = new(null, false);

    public static CelOptional Of(object? value) => new(value, true);
}

/// <summary>A list. Lists of Kubernetes' type <c>set</c> and <c>map</c> are equal in any order, and their sum is a union.</summary>
internal abstract class CelList
{
    public abstract int Count { get; }

    public abstract object? this[int index] { get; }

    public virtual Schema.ListType ListType => Schema.ListType.Atomic;

    /// <summary>The keys by which items of a <c>map</c> list are told apart.</summary>
    public virtual IReadOnlyList<string> Keys => [];

    public IEnumerable<object?> Items
    {
        get
        {
            for (var i = 0; i < Count; i++) yield return this[i];
        }
    }
}

/// <summary>A list made by an expression.</summary>
internal sealed class CelArray(IReadOnlyList<object?> items, CelList? like = null) : CelList
{
    public override int Count => items.Count;

    public override object? this[int index] => items[index];

    public override Schema.ListType ListType => like?.ListType ?? base.ListType;

    public override IReadOnlyList<string> Keys => like?.Keys ?? base.Keys;
}

/// <summary>A map, or an object with known fields.</summary>
internal abstract class CelMap
{
    public abstract int Count { get; }

    public abstract IEnumerable<object> Keys { get; }

    public abstract bool TryGet(object? key, out object? value);
}

/// <summary>A map made by an expression.</summary>
internal sealed class CelDictionary(Dictionary<object, object?> entries) : CelMap
{
    public override int Count => entries.Count;

    public override IEnumerable<object> Keys => entries.Keys;

    public override bool TryGet(object? key, out object? value)
    {
        value = null;
        return key is not null && entries.TryGetValue(CelValues.Key(key), out value);
    }
}

/// <summary>Kinds, equality, order and text of values.</summary>
internal static class CelValues
{
    public static CelKind KindOf(object? value) => value switch
    {
        null => CelKind.Null,
        bool => CelKind.Bool,
        long => CelKind.Int,
        ulong => CelKind.Uint,
        double => CelKind.Double,
        string => CelKind.String,
        byte[] => CelKind.Bytes,
        CelList => CelKind.List,
        CelMap => CelKind.Map,
        DateTimeOffset => CelKind.Timestamp,
        TimeSpan => CelKind.Duration,
        CelTypeName => CelKind.Type,
        CelOptional => CelKind.Optional,
        Quantity => CelKind.Quantity,
        Uri => CelKind.Url,
        CelAddress => CelKind.Ip,
        CelNetwork => CelKind.Cidr,
        CelFormat => CelKind.Format,
        CelSemver => CelKind.Semver,
        CelError => CelKind.Error,
        _ => CelKind.Dyn,
    };

    /// <summary>Numbers that are equal are one key.</summary>
    public static object Key(object key) => key switch
    {
        ulong u when u <= long.MaxValue => (long)u,
        double d when double.IsInteger(d) && Math.Abs(d) < 9e15 => (long)d,
        _ => key,
    };

    public static new bool Equals(object? a, object? b)
    {
        if (Compare(a, b) is { } order && IsNumber(a) && IsNumber(b)) return order == 0;
        return (a, b) switch
        {
            (null, null) => true,
            (double x, double y) => x == y,
            (byte[] x, byte[] y) => x.AsSpan().SequenceEqual(y),
            (CelList x, CelList y) => EqualLists(x, y),
            (CelMap x, CelMap y) => x.Count == y.Count && x.Keys.All(k => x.TryGet(k, out var left) && y.TryGet(k, out var right) && Equals(left, right)),
            (CelOptional x, CelOptional y) => x.HasValue == y.HasValue && (!x.HasValue || Equals(x.Value, y.Value)),
            (Uri x, Uri y) => x.OriginalString == y.OriginalString,
            (null, _) or (_, null) => false,
            _ => KindOf(a) == KindOf(b) && a.Equals(b),
        };
    }

    private static bool EqualLists(CelList a, CelList b)
    {
        if (a.Count != b.Count) return false;
        var isUnordered = a.ListType is Schema.ListType.Set or Schema.ListType.Map || b.ListType is Schema.ListType.Set or Schema.ListType.Map;
        return isUnordered ? a.Items.All(x => b.Items.Any(y => Equals(x, y))) : a.Items.Zip(b.Items).All(p => Equals(p.First, p.Second));
    }

    public static bool IsNumber(object? value) => value is long or ulong or double;

    /// <summary>The order of two values; null when they have none.</summary>
    public static int? Compare(object? a, object? b) => (a, b) switch
    {
        (long x, long y) => x.CompareTo(y),
        (ulong x, ulong y) => x.CompareTo(y),
        (double x, double y) => double.IsNaN(x) || double.IsNaN(y) ? null : x.CompareTo(y),
        (long x, ulong y) => x < 0 ? -1 : ((ulong)x).CompareTo(y),
        (ulong x, long y) => y < 0 ? 1 : x.CompareTo((ulong)y),
        (double x, long y) => double.IsNaN(x) ? null : CompareWhole(x, y),
        (long x, double y) => double.IsNaN(y) ? null : -CompareWhole(y, x),
        (double x, ulong y) => double.IsNaN(x) ? null : CompareWhole(x, y),
        (ulong x, double y) => double.IsNaN(y) ? null : -CompareWhole(y, x),
        (string x, string y) => CompareText(x, y),
        (bool x, bool y) => x.CompareTo(y),
        (byte[] x, byte[] y) => x.AsSpan().SequenceCompareTo(y),
        (DateTimeOffset x, DateTimeOffset y) => x.CompareTo(y),
        (TimeSpan x, TimeSpan y) => x.CompareTo(y),
        _ => null,
    };

    private static int CompareWhole(double a, Int128 b)
    {
        if (a >= 1e30) return 1;
        if (a <= -1e30) return -1;
        var whole = (Int128)Math.Floor(a);
        var order = whole.CompareTo(b);
        return order != 0 ? order : a > Math.Floor(a) ? 1 : 0;
    }

    /// <summary>By code points, as UTF-8 orders; UTF-16 orders surrogates differently.</summary>
    private static int CompareText(string a, string b)
    {
        var common = Math.Min(a.Length, b.Length);
        for (var i = 0; i < common; i++)
        {
            if (a[i] == b[i]) continue;
            var (x, y) = (char.IsSurrogate(a[i]), char.IsSurrogate(b[i]));
            return x != y ? x ? 1 : -1 : a[i].CompareTo(b[i]);
        }
        return a.Length.CompareTo(b.Length);
    }

    /// <summary>The number of code points.</summary>
    public static int Length(string text)
    {
        var pairs = 0;
        foreach (var c in text) if (char.IsLowSurrogate(c)) pairs++;
        return text.Length - pairs;
    }

    /// <summary>The name of a value's type.</summary>
    public static string TypeName(object? value) => KindOf(value) switch
    {
        CelKind.Null => "null_type",
        CelKind.Timestamp => "google.protobuf.Timestamp",
        CelKind.Duration => "google.protobuf.Duration",
        CelKind.Optional => "optional_type",
        CelKind.Quantity => "kubernetes.Quantity",
        CelKind.Url => "kubernetes.URL",
        CelKind.Ip => "net.IP",
        CelKind.Cidr => "net.CIDR",
        CelKind.Format => "kubernetes.NamedFormat",
        CelKind.Semver => "kubernetes.Semver",
        var kind => kind.ToString().ToLowerInvariant(),
    };

    /// <summary>A value as <c>string(x)</c> gives it, and as texts show it.</summary>
    public static string Text(object? value) => value switch
    {
        null => "null",
        bool b => b ? "true" : "false",
        string s => s,
        double d => Double(d),
        byte[] b => Encoding.UTF8.GetString(b),
        DateTimeOffset t => Timestamp(t),
        TimeSpan d => Duration(d),
        CelTypeName t => t.Name,
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Double(double value) =>
        double.IsNaN(value) ? "NaN" : double.IsInfinity(value) ? value > 0 ? "+Inf" : "-Inf" : GoText.Float(value);

    private static string Timestamp(DateTimeOffset time)
    {
        var utc = time.ToUniversalTime();
        var fraction = (utc.Ticks % TimeSpan.TicksPerSecond).ToString("D7", CultureInfo.InvariantCulture).TrimEnd('0');
        return utc.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) + (fraction.Length > 0 ? $".{fraction}" : "") + "Z";
    }

    private static string Duration(TimeSpan duration) =>
        (duration.Ticks / (decimal)TimeSpan.TicksPerSecond).ToString("0.#######", CultureInfo.InvariantCulture) + "s";

    /// <summary>Reads a duration as Go writes it: <c>1h30m</c>, <c>1.5s</c>, <c>-100ms</c>.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = default;
        var rest = text.AsSpan();
        var isNegative = rest.StartsWith("-");
        if (isNegative || rest.StartsWith("+")) rest = rest[1..];
        if (rest is "0") return true;
        if (rest.IsEmpty) return false;
        decimal ticks = 0;
        while (!rest.IsEmpty)
        {
            var length = rest.IndexOfAnyExcept("0123456789.");
            if (length <= 0 || !decimal.TryParse(rest[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
            rest = rest[length..];
            length = rest.IndexOfAny("0123456789.");
            var unit = length < 0 ? rest : rest[..length];
            decimal? factor = unit switch { "ns" => 0.01m, "us" or "µs" or "μs" => 10m, "ms" => 10_000m, "s" => 10_000_000m, "m" => 600_000_000m, "h" => 36_000_000_000m, _ => null };
            if (factor is null || number > 1e12m) return false;
            ticks += number * factor.Value;
            rest = length < 0 ? [] : rest[length..];
        }
        if (ticks > 92_233_720_368_547_758m) return false;
        duration = new((long)(isNegative ? -ticks : ticks));
        return true;
    }

    /// <summary>Reads an RFC 3339 time.</summary>
    public static bool TryParseTimestamp(string text, out DateTimeOffset time)
    {
        time = default;
        return text.Length >= 20 && text[10] is 'T' or 't' && (text[^1] is 'Z' or 'z' || (text[^3] == ':' && text[^6] is '+' or '-'))
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
    }

    /// <summary>Whether a value is an error, which functions pass on.</summary>
    public static bool IsError(object? value, [NotNullWhen(true)] out CelError? error)
    {
        error = value as CelError;
        return error is not null;
    }
}
