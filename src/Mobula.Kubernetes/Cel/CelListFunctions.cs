using static Mobula.Kubernetes.Cel.CelKind;

namespace Mobula.Kubernetes.Cel;

/// <summary>Functions of lists, maps and sets.</summary>
internal static class CelListFunctions
{
    public static IEnumerable<CelOverload> All =>
    [
        .. CelTextFunctions.Sized("size", [List], a => (long)((CelList)a[0]!).Count),
        .. CelTextFunctions.Sized("size", [Map], a => (long)((CelMap)a[0]!).Count),
        CelOverload.Member("isSorted", [List], Bool, a => ((CelList)a[0]!).Items.ToList() is var l && l.Zip(l.Skip(1)).All(p => CelValues.Compare(p.First, p.Second) is <= 0)),
        CelOverload.Member("sum", [List], t => t[0].Item, a => Sum((CelList)a[0]!)),
        CelOverload.Member("min", [List], t => t[0].Item, a => Extreme((CelList)a[0]!, "min", o => o < 0)),
        CelOverload.Member("max", [List], t => t[0].Item, a => Extreme((CelList)a[0]!, "max", o => o > 0)),
        CelOverload.Member("indexOf", [List, Dyn], Int, a => (long)((CelList)a[0]!).Items.ToList().FindIndex(i => CelValues.Equals(i, a[1]))),
        CelOverload.Member("lastIndexOf", [List, Dyn], Int, a => (long)((CelList)a[0]!).Items.ToList().FindLastIndex(i => CelValues.Equals(i, a[1]))),
        CelOverload.Member("reverse", [List], t => t[0], a => new CelArray([.. ((CelList)a[0]!).Items.Reverse()])),
        CelOverload.Member("slice", [List, Int, Int], t => t[0], a => Slice((CelList)a[0]!, (long)a[1]!, (long)a[2]!)),
        CelOverload.Member("distinct", [List], t => t[0], a => Distinct((CelList)a[0]!)),
        CelOverload.Member("flatten", [List], t => t[0].Item.Kind == List ? t[0].Item : t[0], a => new CelArray([.. ((CelList)a[0]!).Items.SelectMany(i => i is CelList inner ? inner.Items : [i])])),
        CelOverload.Member("sort", [List], t => t[0], a => Sort((CelList)a[0]!)),
        CelOverload.Global("sets.contains", [List, List], Bool, a => Contains((CelList)a[0]!, (CelList)a[1]!)),
        CelOverload.Global("sets.equivalent", [List, List], Bool, a => Contains((CelList)a[0]!, (CelList)a[1]!) && Contains((CelList)a[1]!, (CelList)a[0]!)),
        CelOverload.Global("sets.intersects", [List, List], Bool, a => ((CelList)a[0]!).Items.Any(x => ((CelList)a[1]!).Items.Any(y => CelValues.Equals(x, y)))),
    ];

    private static bool Contains(CelList all, CelList some) => some.Items.All(x => all.Items.Any(y => CelValues.Equals(x, y)));

    private static object? Sum(CelList list)
    {
        if (list.Count == 0) return 0L;
        var sum = list[0];
        foreach (var item in list.Items.Skip(1)) sum = CelLibrary.Call("_+_", false, [sum, item]);
        return sum is long or ulong or double or TimeSpan or CelError ? sum : CelError.NoSuchOverload;
    }

    private static object? Extreme(CelList list, string name, Func<int, bool> isBetter)
    {
        if (list.Count == 0) return new CelError($"{name} called on empty list");
        var best = list[0];
        foreach (var item in list.Items.Skip(1))
        {
            if (CelValues.Compare(item, best) is not { } order) return CelError.NoSuchOverload;
            if (isBetter(order)) best = item;
        }
        return best;
    }

    private static object Slice(CelList list, long start, long end) =>
        start < 0 || end < start || end > list.Count ? new CelError($"cannot slice({start}, {end}), list is length {list.Count}") : new CelArray([.. list.Items.Skip((int)start).Take((int)(end - start))]);

    private static CelArray Distinct(CelList list)
    {
        var found = new List<object?>();
        foreach (var item in list.Items) if (!found.Any(f => CelValues.Equals(f, item))) found.Add(item);
        return new(found);
    }

    private static object Sort(CelList list)
    {
        var items = list.Items.ToList();
        if (items.Count > 0 && items.Any(i => CelValues.Compare(items[0], i) is null)) return CelError.NoSuchOverload;
        return new CelArray([.. items.Order(Comparer<object?>.Create((x, y) => CelValues.Compare(x, y) ?? 0))]);
    }
}

/// <summary>Values that may be absent.</summary>
internal static class CelOptionalFunctions
{
    public static IEnumerable<CelOverload> All =>
    [
        new("optional.of", false, [Dyn], t => CelType.OptionalOf(t[0]), a => CelOptional.Of(a[0])),
        new("optional.none", false, [], _ => CelType.OptionalOf(CelType.Dyn), _ => CelOptional.None),
        new("optional.ofNonZeroValue", false, [Dyn], t => CelType.OptionalOf(t[0]), a => IsZero(a[0]) ? CelOptional.None : CelOptional.Of(a[0])),
        CelOverload.Member("hasValue", [Optional], Bool, a => ((CelOptional)a[0]!).HasValue),
        CelOverload.Member("value", [Optional], t => t[0].Item, a => a[0] is CelOptional { HasValue: true } o ? o.Value : new CelError("optional.none() dereference")),
        CelOverload.Member("or", [Optional, Optional], t => t[0], a => ((CelOptional)a[0]!).HasValue ? a[0] : a[1]),
        CelOverload.Member("orValue", [Optional, Dyn], t => t[0].Item.Kind == Dyn ? t[1] : t[0].Item, a => a[0] is CelOptional { HasValue: true } o ? o.Value : a[1]),
    ];

    private static bool IsZero(object? value) => value switch
    {
        null or false or 0L or 0ul or 0d or "" => true,
        byte[] b => b.Length == 0,
        CelList l => l.Count == 0,
        CelMap m => m.Count == 0,
        TimeSpan d => d == TimeSpan.Zero,
        _ => false,
    };
}
