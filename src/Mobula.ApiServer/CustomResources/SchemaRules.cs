using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Cel;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.CustomResources;

/// <summary>Evaluates the rules of a schema (<c>x-kubernetes-validations</c>) over a custom resource.</summary>
internal sealed class SchemaRules
{
    /// <summary>The most that one rule may cost.</summary>
    private const long LimitOfRule = 1_000_000;

    /// <summary>The most that all rules may cost over one object.</summary>
    private const long LimitOfObject = 10_000_000;

    private static readonly ConditionalWeakTable<TypeSchema, SchemaRule[]> Compiled = [];
    private static readonly ConditionalWeakTable<TypeSchema, StrongBox<bool>> Known = [];

    private readonly List<FieldError> _errors = [];
    private readonly ICollection<string> _warnings;
    private long _left = LimitOfObject;

    private SchemaRules(ICollection<string> warnings) => _warnings = warnings;

    /// <summary>Whether a schema has rules anywhere.</summary>
    public static bool Exist(TypeSchema schema) => Known.GetValue(schema, s => new(Find(s))).Value;

    /// <summary>What the rules say against an object.</summary>
    /// <param name="schema">The schema of the whole object.</param>
    /// <param name="o">The object; it holds to the schema otherwise.</param>
    /// <param name="old">The object before; null for a new one.</param>
    /// <param name="warnings">Takes what is wrong with parts that the update did not touch.</param>
    public static IReadOnlyList<FieldError> Validate(TypeSchema schema, JsonObject o, JsonObject? old, ICollection<string> warnings)
    {
        var rules = new SchemaRules(warnings);
        rules.Check(schema, o, old, isOldThere: old is not null, null);
        return rules._errors;
    }

    private static bool Find(TypeSchema schema) =>
        schema.Validation is { Rules.Count: > 0 }
        || (schema.Items is { } items && Exist(items))
        || (schema.AdditionalProperties is { } values && !ReferenceEquals(values, TypeSchema.Any) && Exist(values))
        || schema.Properties.Values.Any(p => !ReferenceEquals(p.Type, BuiltInSchemas.ObjectMeta) && Exist(p.Type));

    private void Check(TypeSchema schema, JsonNode? value, JsonNode? old, bool isOldThere, FieldPath? path)
    {
        if (value is null || _left < 0 || !Exist(schema)) return;
        if (schema.Validation is { Rules.Count: > 0 } own)
        {
            foreach (var rule in Compiled.GetValue(schema, s => [.. own.Rules.Select(r => SchemaRule.Read(r, s))]))
            {
                Check(rule, schema, value, old, isOldThere, path);
                if (_left < 0) return;
            }
        }
        switch (value)
        {
            case JsonArray list when schema.Items is { } items && path is not null:
                foreach (var (i, item) in list.Index())
                {
                    var before = isOldThere && schema.ListType == ListType.Map ? Correlated(schema, old as JsonArray, item) : null;
                    Check(items, item, before, before is not null, path.Index(i));
                }
                break;
            case JsonObject map:
                foreach (var (key, child) in map)
                {
                    var before = (old as JsonObject)?[key];
                    var isThere = isOldThere && old is JsonObject o && o.ContainsKey(key);
                    if (schema.Properties.TryGetValue(key, out var property)) Check(property.Type, child, before, isThere, FieldPath.Child(path, key));
                    else if (schema.AdditionalProperties is { } values) Check(values, child, before, isThere, path?.Key(key) ?? FieldPath.Of(key));
                }
                break;
        }
    }

    private static JsonObject? Correlated(TypeSchema schema, JsonArray? old, JsonNode? item) =>
        item is not JsonObject map ? null : old?.OfType<JsonObject>().FirstOrDefault(o => schema.ListMapKeys.All(k => JsonNode.DeepEquals(o[k], map[k])));

    private void Check(SchemaRule rule, TypeSchema schema, JsonNode value, JsonNode? old, bool isOldThere, FieldPath? path)
    {
        var type = TypeName(schema);
        if (rule.Program is not { } program)
        {
            _errors.Add(FieldError.Invalid(path, type, $"rule compile error: {rule.CompileError}"));
            return;
        }
        if (rule.UsesOldSelf && !rule.OptionalOldSelf && (!isOldThere || old is null)) return;
        JsonNode?[] values = [value, isOldThere ? old : null];
        CelResult result;
        try
        {
            result = program.Evaluate(values, Math.Min(LimitOfRule, _left), out var spent);
            _left -= spent;
        }
        catch (CelBudgetException e)
        {
            _errors.Add(FieldError.Invalid(path, type, $"'{e.Message}': no further validation rules will be run due to call cost exceeds limit for rule: {rule.Shown}"));
            _left = -1;
            return;
        }
        if (result.Error is { } error)
        {
            _errors.Add(FieldError.Invalid(path, type, error == "no such overload"
                ? $"'{error}': call arguments did not match a supported operator, function or macro signature for rule: {rule.Shown}"
                : $"{error} evaluating rule: {rule.Shown}"));
            return;
        }
        if (result.Value is true) return;
        var refused = rule.Refuse(path, value, Message(rule, values));
        // What was wrong before and did not change is told, but does not stand in the way.
        if (isOldThere && !rule.UsesOldSelf && JsonNode.DeepEquals(value, old)) _warnings.Add(refused.ToString());
        else _errors.Add(refused);
    }

    private string Message(SchemaRule rule, JsonNode?[] values)
    {
        if (rule.MessageExpression is not { } expression) return rule.Message;
        try
        {
            var result = expression.Evaluate(values, Math.Min(LimitOfRule, _left), out var spent);
            _left -= spent;
            var text = (result.Value as string)?.Trim() ?? "";
            return text.Length is 0 or > SchemaRule.LongestMessage || text.Contains('\n', StringComparison.Ordinal) ? rule.Message : text;
        }
        catch (CelBudgetException)
        {
            return rule.Message;
        }
    }

    private static string TypeName(TypeSchema schema) => schema.Type is SchemaType.Any or SchemaType.IntOrString ? "" : schema.Type.ToString().ToLowerInvariant();
}
