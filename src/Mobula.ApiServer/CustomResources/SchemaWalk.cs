using System.Text.Json.Nodes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.CustomResources;

/// <summary>Goes through a custom resource beside its schema.</summary>
internal static class SchemaWalk
{
    /// <summary>
    /// Visits a value and all below it that the schema describes, each before what is in it; the metadata of the object itself, which is
    /// everybody's, is left out.
    /// </summary>
    /// <param name="schema">The value's schema.</param>
    /// <param name="value">The value.</param>
    /// <param name="path">Where it stands; null for the root.</param>
    /// <param name="visit">Called with schema, value and path of each object and list.</param>
    public static void Visit(TypeSchema schema, JsonNode? value, FieldPath? path, Action<TypeSchema, JsonNode, FieldPath?> visit)
    {
        switch (value)
        {
            case JsonObject map:
                visit(schema, map, path);
                foreach (var (key, child) in map)
                {
                    if (schema.Properties.TryGetValue(key, out var property))
                    {
                        if (!ReferenceEquals(property.Type, BuiltInSchemas.ObjectMeta)) Visit(property.Type, child, FieldPath.Child(path, key), visit);
                    }
                    else if (schema.AdditionalProperties is { } items)
                    {
                        Visit(items, child, path?.Key(key) ?? FieldPath.Of(key), visit);
                    }
                }
                break;
            case JsonArray list when path is not null:
                visit(schema, list, path);
                if (schema.Items is not { } element) break;
                foreach (var (i, item) in list.Index()) Visit(element, item, path.Index(i), visit);
                break;
        }
    }
}
