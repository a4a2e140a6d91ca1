namespace Mobula.Kubernetes.Cel;

/// <summary>Reads CEL expressions. Macros become nodes of their own.</summary>
internal sealed class CelParser
{
    private const int MaximumDepth = 100;

    private static readonly string[] Relations = ["<", "<=", ">", ">=", "==", "!=", "in"];

    private static readonly HashSet<string> Reserved =
        ["as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while"];

    private readonly List<CelToken> _tokens;
    private int _at;
    private int _depth;

    private CelParser(List<CelToken> tokens) => _tokens = tokens;

    /// <exception cref="CelSyntaxException">The text is no expression.</exception>
    public static CelNode Parse(string source)
    {
        var parser = new CelParser(CelLexer.Read(source));
        var node = parser.Expression();
        if (parser.Current.Kind != CelTokenKind.End) throw parser.Unexpected();
        return node;
    }

    private CelToken Current => _tokens[_at];

    private CelNode Expression()
    {
        if (++_depth > MaximumDepth) throw new CelSyntaxException(Current.Position, "expression recursion limit exceeded: 100");
        var condition = Or();
        if (Current.Is("?"))
        {
            var position = Take().Position;
            var then = Or();
            Expect(":");
            condition = new CelConditional(position, condition, then, Expression());
        }
        _depth--;
        return condition;
    }

    private CelNode Or()
    {
        var left = And();
        while (Current.Is("||")) left = new CelLogic(Take().Position, false, left, And());
        return left;
    }

    private CelNode And()
    {
        var left = Relation();
        while (Current.Is("&&")) left = new CelLogic(Take().Position, true, left, Relation());
        return left;
    }

    private CelNode Relation()
    {
        var left = Sum();
        while (Current.Kind == CelTokenKind.Symbol && Relations.Contains(Current.Text))
        {
            var token = Take();
            left = new CelCall(token.Position, token.Text == "in" ? "@in" : $"_{token.Text}_", null, [left, Sum()]);
        }
        return left;
    }

    private CelNode Sum()
    {
        var left = Product();
        while (Current.Is("+") || Current.Is("-"))
        {
            var token = Take();
            left = new CelCall(token.Position, $"_{token.Text}_", null, [left, Product()]);
        }
        return left;
    }

    private CelNode Product()
    {
        var left = Unary();
        while (Current.Is("*") || Current.Is("/") || Current.Is("%"))
        {
            var token = Take();
            left = new CelCall(token.Position, $"_{token.Text}_", null, [left, Unary()]);
        }
        return left;
    }

    private CelNode Unary()
    {
        if (!Current.Is("!") && !Current.Is("-")) return Member(Primary());
        if (++_depth > MaximumDepth) throw new CelSyntaxException(Current.Position, "expression recursion limit exceeded: 100");
        var token = Take();
        CelNode result;
        if (token.Text == "-" && Current is { Kind: CelTokenKind.Literal, Value: long or double or decimal })
        {
            var literal = Take();
            object value = literal.Value switch { long n => (object)-n, double d => -d, _ => long.MinValue };
            result = Member(new CelConstant(token.Position, value));
        }
        else
        {
            result = new CelCall(token.Position, $"{token.Text}_", null, [Unary()]);
        }
        _depth--;
        return result;
    }

    private CelNode Member(CelNode operand)
    {
        while (true)
        {
            if (Current.Is("."))
            {
                var dot = Take();
                var isOptional = Current.Is("?");
                if (isOptional) Take();
                if (Current.Kind == CelTokenKind.End) throw new CelSyntaxException(dot.Position, "Syntax error: no viable alternative at input '.'");
                if (Current.Kind is not (CelTokenKind.Name or CelTokenKind.QuotedName)) throw Unexpected();
                var name = Take();
                if (!isOptional && name.Kind == CelTokenKind.Name && Current.Is("("))
                {
                    var position = Take().Position;
                    operand = Macro(position, name.Text, operand, Arguments(")"));
                }
                else
                {
                    operand = new CelSelect(dot.Position, operand, name.Text, isOptional);
                }
            }
            else if (Current.Is("["))
            {
                var position = Take().Position;
                var isOptional = Current.Is("?");
                if (isOptional) Take();
                var index = Expression();
                Expect("]");
                operand = new CelCall(position, isOptional ? "_[?_]" : "_[_]", null, [operand, index]);
            }
            else
            {
                return operand;
            }
        }
    }

    private CelNode Primary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case CelTokenKind.Literal:
                Take();
                return token.Value is decimal ? throw new CelSyntaxException(token.Position, "Syntax error: invalid int literal") : new CelConstant(token.Position, token.Value);
            case CelTokenKind.Name: return Named();
            case CelTokenKind.Symbol when token.Text == ".":
                Take();
                return Current.Kind == CelTokenKind.Name ? Named() : throw Unexpected();
            case CelTokenKind.Symbol when token.Text == "(":
                Take();
                var inner = Expression();
                Expect(")");
                return inner;
            case CelTokenKind.Symbol when token.Text == "[": return ListLiteral();
            case CelTokenKind.Symbol when token.Text == "{": return MapLiteral();
            default: throw NoExpression(token);
        }
    }

    /// <summary>What the usual compilers say where an expression should begin.</summary>
    private CelSyntaxException NoExpression(CelToken token)
    {
        if (token.Kind != CelTokenKind.End) return Unexpected();
        var closing = _at > 0 && _tokens[_at - 1].Is("(") && _at > 1 && _tokens[_at - 2].Kind == CelTokenKind.Name ? "')', " : "";
        return new(token.Position, $"Syntax error: mismatched input '<EOF>' expecting {{'[', '{{', '(', {closing}'.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}}");
    }

    private CelNode Named()
    {
        var token = Take();
        if (Reserved.Contains(token.Text)) throw new CelSyntaxException(token.Position, $"Syntax error: reserved identifier: {token.Text}");
        if (!Current.Is("(")) return new CelIdentifier(token.Position, token.Text);
        var position = Take().Position;
        var arguments = Arguments(")");
        if (token.Text != "has" || arguments.Count != 1) return new CelCall(position, token.Text, null, arguments);
        return arguments[0] is CelSelect { IsOptional: false } select
            ? new CelPresence(position, select.Operand, select.Field)
            : throw new CelSyntaxException(position, "invalid argument to has() macro");
    }

    private static CelNode Macro(int position, string name, CelNode target, List<CelNode> arguments)
    {
        string Variable(int i) => arguments[i] is CelIdentifier variable ? variable.Name : throw new CelSyntaxException(arguments[i].Position, "argument must be a simple name");
        CelNode Over(CelComprehensionKind kind, int variables, int? where, int body) =>
            new CelComprehension(position, kind, target, Variable(0), variables == 2 ? Variable(1) : null, where is { } w ? arguments[w] : null, arguments[body]);
        switch (name, arguments.Count)
        {
            case ("all", 2): return Over(CelComprehensionKind.All, 1, null, 1);
            case ("all", 3): return Over(CelComprehensionKind.All, 2, null, 2);
            case ("exists", 2): return Over(CelComprehensionKind.Exists, 1, null, 1);
            case ("exists", 3): return Over(CelComprehensionKind.Exists, 2, null, 2);
            case ("exists_one" or "existsOne", 2): return Over(CelComprehensionKind.ExistsOne, 1, null, 1);
            case ("exists_one" or "existsOne", 3): return Over(CelComprehensionKind.ExistsOne, 2, null, 2);
            case ("map", 2): return Over(CelComprehensionKind.Map, 1, null, 1);
            case ("map", 3): return Over(CelComprehensionKind.Map, 1, 1, 2);
            case ("filter", 2): return Over(CelComprehensionKind.Filter, 1, null, 1);
            case ("transformList", 3): return Over(CelComprehensionKind.TransformList, 2, null, 2);
            case ("transformList", 4): return Over(CelComprehensionKind.TransformList, 2, 2, 3);
            case ("transformMap", 3): return Over(CelComprehensionKind.TransformMap, 2, null, 2);
            case ("transformMap", 4): return Over(CelComprehensionKind.TransformMap, 2, 2, 3);
            case ("optMap" or "optFlatMap", 2): return new CelOptionalMap(position, target, Variable(0), arguments[1], name == "optFlatMap");
            default: return new CelCall(position, name, target, arguments);
        }
    }

    private List<CelNode> Arguments(string end)
    {
        var arguments = new List<CelNode>();
        while (!Current.Is(end))
        {
            arguments.Add(Expression());
            if (!Current.Is(end)) Expect(",");
            else break;
        }
        Expect(end);
        return arguments;
    }

    private CelListLiteral ListLiteral()
    {
        var position = Take().Position;
        var items = new List<(CelNode, bool)>();
        while (!Current.Is("]"))
        {
            var isOptional = Current.Is("?");
            if (isOptional) Take();
            items.Add((Expression(), isOptional));
            if (!Current.Is("]")) Expect(",");
        }
        Take();
        return new(position, items);
    }

    private CelMapLiteral MapLiteral()
    {
        var position = Take().Position;
        var entries = new List<(CelNode, CelNode, bool)>();
        while (!Current.Is("}"))
        {
            var isOptional = Current.Is("?");
            if (isOptional) Take();
            var key = Expression();
            Expect(":");
            entries.Add((key, Expression(), isOptional));
            if (!Current.Is("}")) Expect(",");
        }
        Take();
        return new(position, entries);
    }

    private CelToken Take() => _tokens[_at++];

    private void Expect(string symbol)
    {
        if (!Current.Is(symbol)) throw Unexpected(symbol);
        _at++;
    }

    private CelSyntaxException Unexpected(string? expected = null)
    {
        var token = Current;
        var shown = token.Kind switch { CelTokenKind.Literal when token.Value is string => "string", CelTokenKind.Literal when token.Text.Length == 0 => $"{token.Value}", _ => token.Text };
        return new(token.Position, expected is null ? $"Syntax error: mismatched input '{shown}'" : $"Syntax error: mismatched input '{shown}' expecting '{expected}'");
    }
}
