namespace Mobula.Kubernetes.Cel;

/// <summary>The variables that an expression sees.</summary>
/// <param name="Name">The variable declared last.</param>
/// <param name="Value">Its value, or its type in a check.</param>
/// <param name="Outer">Those declared before.</param>
internal sealed record CelScope<T>(string Name, T Value, CelScope<T>? Outer)
{
    public static bool TryFind(CelScope<T>? scope, string name, out T value)
    {
        for (; scope is not null; scope = scope.Outer)
        {
            if (scope.Name != name) continue;
            value = scope.Value;
            return true;
        }
        value = default!;
        return false;
    }
}

/// <summary>What evaluations may cost, in units of about one step each.</summary>
/// <param name="limit">The units.</param>
internal sealed class CelBudget(long limit)
{
    public long Spent { get; private set; }

    /// <exception cref="CelBudgetException">Nothing is left.</exception>
    public void Spend(long units)
    {
        Spent += units;
        if (Spent > limit) throw new CelBudgetException();
    }
}

/// <summary>Evaluates expressions.</summary>
/// <param name="budget">What it may cost.</param>
internal sealed class CelEvaluator(CelBudget budget)
{
    private static readonly Dictionary<string, CelTypeName> TypeNames = new[]
    {
        "bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type",
    }.ToDictionary(n => n, n => new CelTypeName(n));

    /// <returns>The value; a <see cref="CelError"/> when there is none.</returns>
    /// <exception cref="CelBudgetException">It would cost more than it may.</exception>
    public object? Evaluate(CelNode node, CelScope<object?>? scope)
    {
        if (node is CelConstant constant) return constant.Value;
        budget.Spend(1);
        return node switch
        {
            CelIdentifier identifier => CelScope<object?>.TryFind(scope, identifier.Name, out var value) ? value
                : TypeNames.TryGetValue(identifier.Name, out var type) ? type : new CelError($"no such attribute: {identifier.Name}"),
            CelSelect select => Select(select, scope),
            CelPresence presence => Has(Evaluate(presence.Operand, scope), presence.Field),
            CelLogic logic => Logic(logic, scope),
            CelConditional conditional => Evaluate(conditional.Condition, scope) switch
            {
                true => Evaluate(conditional.Then, scope),
                false => Evaluate(conditional.Otherwise, scope),
                CelError error => error,
                _ => CelError.NoSuchOverload,
            },
            CelCall call => Call(call, scope),
            CelListLiteral list => MakeList(list, scope),
            CelMapLiteral map => MakeMap(map, scope),
            CelComprehension comprehension => Comprehend(comprehension, scope),
            CelOptionalMap optional => MapOptional(optional, scope),
            _ => new CelError("unknown expression"),
        };
    }

    private object? Select(CelSelect select, CelScope<object?>? scope)
    {
        var operand = Evaluate(select.Operand, scope);
        if (operand is CelError) return operand;
        if (select.IsOptional || operand is CelOptional)
        {
            var target = operand is CelOptional optional ? optional : CelOptional.Of(operand);
            if (!target.HasValue) return target;
            return target.Value is CelMap inner ? inner.TryGet(select.Field, out var found) ? CelOptional.Of(found) : CelOptional.None : CelError.NoSuchOverload;
        }
        return operand is CelMap map ? map.TryGet(select.Field, out var value) ? value : CelError.NoSuchKey(select.Field) : CelError.NoSuchOverload;
    }

    private static object? Has(object? operand, string field) => operand switch
    {
        CelError => operand,
        CelMap map => map.TryGet(field, out _),
        CelOptional optional => optional.HasValue ? Has(optional.Value, field) : false,
        _ => CelError.NoSuchOverload,
    };

    /// <summary>One side may decide although the other failed.</summary>
    private object? Logic(CelLogic logic, CelScope<object?>? scope)
    {
        var decisive = !logic.IsAnd;
        var left = Evaluate(logic.Left, scope);
        if (left is bool l && l == decisive) return decisive;
        var right = Evaluate(logic.Right, scope);
        if (right is bool r && r == decisive) return decisive;
        return left is bool && right is bool ? !decisive : left is CelError ? left : right is CelError ? right : CelError.NoSuchOverload;
    }

    private object? Call(CelCall call, CelScope<object?>? scope)
    {
        var (name, isMember) = (call.Function, call.Target is not null);
        if (call.Target is CelIdentifier prefix && !CelScope<object?>.TryFind(scope, prefix.Name, out _) && CelLibrary.Find($"{prefix.Name}.{name}", false) is not null)
        {
            (name, isMember) = ($"{prefix.Name}.{name}", false);
        }
        var arguments = new object?[call.Arguments.Count + (isMember ? 1 : 0)];
        if (isMember) arguments[0] = Evaluate(call.Target!, scope);
        for (var i = 0; i < call.Arguments.Count; i++) arguments[i + (isMember ? 1 : 0)] = Evaluate(call.Arguments[i], scope);
        foreach (var argument in arguments) budget.Spend(Weight(argument));
        return CelLibrary.Call(name, isMember, arguments);
    }

    /// <summary>Functions look at all of their arguments: long ones cost more.</summary>
    private static long Weight(object? value) => value switch
    {
        string s => s.Length / 10,
        byte[] b => b.Length / 10,
        CelList l => l.Count / 4,
        _ => 0,
    };

    private object? MakeList(CelListLiteral list, CelScope<object?>? scope)
    {
        var items = new List<object?>(list.Items.Count);
        foreach (var (node, isOptional) in list.Items)
        {
            var value = Evaluate(node, scope);
            if (value is CelError) return value;
            if (!isOptional) items.Add(value);
            else if (value is not CelOptional optional) return CelError.NoSuchOverload;
            else if (optional.HasValue) items.Add(optional.Value);
        }
        return new CelArray(items);
    }

    private object? MakeMap(CelMapLiteral map, CelScope<object?>? scope)
    {
        var entries = new Dictionary<object, object?>();
        foreach (var (keyNode, valueNode, isOptional) in map.Entries)
        {
            var (key, value) = (Evaluate(keyNode, scope), Evaluate(valueNode, scope));
            if (key is CelError) return key;
            if (value is CelError) return value;
            if (isOptional)
            {
                if (value is not CelOptional optional) return CelError.NoSuchOverload;
                if (!optional.HasValue) continue;
                value = optional.Value;
            }
            if (key is not (string or long or ulong or bool)) return new CelError("unsupported key type");
            if (!entries.TryAdd(CelValues.Key(key), value)) return new CelError($"Failed with repeated key: {CelValues.Text(key)}");
        }
        return new CelDictionary(entries);
    }

    private object? MapOptional(CelOptionalMap node, CelScope<object?>? scope)
    {
        var target = Evaluate(node.Target, scope);
        if (target is not CelOptional optional) return target is CelError ? target : CelError.NoSuchOverload;
        if (!optional.HasValue) return optional;
        var value = Evaluate(node.Body, new(node.Variable, optional.Value, scope));
        return value is CelError || node.IsFlat ? value : CelOptional.Of(value);
    }

    private object? Comprehend(CelComprehension node, CelScope<object?>? scope)
    {
        var range = Evaluate(node.Range, scope);
        if (range is CelError) return range;
        var pairs = Pairs(range, node.Second is not null);
        return pairs is null ? CelError.NoSuchOverload : node.Kind switch
        {
            CelComprehensionKind.All => Quantify(node, pairs, scope, decisive: false),
            CelComprehensionKind.Exists => Quantify(node, pairs, scope, decisive: true),
            CelComprehensionKind.ExistsOne => ExistsOne(node, pairs, scope),
            CelComprehensionKind.TransformMap => TransformMap(node, pairs, scope),
            _ => Transform(node, pairs, scope),
        };
    }

    /// <summary>What the variables of a macro stand for, one after the other; null when there is nothing to go through.</summary>
    private static IEnumerable<(object? First, object? Second)>? Pairs(object? range, bool two) => range switch
    {
        CelList list when two => list.Items.Index().Select(i => ((object?)(long)i.Index, i.Item)),
        CelList list => list.Items.Select(i => (i, (object?)null)),
        CelMap map => map.Keys.Select(k => ((object?)k, two && map.TryGet(k, out var value) ? value : null)),
        _ => null,
    };

    private CelScope<object?> Declare(CelComprehension node, (object? First, object? Second) pair, CelScope<object?>? scope)
    {
        budget.Spend(1);
        var inner = new CelScope<object?>(node.First, pair.First, scope);
        return node.Second is { } second ? new(second, pair.Second, inner) : inner;
    }

    private object? Quantify(CelComprehension node, IEnumerable<(object?, object?)> pairs, CelScope<object?>? scope, bool decisive)
    {
        object? failure = null;
        foreach (var pair in pairs)
        {
            var holds = Evaluate(node.Body, Declare(node, pair, scope));
            if (holds is bool b)
            {
                if (b == decisive) return decisive;
            }
            else
            {
                failure ??= holds as CelError ?? CelError.NoSuchOverload;
            }
        }
        return failure ?? !decisive;
    }

    private object? ExistsOne(CelComprehension node, IEnumerable<(object?, object?)> pairs, CelScope<object?>? scope)
    {
        var found = 0;
        foreach (var pair in pairs)
        {
            var holds = Evaluate(node.Body, Declare(node, pair, scope));
            if (holds is not bool b) return holds as CelError ?? CelError.NoSuchOverload;
            if (b) found++;
        }
        return found == 1;
    }

    private object? Transform(CelComprehension node, IEnumerable<(object?, object?)> pairs, CelScope<object?>? scope)
    {
        var items = new List<object?>();
        foreach (var pair in pairs)
        {
            var inner = Declare(node, pair, scope);
            if ((node.Kind == CelComprehensionKind.Filter ? node.Body : node.Where) is { } where)
            {
                var holds = Evaluate(where, inner);
                if (holds is not bool b) return holds as CelError ?? CelError.NoSuchOverload;
                if (!b) continue;
            }
            var value = node.Kind == CelComprehensionKind.Filter ? pair.Item1 : Evaluate(node.Body, inner);
            if (value is CelError) return value;
            items.Add(value);
        }
        return new CelArray(items);
    }

    private object? TransformMap(CelComprehension node, IEnumerable<(object?, object?)> pairs, CelScope<object?>? scope)
    {
        var entries = new Dictionary<object, object?>();
        foreach (var pair in pairs)
        {
            var inner = Declare(node, pair, scope);
            if (node.Where is { } where)
            {
                var holds = Evaluate(where, inner);
                if (holds is not bool b) return holds as CelError ?? CelError.NoSuchOverload;
                if (!b) continue;
            }
            var value = Evaluate(node.Body, inner);
            if (value is CelError) return value;
            entries[CelValues.Key(pair.Item1!)] = value;
        }
        return new CelDictionary(entries);
    }
}
