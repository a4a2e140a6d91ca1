using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Cel;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.Admission.Webhooks;

/// <summary>A condition in CEL, over <c>object</c>, <c>oldObject</c> and <c>request</c>, that a request must meet to be sent to a webhook.</summary>
internal sealed class MatchCondition
{
    private const long CostLimit = 1_000_000;

    private static readonly CelVariable[] Variables = [new("object", TypeSchema.Any), new("oldObject", TypeSchema.Any), new("request", TypeSchema.Any)];

    private readonly CelProgram? _program;

    public MatchCondition(string expression)
    {
        Expression = expression;
        try
        {
            _program = CelProgram.Compile(expression, Variables);
            if (!_program.IsBool) Problem = "must evaluate to bool";
        }
        catch (CelSyntaxException e)
        {
            Problem = $"compilation failed: {e.Describe(expression)}";
        }
    }

    public string Expression { get; }

    /// <summary>Why it cannot be evaluated; null when it can.</summary>
    public string? Problem { get; }

    public static IReadOnlyList<MatchCondition> ReadAll(JsonObject hook) => [.. hook.Objects("matchConditions").Select(c => new MatchCondition(c.Text("expression") ?? ""))];

    /// <summary>Whether all conditions are met. One that is not decides, whatever the others are.</summary>
    /// <param name="conditions">The conditions.</param>
    /// <param name="request">The request of the review, with its objects.</param>
    /// <returns>Whether, or what kept it from being known.</returns>
    public static (bool Met, string? Error) All(IReadOnlyList<MatchCondition> conditions, JsonObject request)
    {
        var (o, old) = (request["object"], request["oldObject"]);
        request.Remove("object");
        request.Remove("oldObject");
        List<string> errors = [];
        foreach (var condition in conditions)
        {
            var (value, error) = condition.Evaluate([o, old, request]);
            if (error is not null) errors.Add($"expression '{condition.Expression}' resulted in error: {error}");
            else if (value is not true) return (false, null);
        }
        return errors.Count == 0 ? (true, null) : (false, errors.Count == 1 ? errors[0] : $"[{string.Join(", ", errors)}]");
    }

    private CelResult Evaluate(JsonNode?[] values)
    {
        if (Problem is not null || _program is null) return new(null, Problem);
        try
        {
            return _program.Evaluate(values, CostLimit, out _);
        }
        catch (CelBudgetException e)
        {
            return new(null, e.Message);
        }
    }
}
