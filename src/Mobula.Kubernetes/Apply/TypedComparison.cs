using System.Text.Json.Nodes;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Apply;

/// <summary>Which fields two versions of an object differ in.</summary>
internal sealed class TypedComparison
{
    private readonly List<string> _path = [];

    private TypedComparison()
    {
    }

    public FieldSet Added { get; } = new();

    public FieldSet Modified { get; } = new();

    public FieldSet Removed { get; } = new();

    public static TypedComparison Of(SchemaNode schema, JsonNode? before, JsonNode? after)
    {
        var comparison = new TypedComparison();
        comparison.Compare(schema, new(before), new(after));
        return comparison;
    }

    /// <summary>A value that may be absent; JSON null is a value.</summary>
    private readonly record struct Slot(JsonNode? Value, bool IsThere = true)
    {
        public static Slot Absent => new(null, false);

        public bool IsNothing => Value is null or JsonObject { Count: 0 } or JsonArray { Count: 0 };
    }

    private void Compare(SchemaNode schema, Slot before, Slot after)
    {
        if (!before.IsThere && !after.IsThere) return;
        var shape = schema.ShapeOf(after.Value ?? before.Value);
        if (before.Value is not null && after.Value is not null && schema.ShapeOf(before.Value) != schema.ShapeOf(after.Value))
        {
            // Without a schema the two may be of different types; then both are compared.
            Walk(schema, schema.ShapeOf(before.Value), before, after);
        }
        if (!Walk(schema, shape, before, after)) return;
        if (!before.IsThere) Added.Insert(_path);
        else if (!after.IsThere) Removed.Insert(_path);
    }

    /// <summary>Returns whether the value has parts of its own.</summary>
    private bool Walk(SchemaNode schema, MergeShape shape, Slot before, Slot after)
    {
        if (shape == MergeShape.Leaf || (before.IsNothing && after.IsNothing))
        {
            Leaf(before, after);
            return false;
        }
        if (shape == MergeShape.Map) Fields(schema, before.Value as JsonObject, after.Value as JsonObject);
        else Items(schema, before.Value as JsonArray, after.Value as JsonArray);
        return true;
    }

    private void Leaf(Slot before, Slot after)
    {
        if (!before.IsThere) Added.Insert(_path);
        else if (!after.IsThere) Removed.Insert(_path);
        else if (!TypedValues.AreEqual(before.Value, after.Value)) Modified.Insert(_path);
    }

    private void Fields(SchemaNode schema, JsonObject? before, JsonObject? after)
    {
        foreach (var name in (before ?? []).Select(m => m.Key).Union((after ?? []).Select(m => m.Key)))
        {
            var old = before is not null && before.TryGetPropertyValue(name, out var b) ? new Slot(b) : Slot.Absent;
            var now = after is not null && after.TryGetPropertyValue(name, out var a) ? new Slot(a) : Slot.Absent;
            _path.Add("f:" + name);
            Compare(schema.Field(name) ?? new(TypeSchema.Any), old, now);
            _path.RemoveAt(_path.Count - 1);
        }
    }

    private void Items(SchemaNode schema, JsonArray? before, JsonArray? after)
    {
        var old = Group(schema, before);
        var now = Group(schema, after);
        foreach (var step in old.Keys.Union(now.Keys))
        {
            _path.Add(step);
            var left = old.GetValueOrDefault(step) ?? [];
            var right = now.GetValueOrDefault(step) ?? [];
            if (left.Count <= 1 && right.Count <= 1)
            {
                Compare(schema.Items, left.Count == 0 ? Slot.Absent : new(left[0]), right.Count == 0 ? Slot.Absent : new(right[0]));
            }
            else
            {
                Duplicates(schema, left, right);
            }
            _path.RemoveAt(_path.Count - 1);
        }
    }

    /// <summary>Items that share their key are one value, owned with all that they hold.</summary>
    private void Duplicates(SchemaNode schema, List<JsonNode?> left, List<JsonNode?> right)
    {
        if (left.Count == right.Count && left.Zip(right).All(p => TypedValues.AreEqual(p.First, p.Second))) return;
        if (left.Count == 0) Added.Insert(_path);
        else if (right.Count == 0) Removed.Insert(_path);
        else Modified.Insert(_path);
        if (left.Count == 1) Compare(schema.Items, new(left[0]), Slot.Absent);
        if (right.Count == 1) Compare(schema.Items, Slot.Absent, new(right[0]));
    }

    private static Dictionary<string, List<JsonNode?>> Group(SchemaNode schema, JsonArray? list)
    {
        var groups = new Dictionary<string, List<JsonNode?>>();
        foreach (var item in list ?? [])
        {
            var step = schema.StepOf(item);
            if (!groups.TryGetValue(step, out var group)) groups.Add(step, group = []);
            group.Add(item);
        }
        return groups;
    }
}
