namespace Mobula.Kubernetes.Cel;

/// <summary>A part of a CEL expression.</summary>
/// <param name="Position">Where it stands: the index of its first character (of a call, of the operator or parenthesis).</param>
internal abstract record CelNode(int Position);

/// <summary>A literal.</summary>
internal sealed record CelConstant(int Position, object? Value) : CelNode(Position);

/// <summary>A variable.</summary>
internal sealed record CelIdentifier(int Position, string Name) : CelNode(Position);

/// <summary><c>operand.field</c>, or <c>operand.?field</c>.</summary>
internal sealed record CelSelect(int Position, CelNode Operand, string Field, bool IsOptional) : CelNode(Position);

/// <summary><c>has(operand.field)</c>.</summary>
internal sealed record CelPresence(int Position, CelNode Operand, string Field) : CelNode(Position);

/// <summary>A call of a function or of an operator (<c>_+_</c>, <c>!_</c>, <c>_[_]</c>, <c>_[?_]</c>).</summary>
internal sealed record CelCall(int Position, string Function, CelNode? Target, IReadOnlyList<CelNode> Arguments) : CelNode(Position);

/// <summary><c>condition ? then : otherwise</c>.</summary>
internal sealed record CelConditional(int Position, CelNode Condition, CelNode Then, CelNode Otherwise) : CelNode(Position);

/// <summary><c>a &amp;&amp; b</c> or <c>a || b</c>, whose sides may fail where the other decides.</summary>
internal sealed record CelLogic(int Position, bool IsAnd, CelNode Left, CelNode Right) : CelNode(Position);

/// <summary><c>[a, ?b]</c>.</summary>
internal sealed record CelListLiteral(int Position, IReadOnlyList<(CelNode Value, bool IsOptional)> Items) : CelNode(Position);

/// <summary><c>{k: v, ?k: v}</c>.</summary>
internal sealed record CelMapLiteral(int Position, IReadOnlyList<(CelNode Key, CelNode Value, bool IsOptional)> Entries) : CelNode(Position);

/// <summary>What a macro makes of a list or map.</summary>
internal enum CelComprehensionKind
{
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
    TransformList,
    TransformMap,
}

/// <summary>A macro over the items of a list or the keys of a map.</summary>
/// <param name="Position">Its place.</param>
/// <param name="Kind">What it makes.</param>
/// <param name="Range">The list or map.</param>
/// <param name="First">The variable of the item or key; with two variables that of the index or key.</param>
/// <param name="Second">The variable of the value, in the forms with two.</param>
/// <param name="Where">Which items count; null for all.</param>
/// <param name="Body">The predicate, or the new value.</param>
internal sealed record CelComprehension(int Position, CelComprehensionKind Kind, CelNode Range, string First, string? Second, CelNode? Where, CelNode Body) : CelNode(Position);

/// <summary><c>target.optMap(x, body)</c>, or <c>optFlatMap</c>.</summary>
internal sealed record CelOptionalMap(int Position, CelNode Target, string Variable, CelNode Body, bool IsFlat) : CelNode(Position);
