using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Apply;

/// <summary>How a value is merged.</summary>
internal enum MergeShape
{
    /// <summary>As one value.</summary>
    Leaf,

    /// <summary>Field by field.</summary>
    Map,

    /// <summary>Item by item.</summary>
    List,
}

/// <summary>A place in a schema as server-side apply sees it.</summary>
internal readonly struct SchemaNode
{
    private enum Mode
    {
        Typed,

        /// <summary>Without a schema: maps merge field by field, lists are one value.</summary>
        Deduced,

        /// <summary>Without a schema: all is one value.</summary>
        Atomic,
    }

    private readonly TypeSchema _schema;
    private readonly Mode _mode;

    public SchemaNode(TypeSchema schema)
    {
        _schema = schema;
        _mode = schema switch
        {
            { Special: SpecialType.Json or SpecialType.RawExtension } => Mode.Atomic,
            { Special: SpecialType.Quantity } => Mode.Typed,
            { Type: SchemaType.Any } => Mode.Deduced,
            _ => Mode.Typed,
        };
    }

    private SchemaNode(Mode mode) => (_schema, _mode) = (TypeSchema.Any, mode);

    public TypeSchema Schema => _schema;

    private static SchemaNode Atomic => new(Mode.Atomic);

    private static SchemaNode Deduced => new(Mode.Deduced);

    private bool IsTypedObject => _mode == Mode.Typed && _schema.Type == SchemaType.Object;

    private bool IsTypedList => _mode == Mode.Typed && _schema.Type == SchemaType.Array;

    /// <summary>How values of this place are merged.</summary>
    /// <param name="value">The value; where the schema leaves it open, its own type decides.</param>
    public MergeShape ShapeOf(JsonNode? value) => _mode switch
    {
        Mode.Atomic => MergeShape.Leaf,
        Mode.Deduced => value is JsonObject ? MergeShape.Map : MergeShape.Leaf,
        _ => _schema.Type switch
        {
            SchemaType.Object => _schema.AtomicMap ? MergeShape.Leaf : MergeShape.Map,
            SchemaType.Array => _schema.ListType == ListType.Atomic ? MergeShape.Leaf : MergeShape.List,
            _ => MergeShape.Leaf,
        },
    };

    /// <summary>Whether the place is a list whose items cannot be told apart.</summary>
    public bool IsAtomic(JsonNode? value) => ShapeOf(value) == MergeShape.Leaf;

    /// <summary>Whether the schema has a property of this name (an entry of a map is none).</summary>
    public bool NamesField(string name) => IsTypedObject && _schema.Properties.ContainsKey(name);

    /// <summary>The place of a field; null when the schema does not allow one of that name.</summary>
    public SchemaNode? Field(string name)
    {
        if (_mode != Mode.Typed) return _mode == Mode.Deduced ? Deduced : Atomic;
        if (_schema.Properties.TryGetValue(name, out var property)) return new(property.Type);
        if (_schema.AdditionalProperties is { } values) return new(values);
        if (_schema.Special is SpecialType.RawExtension or SpecialType.FieldsV1) return Atomic;
        return _schema.PreserveUnknownFields ? Deduced : null;
    }

    /// <summary>The place of a list's items.</summary>
    public SchemaNode Items => IsTypedList && _schema.Items is { } items ? new(items) : _mode == Mode.Deduced ? Deduced : Atomic;

    /// <summary>The place below a step of a field set.</summary>
    public SchemaNode Descend(string step) => step.StartsWith("f:", StringComparison.Ordinal) ? Field(step[2..]) ?? Atomic : Items;

    /// <summary>The step that stands for a list item.</summary>
    /// <exception cref="FormatException">The item cannot be told apart; the message is that of the typed conversion.</exception>
    public string StepOf(JsonNode? item)
    {
        if (_schema.ListType == ListType.Set)
        {
            return item switch
            {
                null => throw new FormatException("associative list without keys has an element that's an explicit null"),
                JsonObject => throw new FormatException("associative list without keys has an element that's a map type"),
                JsonArray => throw new FormatException("not supported: associative list with lists as elements"),
                _ => "v:" + Json(item),
            };
        }
        if (item is null) throw new FormatException("associative list with keys may not have a null element");
        if (item is not JsonObject map) throw new FormatException("associative list with keys may not have non-map elements");
        var key = new JsonObject();
        foreach (var name in _schema.ListMapKeys.Order(StringComparer.Ordinal))
        {
            var value = map.TryGetPropertyValue(name, out var present) ? present : DefaultOf(name);
            if (value is null && !map.ContainsKey(name))
            {
                throw new FormatException($"associative list with keys has an element that omits key field {GoText.Quote(name)} (and doesn't have default value)");
            }
            key[name] = value?.DeepClone();
        }
        return "k:" + GoText.SortedJson(key);
    }

    private JsonNode? DefaultOf(string name) => _schema.Items is { } items && items.Properties.TryGetValue(name, out var property) ? property.Default : null;

    private static string Json(JsonNode value) =>
        value.GetValueKind() == JsonValueKind.String ? GoText.JsonString(value.GetValue<string>()) : value.ToJsonString();
}
