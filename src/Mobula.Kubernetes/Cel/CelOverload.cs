using System.Collections.Frozen;

namespace Mobula.Kubernetes.Cel;

/// <summary>One form of a function or operator.</summary>
/// <param name="Name">The name.</param>
/// <param name="IsMember">Whether it is called on its first argument.</param>
/// <param name="Parameters">The kinds of the arguments.</param>
/// <param name="Result">The type of the result, from those of the arguments.</param>
/// <param name="Body">What it does; it may answer a <see cref="CelError"/>, but gets none.</param>
internal sealed record CelOverload(string Name, bool IsMember, CelKind[] Parameters, Func<IReadOnlyList<CelType>, CelType> Result, Func<object?[], object?> Body)
{
    /// <summary>A function called by its name.</summary>
    public static CelOverload Global(string name, CelKind[] parameters, CelKind result, Func<object?[], object?> body) => new(name, false, parameters, Always(result), body);

    /// <summary>A function called on a value.</summary>
    public static CelOverload Member(string name, CelKind[] parameters, CelKind result, Func<object?[], object?> body) => new(name, true, parameters, Always(result), body);

    /// <summary>A function called on a value, with a result that depends on the arguments.</summary>
    public static CelOverload Member(string name, CelKind[] parameters, Func<IReadOnlyList<CelType>, CelType> result, Func<object?[], object?> body) => new(name, true, parameters, result, body);

    public bool Takes(object?[] arguments)
    {
        if (arguments.Length != Parameters.Length) return false;
        for (var i = 0; i < arguments.Length; i++)
        {
            if (Parameters[i] != CelKind.Dyn && Parameters[i] != CelValues.KindOf(arguments[i])) return false;
        }
        return true;
    }

    public bool Takes(IReadOnlyList<CelType> arguments)
    {
        if (arguments.Count != Parameters.Length) return false;
        for (var i = 0; i < arguments.Count; i++)
        {
            var (wanted, given) = (Parameters[i], arguments[i].Kind);
            if (wanted != CelKind.Dyn && given != CelKind.Dyn && wanted != given && !(wanted == CelKind.Map && given == CelKind.Object)) return false;
        }
        return true;
    }

    private static Func<IReadOnlyList<CelType>, CelType> Always(CelKind kind)
    {
        var type = new CelType(kind);
        return _ => type;
    }
}

/// <summary>All functions and operators.</summary>
internal static class CelLibrary
{
    private static readonly FrozenDictionary<(string Name, bool IsMember), CelOverload[]> ByName =
        CelOperators.All.Concat(CelConversions.All).Concat(CelTimeFunctions.All).Concat(CelTextFunctions.All).Concat(CelListFunctions.All)
            .Concat(CelOptionalFunctions.All).Concat(CelQuantityFunctions.All).Concat(CelNetworkFunctions.All).Concat(CelFormatFunctions.All).Concat(CelSemverFunctions.All)
            .GroupBy(o => (o.Name, o.IsMember)).ToFrozenDictionary(g => g.Key, g => g.ToArray());

    public static CelOverload[]? Find(string name, bool isMember) => ByName.GetValueOrDefault((name, isMember));

    /// <summary>Calls the first form that takes the arguments.</summary>
    public static object? Call(string name, bool isMember, object?[] arguments)
    {
        foreach (var argument in arguments) if (argument is CelError) return argument;
        foreach (var overload in Find(name, isMember) ?? []) if (overload.Takes(arguments)) return overload.Body(arguments);
        return CelError.NoSuchOverload;
    }
}
