using System.Text.Json.Nodes;
using Mobula.ApiServer.Validation;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Kinds;

/// <summary>A kind told by its rules: defaults, what a new object begins with, what is wrong, what may not change.</summary>
internal sealed class KindStrategy : ResourceStrategy
{
    /// <summary>The defaults beyond the schema.</summary>
    public Action<JsonObject>? Defaults { get; init; }

    /// <summary>What a new object begins with; the status a client sent is gone already.</summary>
    public Action<JsonObject, WriteContext>? Begin { get; init; }

    /// <summary>Whether the status that a client sends with a new object counts.</summary>
    public bool KeepsStatusOnCreate { get; init; }

    /// <summary>What is wrong with an object, new or changed.</summary>
    public Action<JsonObject, FieldErrors>? Rules { get; init; }

    /// <summary>What is wrong with a new object, before <see cref="Rules"/>.</summary>
    public Action<JsonObject, FieldErrors>? CreateRules { get; init; }

    /// <summary>What is wrong with a change (new, old), beyond <see cref="Rules"/>.</summary>
    public Action<JsonObject, JsonObject, FieldErrors>? UpdateRules { get; init; }

    /// <summary>What is wrong with a status that is written.</summary>
    public Action<JsonObject, FieldErrors>? StatusRules { get; init; }

    /// <summary>What the client should know.</summary>
    public Func<JsonObject, IEnumerable<string>>? Advice { get; init; }

    /// <summary>The rule for names.</summary>
    public Func<string, IReadOnlyList<string>> NameRule { get; init; } = NameValidation.IsDns1123Subdomain;

    /// <summary>Whether the spec is counted.</summary>
    public bool Counted { get; init; }

    /// <summary>Whether a change of the annotations counts as one of the spec.</summary>
    public bool CountsAnnotations { get; init; }

    /// <summary>Whether DELETE answers the object.</summary>
    public bool AnswersDeleted { get; init; }

    /// <summary>Whether PUT may create.</summary>
    public bool CreatesOnUpdate { get; init; }

    /// <summary>The fields of field selectors.</summary>
    public IReadOnlyDictionary<string, Func<JsonObject, string>>? Selectable { get; init; }

    /// <summary>What every request is warned of.</summary>
    public string? Superseded { get; init; }

    public override string? Deprecation => Superseded;

    public override bool HasGeneration => Counted;

    public override bool ReturnsDeletedObject => AnswersDeleted;

    public override bool AllowsCreateOnUpdate => CreatesOnUpdate;

    public override IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields => Selectable ?? base.SelectableFields;

    public override bool HasOwnFieldLabels => Selectable is not null;

    public override IReadOnlyList<string> CheckName(string name) => NameRule(name);

    public override void Default(JsonObject o) => Defaults?.Invoke(o);

    public override void PrepareForCreate(JsonObject o, WriteContext context)
    {
        if (!KeepsStatusOnCreate) o.Remove("status");
        Begin?.Invoke(o, context);
    }

    public override bool SpecEquals(JsonObject a, JsonObject b) =>
        base.SpecEquals(a, b) && (!CountsAnnotations || JsonNode.DeepEquals(a.At("metadata", "annotations"), b.At("metadata", "annotations")));

    public override IEnumerable<FieldError> Validate(JsonObject o, WriteContext context)
    {
        var errors = new FieldErrors();
        CreateRules?.Invoke(o, errors);
        Rules?.Invoke(o, errors);
        return errors;
    }

    public override IEnumerable<FieldError> ValidateUpdate(JsonObject o, JsonObject old, WriteContext context)
    {
        var errors = new FieldErrors();
        Rules?.Invoke(o, errors);
        UpdateRules?.Invoke(o, old, errors);
        return errors;
    }

    public override IEnumerable<FieldError> ValidateSubresource(string subresource, JsonObject o, JsonObject old, WriteContext context)
    {
        var errors = new FieldErrors();
        if (subresource == "status") StatusRules?.Invoke(o, errors);
        return errors;
    }

    public override IEnumerable<string> Warnings(JsonObject o, JsonObject? old) => Advice?.Invoke(o) ?? [];
}
