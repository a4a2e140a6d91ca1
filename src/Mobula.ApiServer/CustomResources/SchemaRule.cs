using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Cel;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.CustomResources;

/// <summary>One rule of a schema, ready to be evaluated.</summary>
internal sealed class SchemaRule
{
    /// <summary>A longer message of an expression gives way to the fixed one.</summary>
    public const int LongestMessage = 5 * 1024;

    private readonly string _rule;
    private readonly string? _message;
    private readonly string? _reason;
    private readonly IReadOnlyList<(string Name, bool IsKey)> _fieldPath;

    private SchemaRule(JsonObject rule, TypeSchema schema)
    {
        _rule = (rule.Text("rule") ?? "").Trim();
        _message = rule.Text("message")?.Trim() is { Length: > 0 } message ? message : null;
        _reason = rule.Text("reason");
        _fieldPath = RulePath.TryParse(rule.Text("fieldPath") ?? "", schema, out var path) ? path : [];
        OptionalOldSelf = rule.Flag("optionalOldSelf") == true;
        try
        {
            CelVariable[] variables = [new("self", schema), new("oldSelf", schema, OptionalOldSelf)];
            Program = CelProgram.Compile(_rule, variables);
            if (!Program.IsBool) CompileError = "cel expression must evaluate to a bool";
            UsesOldSelf = Program.Uses("oldSelf");
            if (rule.Text("messageExpression") is not { Length: > 0 } expression) return;
            MessageExpression = CelProgram.Compile(expression, variables);
            if (!MessageExpression.IsString) MessageError = "messageExpression failed to compile: must evaluate to a string";
        }
        catch (CelSyntaxException e) when (Program is null)
        {
            CompileError = $"compilation failed: {e.Describe(_rule)}";
        }
        catch (CelSyntaxException e)
        {
            MessageError = $"messageExpression compilation failed: {e.Describe(rule.Text("messageExpression")!)}";
        }
    }

    /// <summary>Null when the rule does not compile.</summary>
    public CelProgram? Program { get; private set; }

    public CelProgram? MessageExpression { get; private set; }

    /// <summary>Why the rule cannot be evaluated; null when it can.</summary>
    public string? CompileError { get; }

    /// <summary>Why the expression of the message cannot be evaluated; null when it can, or there is none.</summary>
    public string? MessageError { get; }

    public bool UsesOldSelf { get; }

    public bool OptionalOldSelf { get; }

    /// <summary>The message where no expression gives one.</summary>
    public string Message => _message ?? $"failed rule: {_rule}";

    /// <summary>How errors of the evaluation call the rule.</summary>
    public string Shown => _message ?? _rule;

    public static SchemaRule Read(JsonObject rule, TypeSchema schema) => new(rule, schema);

    /// <summary>The error of a value that breaks the rule.</summary>
    public FieldError Refuse(FieldPath? path, JsonNode value, string message)
    {
        foreach (var (name, isKey) in _fieldPath) path = isKey && path is not null ? path.Key(name) : FieldPath.Child(path, name);
        return _reason switch
        {
            "FieldValueForbidden" => FieldError.Forbidden(path, message),
            "FieldValueRequired" => FieldError.Required(path, message),
            "FieldValueDuplicate" => FieldError.Duplicate(path, value.DeepClone()),
            _ when value is JsonObject or JsonArray => FieldError.InvalidWithoutValue(path, message),
            _ => FieldError.Invalid(path, value.DeepClone(), message),
        };
    }
}

/// <summary>The <c>fieldPath</c> of a rule: <c>.a.b</c>, <c>.m['k']</c>.</summary>
internal static class RulePath
{
    /// <param name="text">The path.</param>
    /// <param name="schema">Where it begins.</param>
    /// <param name="path">The names, and whether they are keys of a map.</param>
    /// <returns>Whether the path is one, and leads to a field.</returns>
    public static bool TryParse(string text, TypeSchema schema, out IReadOnlyList<(string Name, bool IsKey)> path)
    {
        var found = new List<(string, bool)>();
        path = found;
        var rest = text.AsSpan().Trim();
        var at = schema;
        while (!rest.IsEmpty)
        {
            string name;
            if (rest[0] == '.')
            {
                var end = rest[1..].IndexOfAny('.', '[');
                name = (end < 0 ? rest[1..] : rest.Slice(1, end)).ToString();
                rest = end < 0 ? [] : rest[(end + 1)..];
            }
            else if (rest.StartsWith("['") && rest.IndexOf("']") is > 2 and var end)
            {
                name = rest[2..end].ToString();
                rest = rest[(end + 2)..];
            }
            else
            {
                return false;
            }
            if (name.Length == 0) return false;
            var isField = at.Properties.TryGetValue(name, out var property);
            if (!isField && at.AdditionalProperties is null) return false;
            found.Add((name, !isField));
            at = isField ? property!.Type : at.AdditionalProperties!;
        }
        return true;
    }
}
