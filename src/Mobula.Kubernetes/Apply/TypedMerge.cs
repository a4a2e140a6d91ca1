using System.Text.Json.Nodes;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Apply;

/// <summary>Merges what an applier wants into an object, and takes fields out of it.</summary>
internal static class TypedMerge
{
    /// <summary>The live object with the applied fields put over it. The result shares nothing with its sources.</summary>
    public static JsonObject Merge(SchemaNode schema, JsonObject live, JsonObject applied) => (JsonObject)Merge(schema, live, applied, liveThere: true)!;

    /// <summary>The object without the fields of a set.</summary>
    public static JsonObject Remove(SchemaNode schema, JsonObject obj, FieldSet fields) =>
        RemoveNode(schema, obj, fields) as JsonObject ?? [];

    private static JsonNode? Merge(SchemaNode schema, JsonNode? live, JsonNode? applied, bool liveThere)
    {
        if (!liveThere) return applied?.DeepClone();
        var shape = schema.ShapeOf(applied ?? live);
        if (shape == MergeShape.Leaf || (IsNothing(live) && IsNothing(applied))) return applied?.DeepClone();
        return shape == MergeShape.Map ? Fields(schema, live as JsonObject ?? [], applied as JsonObject ?? []) : Items(schema, live as JsonArray ?? [], applied as JsonArray ?? []);
    }

    private static JsonObject Fields(SchemaNode schema, JsonObject live, JsonObject applied)
    {
        var merged = new JsonObject();
        foreach (var (name, value) in live)
        {
            merged[name] = applied.TryGetPropertyValue(name, out var wanted)
                ? Merge(schema.Field(name) ?? new(TypeSchema.Any), value, wanted, liveThere: true)
                : value?.DeepClone();
        }
        foreach (var (name, value) in applied)
        {
            if (!live.ContainsKey(name)) merged[name] = value?.DeepClone();
        }
        return merged;
    }

    /// <summary>The items of both: the applied ones in their order, those of others where they stood between them.</summary>
    private static JsonArray Items(SchemaNode schema, JsonArray live, JsonArray applied)
    {
        var liveSteps = live.Select(schema.StepOf).ToList();
        var appliedSteps = applied.Select(schema.StepOf).ToList();
        var liveItems = new Dictionary<string, JsonNode?>();
        foreach (var (step, item) in liveSteps.Zip(live)) liveItems.TryAdd(step, item);
        var appliedItems = appliedSteps.Zip(applied).ToDictionary(p => p.First, p => p.Second);
        var shared = new Queue<string>(appliedSteps.Where(liveItems.ContainsKey));
        shared.TryDequeue(out var next);
        var done = new HashSet<string>();
        var merged = new JsonArray();
        int left = 0, right = 0;
        while (left < liveSteps.Count || right < appliedSteps.Count)
        {
            if (left < liveSteps.Count && right < appliedSteps.Count)
            {
                var step = liveSteps[left];
                if (step == appliedSteps[right])
                {
                    done.Add(step);
                    merged.Add(Merge(schema.Items, liveItems[step], appliedItems[step], liveThere: true));
                    left++;
                    right++;
                    shared.TryDequeue(out next);
                    continue;
                }
                if (appliedItems.ContainsKey(step) && next is not null && next != step)
                {
                    // A shared item, but not the one whose turn it is.
                    left++;
                    continue;
                }
            }
            if (left < liveSteps.Count)
            {
                var step = liveSteps[left];
                if (!appliedItems.ContainsKey(step))
                {
                    merged.Add(live[left]?.DeepClone());
                    left++;
                    continue;
                }
                if (done.Contains(step)) left++;
            }
            if (right < appliedSteps.Count)
            {
                var step = appliedSteps[right];
                done.Add(step);
                merged.Add(Merge(schema.Items, liveItems.GetValueOrDefault(step), appliedItems[step], liveItems.ContainsKey(step)));
                right++;
                if (next == step) shared.TryDequeue(out next);
            }
        }
        return merged;
    }

    private static JsonNode? RemoveNode(SchemaNode schema, JsonNode? node, FieldSet fields)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } map when schema.ShapeOf(map) == MergeShape.Map:
                var kept = new JsonObject();
                foreach (var (name, value) in map)
                {
                    var step = "f:" + name;
                    if (fields.Has(step)) continue;
                    kept[name] = fields.Below(step) is { } below ? RemoveNode(schema.Field(name) ?? new(TypeSchema.Any), value, below) : value?.DeepClone();
                }
                return kept.Count > 0 ? kept : null;
            case JsonArray { Count: > 0 } list when schema.ShapeOf(list) == MergeShape.List:
                var items = new JsonArray();
                foreach (var item in list)
                {
                    var step = schema.StepOf(item);
                    if (fields.Has(step)) continue;
                    items.Add(fields.Below(step) is { } below ? RemoveNode(schema.Items, item, below) : item?.DeepClone());
                }
                return items.Count > 0 ? items : null;
            case JsonObject { Count: 0 } or JsonArray { Count: 0 }:
                return null;
            default:
                return node?.DeepClone();
        }
    }

    private static bool IsNothing(JsonNode? node) => node is null or JsonObject { Count: 0 } or JsonArray { Count: 0 };
}
