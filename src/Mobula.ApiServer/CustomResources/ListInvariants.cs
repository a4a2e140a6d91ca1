using System.Text.Json.Nodes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.CustomResources;

/// <summary>What lists of type <c>set</c> and <c>map</c> promise: no item twice, no key twice.</summary>
internal static class ListInvariants
{
    public static IReadOnlyList<FieldError> Validate(TypeSchema schema, JsonObject o)
    {
        var errors = new List<FieldError>();
        Check(schema, o, null, errors);
        return errors;
    }

    private static void Check(TypeSchema schema, JsonNode? value, FieldPath? path, List<FieldError> errors)
    {
        switch (value)
        {
            case JsonObject map:
                foreach (var (key, child) in map)
                {
                    if (schema.Properties.TryGetValue(key, out var property))
                    {
                        if (!ReferenceEquals(property.Type, BuiltInSchemas.ObjectMeta)) Check(property.Type, child, FieldPath.Child(path, key), errors);
                    }
                    else if (schema.AdditionalProperties is { } items)
                    {
                        Check(items, child, path?.Key(key) ?? FieldPath.Of(key), errors);
                    }
                }
                break;
            case JsonArray list:
                if (path is null) return;
                if (schema.ListType == ListType.Set) CheckSet(list, path, errors);
                else if (schema.ListType == ListType.Map) CheckMap(schema, list, path, errors);
                if (schema.Items is { } element)
                {
                    foreach (var (i, item) in list.Index()) Check(element, item, path.Index(i), errors);
                }
                break;
        }
    }

    private static void CheckSet(JsonArray list, FieldPath path, List<FieldError> errors)
    {
        foreach (var (i, item) in list.Index())
        {
            if (list.Take(i).Any(other => JsonNode.DeepEquals(other, item))) errors.Add(FieldError.Duplicate(path.Index(i), item?.DeepClone()));
        }
    }

    private static void CheckMap(TypeSchema schema, JsonArray list, FieldPath path, List<FieldError> errors)
    {
        var seen = new List<JsonObject>();
        foreach (var (i, item) in list.Index())
        {
            if (item is not JsonObject map) continue;
            var key = new JsonObject(schema.ListMapKeys.Where(map.ContainsKey).Select(k => KeyValuePair.Create(k, map[k]?.DeepClone())));
            if (seen.Any(s => JsonNode.DeepEquals(s, key))) errors.Add(FieldError.Duplicate(path.Index(i), key));
            seen.Add(key);
        }
    }
}
