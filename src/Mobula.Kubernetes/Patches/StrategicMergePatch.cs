using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Patches;

/// <summary>
/// Strategic merge patch: as a merge patch, but lists merge by key where the schema says so, and directives
/// (<c>$patch</c>, <c>$retainKeys</c>, <c>$setElementOrder/…</c>, <c>$deleteFromPrimitiveList/…</c>) say more.
/// </summary>
public static class StrategicMergePatch
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string ElementOrder = "$setElementOrder/";
    private const string DeleteFromList = "$deleteFromPrimitiveList/";

    /// <summary>Merges a patch into an object, in place.</summary>
    /// <param name="target">The object; it is spoilt when the patch fails.</param>
    /// <param name="patch">The patch; it is left as it is.</param>
    /// <param name="schema">The schema of the object.</param>
    /// <returns>The patched object.</returns>
    /// <exception cref="PatchException">The patch or a directive has the wrong form.</exception>
    public static JsonObject Apply(JsonObject target, JsonObject patch, TypeSchema schema) => Consume(target, patch.Clone(), schema);

    /// <summary>As <see cref="Apply"/>, but uses the patch up: what is left of it is what errors about the result show.</summary>
    internal static JsonObject Consume(JsonObject target, JsonObject patch, TypeSchema schema) => MergeMap(target, patch, schema);

    private static JsonObject MergeMap(JsonObject original, JsonObject patch, TypeSchema? schema)
    {
        if (patch.TryGetPropertyValue(Directive, out var directive)) return Replace(directive, patch);
        RetainOnly(original, patch);
        MergeOrderedLists(original, patch, schema);
        foreach (var (key, value) in patch.ToArray())
        {
            var deletesItems = key.StartsWith(DeleteFromList, StringComparison.Ordinal);
            var name = deletesItems ? key[DeleteFromList.Length..] : key;
            if (value is null)
            {
                original.Remove(name);
                continue;
            }
            var present = original[name];
            if (present is null || !HaveSameType(present, value))
            {
                if (deletesItems) continue;
                var (kept, keep) = WithoutDirectives(WithoutNulls(value));
                if (keep) original[name] = kept?.DeepClone();
                continue;
            }
            var property = PropertyOf(schema, name);
            original[name] = value switch
            {
                JsonObject map => MergeField((JsonObject)present, map, property, schema?.AdditionalProperties),
                JsonArray list => MergeList((JsonArray)present, list, property, deletesItems),
                _ => value.DeepClone(),
            };
        }
        return original;
    }

    private static JsonObject Replace(JsonNode? directive, JsonObject patch)
    {
        switch (TextOf(directive))
        {
            case "replace":
                patch.Remove(Directive);
                return (JsonObject)patch.DeepClone();
            case "delete":
                return [];
            default:
                throw BadDirective(directive, patch);
        }
    }

    private static JsonNode MergeField(JsonObject original, JsonObject patch, PropertySchema? property, TypeSchema? values)
    {
        if (property?.PatchReplace == true) return patch.DeepClone();
        var merged = MergeMap(original, patch, property?.Type ?? values);
        return ReferenceEquals(merged, original) ? merged.DeepClone() : merged;
    }

    private static JsonNode MergeList(JsonArray original, JsonArray patch, PropertySchema? property, bool deletesItems)
    {
        if (property?.PatchMerge != true) return patch.DeepClone();
        var items = Detach(original);
        return ToList(MergeSlice(items, [.. patch], property, deletesItems));
    }

    private static List<JsonNode?> MergeSlice(List<JsonNode?> original, List<JsonNode?> patch, PropertySchema property, bool deletesItems)
    {
        if (original.Count == 0 && patch.Count == 0) return original;
        var key = property.PatchMergeKey;
        if (!ItemsAreMaps(original, patch))
        {
            if (deletesItems) return [.. original.Where(o => !patch.Any(p => Same(o, p)))];
            List<JsonNode?> merged = [];
            foreach (var item in original.Concat(patch))
            {
                if (!merged.Any(m => Same(m, item))) merged.Add(item);
            }
            return Order(merged, patch, original, key);
        }
        if (key is null) throw new PatchException($"cannot merge lists without merge key for {property.Name}");
        (original, patch) = TakeDirectives(original, patch, key);
        return Order(MergeItems([.. original], patch, key, property.Type.Items), patch, original, key);
    }

    private static (List<JsonNode?> Original, List<JsonNode?> Patch) TakeDirectives(List<JsonNode?> original, List<JsonNode?> patch, string key)
    {
        var plain = new List<JsonNode?>();
        var replace = false;
        foreach (var item in patch)
        {
            if (item is not JsonObject map || !map.TryGetPropertyValue(Directive, out var directive))
            {
                plain.Add(item);
                continue;
            }
            switch (TextOf(directive))
            {
                case "delete":
                    if (!map.TryGetPropertyValue(key, out var value)) throw NoMergeKey(map, key);
                    original = [.. original.Where(o => !Same((o as JsonObject)?[key], value))];
                    break;
                case "replace":
                    replace = true;
                    break;
                case "merge":
                    throw new PatchException("merging lists cannot yet be specified in the patch");
                default:
                    throw BadDirective(directive, map);
            }
        }
        return replace ? (plain, []) : (original, plain);
    }

    private static List<JsonNode?> MergeItems(List<JsonNode?> original, List<JsonNode?> patch, string key, TypeSchema? schema)
    {
        foreach (var item in patch)
        {
            var map = (JsonObject)item!;
            if (!map.TryGetPropertyValue(key, out var value)) throw NoMergeKey(map, key);
            var index = original.FindIndex(o => o is JsonObject candidate && Same(candidate[key], value));
            if (index >= 0) original[index] = MergeMap((JsonObject)original[index]!, map, schema);
            else original.Add(map.DeepClone());
        }
        return original;
    }

    /// <summary>Lists whose order the patch states.</summary>
    private static void MergeOrderedLists(JsonObject original, JsonObject patch, TypeSchema? schema)
    {
        foreach (var (directive, orderNode) in patch.ToArray())
        {
            if (!directive.StartsWith(ElementOrder, StringComparison.Ordinal)) continue;
            patch.Remove(directive);
            var name = directive[ElementOrder.Length..];
            if (orderNode is not JsonArray order) throw WrongType("[]interface {}", orderNode);
            var inOriginal = original.TryGetPropertyValue(name, out var present) && present is not null;
            var inPatch = patch.TryGetPropertyValue(name, out var wanted);
            if (inOriginal && present is not JsonArray) throw WrongType("[]interface {}", present);
            if (inPatch && wanted is not JsonArray) throw WrongType("[]interface {}", wanted);
            var property = PropertyOf(schema, name) ?? new PropertySchema(name);
            var key = property.PatchMergeKey;
            var steps = Detach((JsonArray)order.DeepClone());
            if (inPatch) CheckOrder(wanted as JsonArray, steps, key);
            if (!inOriginal && !inPatch) continue;
            var before = inOriginal ? Detach((JsonArray)present!.DeepClone()) : [];
            List<JsonNode?> merged;
            if (!inPatch) merged = [.. before.Select(b => b?.DeepClone())];
            else if (!inOriginal) merged = Detach((JsonArray)WithoutDirectives(wanted!.DeepClone()).Node!);
            else merged = Detach((JsonArray)MergeList((JsonArray)present!, (JsonArray)wanted!, property, deletesItems: false));
            original[name] = ToList(Order(merged, steps, before, key));
            patch.Remove(name);
        }
    }

    private static void CheckOrder(JsonArray? patch, List<JsonNode?> order, string? key)
    {
        var named = (patch ?? []).Where(p => (p as JsonObject)?.ContainsKey(Directive) != true || TextOf((p as JsonObject)?[Directive]) != "delete").ToList();
        var position = 0;
        foreach (var step in order)
        {
            if (position == named.Count) break;
            if (key is null ? Same(named[position], step) : Same((named[position] as JsonObject)?[key], (step as JsonObject)?[key])) position++;
        }
        if (position < named.Count)
        {
            throw new PatchException(
                $"The order in patch list:\n{Errors.GoText.Value(patch)}\n doesn't match $setElementOrder list:\n{Errors.GoText.Value(ToList([.. order.Select(o => o?.DeepClone())]))}\n");
        }
    }

    /// <summary>Puts the items of the patch into its order; the others stay before the items that they stood before.</summary>
    private static List<JsonNode?> Order(List<JsonNode?> merged, List<JsonNode?> patchOrder, List<JsonNode?> serverOrder, string? key)
    {
        var inPatch = merged.Where(m => IndexOf(patchOrder, m, key) >= 0).OrderBy(m => IndexOf(patchOrder, m, key)).ToList();
        var others = merged.Where(m => IndexOf(patchOrder, m, key) < 0).OrderBy(m => IndexOf(serverOrder, m, key)).ToList();
        var ordered = new List<JsonNode?>(merged.Count);
        int i = 0, j = 0;
        while (i < others.Count || j < inPatch.Count)
        {
            if (i == others.Count) ordered.Add(inPatch[j++]);
            else if (j == inPatch.Count) ordered.Add(others[i++]);
            else
            {
                var left = IndexOf(serverOrder, others[i], key);
                var right = IndexOf(serverOrder, inPatch[j], key);
                ordered.Add(left >= 0 && right >= 0 && left < right ? others[i++] : inPatch[j++]);
            }
        }
        return ordered;
    }

    private static int IndexOf(List<JsonNode?> list, JsonNode? item, string? key) => key is null
        ? list.FindIndex(l => Same(l, item))
        : list.FindIndex(l => l is JsonObject map && item is JsonObject other && Same(map[key], other[key]));

    private static void RetainOnly(JsonObject original, JsonObject patch)
    {
        if (!patch.TryGetPropertyValue(RetainKeys, out var node)) return;
        patch.Remove(RetainKeys);
        if (node is not JsonArray list) throw new PatchException("invalid patch format of retainKeys", isBadRequest: true);
        var retained = list.Select(TextOf).ToHashSet();
        foreach (var (key, value) in patch)
        {
            if (value is null || key.StartsWith(DeleteFromList, StringComparison.Ordinal) || key.StartsWith(ElementOrder, StringComparison.Ordinal)) continue;
            if (!retained.Contains(key)) throw new PatchException("invalid patch format of retainKeys", isBadRequest: true);
        }
        foreach (var key in original.Select(m => m.Key).Where(k => !retained.Contains(k)).ToList()) original.Remove(key);
    }

    /// <summary>What is taken over as a whole keeps no directives; what they mark goes with them.</summary>
    private static (JsonNode? Node, bool Keep) WithoutDirectives(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                if (map.ContainsKey(Directive)) return (null, false);
                foreach (var (key, value) in map.ToArray())
                {
                    var (plain, keep) = WithoutDirectives(value);
                    if (!keep) map.Remove(key);
                    else if (!ReferenceEquals(plain, value)) map[key] = plain;
                }
                return (map, true);
            case JsonArray list:
                var kept = list.Where(item => WithoutDirectives(item).Keep).ToList();
                return (kept.Count == list.Count ? list : ToList(kept), true);
            default:
                return (node, true);
        }
    }

    private static JsonNode? WithoutNulls(JsonNode? node)
    {
        if (node is JsonObject map)
        {
            foreach (var (key, value) in map.ToArray())
            {
                if (value is null) map.Remove(key);
                else WithoutNulls(value);
            }
        }
        else if (node is JsonArray list)
        {
            foreach (var item in list) WithoutNulls(item);
        }
        return node;
    }

    private static bool ItemsAreMaps(List<JsonNode?> original, List<JsonNode?> patch)
    {
        Type? first = null;
        foreach (var item in original.Concat(patch))
        {
            if (item is JsonArray) throw new PatchException("lists of lists are not supported", isBadRequest: true);
            var type = item is JsonObject ? typeof(JsonObject) : typeof(JsonValue);
            first ??= type;
            if (first != type) throw new PatchException($"list element types are not identical: [{Errors.GoText.Value(ToList([.. original.Select(o => o?.DeepClone())]))} {Errors.GoText.Value(ToList([.. patch.Select(p => p?.DeepClone())]))}]");
        }
        return first == typeof(JsonObject);
    }

    private static bool HaveSameType(JsonNode a, JsonNode b) => (a, b) switch
    {
        (JsonObject, JsonObject) or (JsonArray, JsonArray) => true,
        (JsonValue x, JsonValue y) => x.GetValueKind() == y.GetValueKind(),
        _ => false,
    };

    /// <summary>Merge keys and scalars are compared as they print.</summary>
    private static bool Same(JsonNode? a, JsonNode? b) => Errors.GoText.Value(a) == Errors.GoText.Value(b);

    private static PropertySchema? PropertyOf(TypeSchema? schema, string name)
    {
        if (schema is null || schema.IsMap || schema.PreserveUnknownFields) return null;
        if (schema.Properties.TryGetValue(name, out var property)) return property;
        var type = schema.Name is { } full ? full[(full.LastIndexOf('.') + 1)..] : "";
        throw new PatchException($"unable to find api field in struct {type} for the json field \"{name}\"");
    }

    private static List<JsonNode?> Detach(JsonArray list)
    {
        List<JsonNode?> items = [.. list];
        list.Clear();
        return items;
    }

    /// <summary>Items that still belong to the patch are copied.</summary>
    private static JsonArray ToList(List<JsonNode?> items) => [.. items.Select(i => i?.Parent is null ? i : i.DeepClone())];

    private static string TextOf(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : Errors.GoText.Value(node);

    private static PatchException BadDirective(JsonNode? directive, JsonObject map) =>
        new($"unknown patch type: {TextOf(directive)} in map: {Errors.GoText.Value(map)}");

    private static PatchException NoMergeKey(JsonObject map, string key) =>
        new($"map: {Errors.GoText.Value(map)} does not contain declared merge key: {key}");

    private static PatchException WrongType(string expected, JsonNode? actual)
    {
        var found = actual switch
        {
            null => "%!s(<nil>)",
            JsonObject => "map[string]interface {}",
            JsonArray => "[]interface {}",
            _ => actual.GetValueKind() switch { JsonValueKind.String => "string", JsonValueKind.Number => "int64", _ => "bool" },
        };
        return new($"expected a {expected}, but received a {found}");
    }
}
