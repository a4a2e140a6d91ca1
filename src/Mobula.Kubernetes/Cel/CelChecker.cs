namespace Mobula.Kubernetes.Cel;

/// <summary>Finds names that are not there and types that do not fit, before anything is evaluated.</summary>
internal static class CelChecker
{
    private static readonly HashSet<string> TypeNames = ["bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type"];

    /// <returns>The type of the expression.</returns>
    /// <exception cref="CelSyntaxException">The first mistake.</exception>
    public static CelType Check(CelNode node, CelScope<CelType>? scope)
    {
        switch (node)
        {
            case CelConstant constant: return new(CelValues.KindOf(constant.Value));
            case CelIdentifier identifier:
                if (CelScope<CelType>.TryFind(scope, identifier.Name, out var declared)) return declared;
                return TypeNames.Contains(identifier.Name) ? new(CelKind.Type) : throw Undeclared(identifier.Position, identifier.Name);
            case CelSelect select: return Select(select, scope);
            case CelPresence presence:
                Field(Check(presence.Operand, scope), presence.Field, presence.Position);
                return CelType.Bool;
            case CelLogic logic:
                var (left, right) = (Check(logic.Left, scope), Check(logic.Right, scope));
                if (!IsBool(left) || !IsBool(right)) throw NoOverload(logic.Position, logic.IsAnd ? "_&&_" : "_||_", false, [left, right]);
                return CelType.Bool;
            case CelConditional conditional: return Conditional(conditional, scope);
            case CelCall call: return Call(call, scope);
            case CelListLiteral list: return CelType.ListOf(Joined(list.Items.Select(i => Element(Check(i.Value, scope), i.IsOptional))));
            case CelMapLiteral map:
                return new(CelKind.Map, Joined(map.Entries.Select(e => Element(Check(e.Value, scope), e.IsOptional))), Joined(map.Entries.Select(e => Check(e.Key, scope))));
            case CelComprehension comprehension: return Comprehension(comprehension, scope);
            case CelOptionalMap optional:
                var target = Check(optional.Target, scope);
                if (target.Kind is not (CelKind.Optional or CelKind.Dyn)) throw NoOverload(optional.Position, optional.IsFlat ? "optFlatMap" : "optMap", true, [target]);
                var body = Check(optional.Body, new(optional.Variable, target.Item, scope));
                return optional.IsFlat ? body : CelType.OptionalOf(body);
            default: return CelType.Dyn;
        }
    }

    private static CelType Select(CelSelect select, CelScope<CelType>? scope)
    {
        var operand = Check(select.Operand, scope);
        if (!select.IsOptional && operand.Kind != CelKind.Optional) return Field(operand, select.Field, select.Position);
        var inner = operand.Kind == CelKind.Optional ? operand.Item : operand;
        return CelType.OptionalOf(Field(inner, select.Field, select.Position));
    }

    private static CelType Field(CelType owner, string field, int position)
    {
        switch (owner.Kind)
        {
            case CelKind.Dyn: return CelType.Dyn;
            case CelKind.Map: return owner.Item;
            case CelKind.Optional: return CelType.OptionalOf(Field(owner.Item, field, position));
            case CelKind.Object when owner.Schema is { } schema:
                return CelSchema.Fields(schema).TryGetValue(field, out var found) ? CelType.Of(found.Type) : throw new CelSyntaxException(position, $"undefined field '{field}'");
            default: throw new CelSyntaxException(position, $"type '{owner}' does not support field selection");
        }
    }

    private static CelType Conditional(CelConditional node, CelScope<CelType>? scope)
    {
        var (condition, then, otherwise) = (Check(node.Condition, scope), Check(node.Then, scope), Check(node.Otherwise, scope));
        if (!IsBool(condition) || !then.Fits(otherwise)) throw NoOverload(node.Position, "_?_:_", false, [condition, then, otherwise]);
        return then.Kind == CelKind.Dyn ? otherwise : otherwise.Kind == CelKind.Dyn ? then : CelType.Join(then, otherwise);
    }

    private static CelType Call(CelCall call, CelScope<CelType>? scope)
    {
        var (name, isMember) = (call.Function, call.Target is not null);
        if (call.Target is CelIdentifier prefix && !CelScope<CelType>.TryFind(scope, prefix.Name, out _) && CelLibrary.Find($"{prefix.Name}.{name}", false) is not null)
        {
            (name, isMember) = ($"{prefix.Name}.{name}", false);
        }
        var types = new List<CelType>();
        if (isMember) types.Add(Check(call.Target!, scope));
        types.AddRange(call.Arguments.Select(a => Check(a, scope)));
        if (CelLibrary.Find(name, isMember) is not { } overloads)
        {
            throw CelLibrary.Find(name, !isMember) is null ? Undeclared(call.Position, name) : NoOverload(call.Position, name, isMember, types);
        }
        var fitting = overloads.Where(o => o.Takes(types)).ToList();
        if (fitting.Count == 0 || !Agrees(name, types)) throw NoOverload(call.Position, name, isMember, types);
        return fitting.Count == 1 || types.All(t => t.Kind != CelKind.Dyn) ? fitting[0].Result(types) : fitting.Select(o => o.Result(types)).Aggregate((a, b) => a.Kind == b.Kind ? a : CelType.Dyn);
    }

    /// <summary>What the kinds alone do not tell: values compared must be of one type, and keys of the map's.</summary>
    private static bool Agrees(string name, List<CelType> types) => name switch
    {
        "_==_" or "_!=_" => types[0].Fits(types[1]),
        "_+_" when types[0].Kind == CelKind.List && types[1].Kind == CelKind.List => types[0].Fits(types[1]),
        "@in" when types[1].Kind == CelKind.List => types[0].Fits(types[1].Item),
        "@in" when types[1].Kind == CelKind.Map => types[0].Fits(types[1].Key ?? CelType.Dyn),
        "_[_]" when types[0].Kind == CelKind.List => types[1].Kind is CelKind.Int or CelKind.Dyn,
        "_[_]" when types[0].Kind == CelKind.Map => types[1].Fits(types[0].Key ?? CelType.Dyn),
        "_[_]" => types[0].Kind != CelKind.Object,
        "size" => types[0].Kind != CelKind.Object,
        "orValue" => types[1].Fits(types[0].Item),
        _ => true,
    };

    private static CelType Comprehension(CelComprehension node, CelScope<CelType>? scope)
    {
        var range = Check(node.Range, scope);
        var (first, second) = range.Kind switch
        {
            CelKind.List => node.Second is null ? (range.Item, CelType.Dyn) : (CelType.Int, range.Item),
            CelKind.Map => (range.Key ?? CelType.Dyn, range.Item),
            CelKind.Dyn => (CelType.Dyn, CelType.Dyn),
            _ => throw new CelSyntaxException(node.Range.Position, $"expression of type '{range}' cannot be range of a comprehension (must be list, map, or dynamic)"),
        };
        var inner = new CelScope<CelType>(node.First, first, scope);
        if (node.Second is { } name) inner = new(name, second, inner);
        if (node.Where is { } where && Check(where, inner) is var condition && !IsBool(condition)) throw NoOverload(where.Position, "_?_:_", false, [condition]);
        var body = Check(node.Body, inner);
        switch (node.Kind)
        {
            case CelComprehensionKind.Map or CelComprehensionKind.TransformList: return CelType.ListOf(body);
            case CelComprehensionKind.TransformMap: return new(CelKind.Map, body, range.Kind == CelKind.List ? CelType.Int : range.Key ?? CelType.Dyn);
        }
        if (!IsBool(body)) throw new CelSyntaxException(node.Body.Position, $"expected type 'bool' but found '{body}'");
        return node.Kind == CelComprehensionKind.Filter ? CelType.ListOf(first) : CelType.Bool;
    }

    private static bool IsBool(CelType type) => type.Kind is CelKind.Bool or CelKind.Dyn;

    private static CelType Element(CelType type, bool isOptional) => isOptional && type.Kind == CelKind.Optional ? type.Item : type;

    private static CelType Joined(IEnumerable<CelType> types)
    {
        CelType? joined = null;
        foreach (var type in types) joined = joined is null ? type : CelType.Join(joined, type);
        return joined ?? CelType.Dyn;
    }

    private static CelSyntaxException Undeclared(int position, string name) => new(position, $"undeclared reference to '{name}' (in container '')");

    private static CelSyntaxException NoOverload(int position, string function, bool isMember, IReadOnlyList<CelType> types) =>
        new(position, $"found no matching overload for '{function}' applied to '{(isMember ? $"{types[0]}." : "")}({string.Join(", ", types.Skip(isMember ? 1 : 0))})'");
}
