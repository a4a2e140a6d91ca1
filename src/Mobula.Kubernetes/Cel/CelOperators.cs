using static Mobula.Kubernetes.Cel.CelKind;

namespace Mobula.Kubernetes.Cel;

/// <summary>The operators; those that need not know all sides (<c>&amp;&amp;</c>, <c>||</c>, <c>?:</c>) are the evaluator's.</summary>
internal static class CelOperators
{
    private static readonly CelKind[] Ordered = [Int, Uint, CelKind.Double, CelKind.String, Bool, Bytes, Timestamp, Duration];
    private static readonly CelKind[] Numbers = [Int, Uint, CelKind.Double];

    public static IEnumerable<CelOverload> All => [.. Arithmetic, .. Comparisons, .. Access];

    private static IEnumerable<CelOverload> Arithmetic =>
    [
        Whole("_+_", (a, b) => checked(a + b)),
        Unsigned("_+_", (a, b) => checked(a + b)),
        Real("_+_", (a, b) => a + b),
        CelOverload.Global("_+_", [CelKind.String, CelKind.String], CelKind.String, a => (string)a[0]! + (string)a[1]!),
        CelOverload.Global("_+_", [Bytes, Bytes], Bytes, a => ((byte[])a[0]!).Concat((byte[])a[1]!).ToArray()),
        new("_+_", false, [List, List], t => CelType.ListOf(CelType.Join(t[0].Item, t[1].Item)), a => Join((CelList)a[0]!, (CelList)a[1]!)),
        CelOverload.Global("_+_", [Timestamp, Duration], Timestamp, a => Within(() => (DateTimeOffset)a[0]! + (TimeSpan)a[1]!)),
        CelOverload.Global("_+_", [Duration, Timestamp], Timestamp, a => Within(() => (DateTimeOffset)a[1]! + (TimeSpan)a[0]!)),
        CelOverload.Global("_+_", [Duration, Duration], Duration, a => Within(() => (TimeSpan)a[0]! + (TimeSpan)a[1]!)),
        Whole("_-_", (a, b) => checked(a - b)),
        Unsigned("_-_", (a, b) => checked(a - b)),
        Real("_-_", (a, b) => a - b),
        CelOverload.Global("_-_", [Timestamp, Timestamp], Duration, a => (DateTimeOffset)a[0]! - (DateTimeOffset)a[1]!),
        CelOverload.Global("_-_", [Timestamp, Duration], Timestamp, a => Within(() => (DateTimeOffset)a[0]! - (TimeSpan)a[1]!)),
        CelOverload.Global("_-_", [Duration, Duration], Duration, a => Within(() => (TimeSpan)a[0]! - (TimeSpan)a[1]!)),
        Whole("_*_", (a, b) => checked(a * b)),
        Unsigned("_*_", (a, b) => checked(a * b)),
        Real("_*_", (a, b) => a * b),
        CelOverload.Global("_/_", [Int, Int], Int, a => Divide((long)a[0]!, (long)a[1]!)),
        CelOverload.Global("_/_", [Uint, Uint], Uint, a => (ulong)a[1]! == 0 ? new CelError("division by zero") : (ulong)a[0]! / (ulong)a[1]!),
        Real("_/_", (a, b) => a / b),
        CelOverload.Global("_%_", [Int, Int], Int, a => (long)a[1]! == 0 ? new CelError("modulus by zero") : (long)a[1]! == -1 ? (long)a[0]! == long.MinValue ? CelError.Overflow : 0L : (long)a[0]! % (long)a[1]!),
        CelOverload.Global("_%_", [Uint, Uint], Uint, a => (ulong)a[1]! == 0 ? new CelError("modulus by zero") : (ulong)a[0]! % (ulong)a[1]!),
        CelOverload.Global("-_", [Int], Int, a => (long)a[0]! == long.MinValue ? CelError.Overflow : -(long)a[0]!),
        CelOverload.Global("-_", [CelKind.Double], CelKind.Double, a => -(double)a[0]!),
        CelOverload.Global("!_", [Bool], Bool, a => !(bool)a[0]!),
    ];

    private static IEnumerable<CelOverload> Comparisons =>
    [
        CelOverload.Global("_==_", [Dyn, Dyn], Bool, a => CelValues.Equals(a[0], a[1])),
        CelOverload.Global("_!=_", [Dyn, Dyn], Bool, a => !CelValues.Equals(a[0], a[1])),
        .. Order("_<_", o => o < 0), .. Order("_<=_", o => o <= 0), .. Order("_>_", o => o > 0), .. Order("_>=_", o => o >= 0),
    ];

    private static IEnumerable<CelOverload> Access =>
    [
        new("_[_]", false, [List, Dyn], t => t[0].Item, a => At((CelList)a[0]!, a[1])),
        new("_[_]", false, [Map, Dyn], t => t[0].Kind == CelKind.Object ? CelType.Dyn : t[0].Item, a => ((CelMap)a[0]!).TryGet(a[1], out var value) ? value : CelError.NoSuchKey(a[1])),
        new("_[_]", false, [Optional, Dyn], t => CelType.OptionalOf(CelType.Dyn), a => AtOptional(a[0], a[1])),
        new("_[?_]", false, [Dyn, Dyn], t => CelType.OptionalOf(t[0].Kind is List or Map ? t[0].Item : CelType.Dyn), a => AtOptional(a[0], a[1])),
        CelOverload.Global("@in", [Dyn, List], Bool, a => ((CelList)a[1]!).Items.Any(i => CelValues.Equals(i, a[0]))),
        CelOverload.Global("@in", [Dyn, Map], Bool, a => ((CelMap)a[1]!).TryGet(a[0], out _)),
    ];

    private static CelOverload Whole(string name, Func<long, long, long> compute) =>
        CelOverload.Global(name, [Int, Int], Int, a => Within(() => compute((long)a[0]!, (long)a[1]!)));

    private static CelOverload Unsigned(string name, Func<ulong, ulong, ulong> compute) =>
        CelOverload.Global(name, [Uint, Uint], Uint, a => Within(() => compute((ulong)a[0]!, (ulong)a[1]!)));

    private static CelOverload Real(string name, Func<double, double, double> compute) =>
        CelOverload.Global(name, [CelKind.Double, CelKind.Double], CelKind.Double, a => compute((double)a[0]!, (double)a[1]!));

    private static object? Within<T>(Func<T> compute)
    {
        try
        {
            return compute();
        }
        catch (Exception e) when (e is OverflowException or ArgumentOutOfRangeException)
        {
            return typeof(T) == typeof(ulong) ? new CelError("unsigned integer overflow") : typeof(T) == typeof(long) ? CelError.Overflow : new CelError("timestamp overflow");
        }
    }

    private static object Divide(long a, long b) => b == 0 ? new CelError("division by zero") : a == long.MinValue && b == -1 ? CelError.Overflow : a / b;

    private static IEnumerable<CelOverload> Order(string name, Func<int, bool> holds)
    {
        object? Compare(object?[] a) => CelValues.Compare(a[0], a[1]) is { } order ? holds(order) : false;
        foreach (var kind in Ordered) yield return CelOverload.Global(name, [kind, kind], Bool, Compare);
        foreach (var left in Numbers)
        {
            foreach (var right in Numbers) if (left != right) yield return CelOverload.Global(name, [left, right], Bool, Compare);
        }
    }

    private static object? At(CelList list, object? index)
    {
        if (Index(index) is not { } at) return CelError.NoSuchOverload;
        return at >= 0 && at < list.Count ? list[(int)at] : new CelError($"index out of bounds: {at}");
    }

    private static long? Index(object? index) => index switch
    {
        long i => i,
        ulong u when u <= long.MaxValue => (long)u,
        double d when double.IsInteger(d) && Math.Abs(d) < 9e15 => (long)d,
        _ => null,
    };

    private static object? AtOptional(object? container, object? key)
    {
        var target = container;
        if (container is CelOptional optional)
        {
            if (!optional.HasValue) return CelOptional.None;
            target = optional.Value;
        }
        return target switch
        {
            CelList list => Index(key) is { } at && at >= 0 && at < list.Count ? CelOptional.Of(list[(int)at]) : CelOptional.None,
            CelMap map => map.TryGet(key, out var value) ? CelOptional.Of(value) : CelOptional.None,
            _ => CelError.NoSuchOverload,
        };
    }

    /// <summary>Lists one after the other; of Kubernetes' sets and maps the union.</summary>
    private static CelArray Join(CelList a, CelList b)
    {
        var items = a.Items.ToList();
        if (a.ListType == Schema.ListType.Set)
        {
            items.AddRange(b.Items.Where(x => !a.Items.Any(y => CelValues.Equals(x, y))));
        }
        else if (a.ListType == Schema.ListType.Map)
        {
            foreach (var item in b.Items)
            {
                var at = items.FindIndex(i => SameKey(i, item, a.Keys));
                if (at >= 0) items[at] = item;
                else items.Add(item);
            }
        }
        else
        {
            items.AddRange(b.Items);
        }
        return new(items, a);
    }

    private static bool SameKey(object? a, object? b, IReadOnlyList<string> keys) => a is CelMap x && b is CelMap y && keys.All(k =>
    {
        var (inX, inY) = (x.TryGet(CelSchema.Escape(k), out var left), y.TryGet(CelSchema.Escape(k), out var right));
        return inX == inY && CelValues.Equals(left, right);
    });
}
