using System.Text.Json.Nodes;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Cel;

/// <summary>What an evaluation gave: a value, or why there is none.</summary>
/// <param name="Value">A bool, a string, or another value of the language; null may be one.</param>
/// <param name="Error">Why there is no value; null when there is one.</param>
public readonly record struct CelResult(object? Value, string? Error);

/// <summary>A variable of an expression.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Schema">The type of its values.</param>
/// <param name="IsOptional">Whether expressions see it as an optional value.</param>
public sealed record CelVariable(string Name, TypeSchema Schema, bool IsOptional = false);

/// <summary>An expression in the Common Expression Language, ready to be evaluated. Immutable; safe from any thread.</summary>
public sealed class CelProgram
{
    private readonly CelNode _root;
    private readonly IReadOnlyList<CelVariable> _variables;

    private CelProgram(CelNode root, CelType type, IReadOnlyList<CelVariable> variables) => (_root, Type, _variables) = (root, type, variables);

    /// <summary>Whether the expression gives a boolean (or what it gives is known when it is evaluated only).</summary>
    public bool IsBool => Type.Kind is CelKind.Bool or CelKind.Dyn;

    /// <summary>Whether the expression gives a string (or what it gives is known when it is evaluated only).</summary>
    public bool IsString => Type.Kind is CelKind.String or CelKind.Dyn;

    internal CelType Type { get; }

    /// <summary>Reads an expression and checks its names and types.</summary>
    /// <param name="source">The expression.</param>
    /// <param name="variables">What it may name.</param>
    /// <exception cref="CelSyntaxException">It is wrong.</exception>
    public static CelProgram Compile(string source, params IReadOnlyList<CelVariable> variables)
    {
        var root = CelParser.Parse(source);
        CelScope<CelType>? scope = null;
        foreach (var variable in variables)
        {
            var type = CelType.Of(variable.Schema);
            scope = new(variable.Name, variable.IsOptional ? CelType.OptionalOf(type) : type, scope);
        }
        return new(root, CelChecker.Check(root, scope), variables);
    }

    /// <summary>Whether the expression names a variable.</summary>
    public bool Uses(string variable) => Uses(_root, variable);

    /// <summary>Evaluates the expression.</summary>
    /// <param name="values">The values of the variables, in the order in which they were declared; of an optional one null means absent.</param>
    /// <param name="limit">The most units of work that it may take.</param>
    /// <param name="spent">The units that it took.</param>
    /// <exception cref="CelBudgetException">It would take more.</exception>
    public CelResult Evaluate(IReadOnlyList<JsonNode?> values, long limit, out long spent)
    {
        CelScope<object?>? scope = null;
        foreach (var (i, variable) in _variables.Index())
        {
            var value = CelSchema.Convert(values[i], variable.Schema);
            scope = new(variable.Name, !variable.IsOptional ? value : values[i] is null ? CelOptional.None : CelOptional.Of(value), scope);
        }
        var budget = new CelBudget(limit);
        var result = new CelEvaluator(budget).Evaluate(_root, scope);
        spent = budget.Spent;
        return result is CelError error ? new(null, error.Message) : new(result, null);
    }

    private static bool Uses(CelNode node, string name) => node switch
    {
        CelIdentifier identifier => identifier.Name == name,
        CelSelect select => Uses(select.Operand, name),
        CelPresence presence => Uses(presence.Operand, name),
        CelLogic logic => Uses(logic.Left, name) || Uses(logic.Right, name),
        CelConditional c => Uses(c.Condition, name) || Uses(c.Then, name) || Uses(c.Otherwise, name),
        CelCall call => (call.Target is { } target && Uses(target, name)) || call.Arguments.Any(a => Uses(a, name)),
        CelListLiteral list => list.Items.Any(i => Uses(i.Value, name)),
        CelMapLiteral map => map.Entries.Any(e => Uses(e.Key, name) || Uses(e.Value, name)),
        CelComprehension c => Uses(c.Range, name) || (c.Where is { } where && Uses(where, name)) || Uses(c.Body, name),
        CelOptionalMap optional => Uses(optional.Target, name) || Uses(optional.Body, name),
        _ => false,
    };
}
