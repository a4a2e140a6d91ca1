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
        SchemaWalk.Visit(schema, o, null, (type, node, path) =>
        {
            if (node is not JsonArray list) return;
            if (type.ListType == ListType.Set) CheckSet(list, path!, errors);
            else if (type.ListType == ListType.Map) CheckMap(type, list, path!, errors);
        });
        return errors;
    }

    private static void CheckSet(JsonArray list, FieldPath path, List<FieldError> errors)
    {
        var seen = new HashSet<JsonNode?>(JsonNodeComparer.Instance);
        foreach (var (i, item) in list.Index())
        {
            if (!seen.Add(item)) errors.Add(FieldError.Duplicate(path.Index(i), item?.DeepClone()));
        }
    }

    private static void CheckMap(TypeSchema schema, JsonArray list, FieldPath path, List<FieldError> errors)
    {
        var seen = new HashSet<JsonNode?>(JsonNodeComparer.Instance);
        foreach (var (i, item) in list.Index())
        {
            if (item is not JsonObject map) continue;
            var key = new JsonObject(schema.ListMapKeys.Where(map.ContainsKey).Select(k => KeyValuePair.Create(k, map[k]?.DeepClone())));
            if (!seen.Add(key)) errors.Add(FieldError.Duplicate(path.Index(i), key));
        }
    }
}
