using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Decoding;

/// <summary>Brings custom resources into form: fields without a schema are pruned, defaults filled in.</summary>
public static class CustomResourceForm
{
    private static readonly ConditionalWeakTable<TypeSchema, StrongBox<bool>> DefaultsKnown = [];

    /// <summary>Removes the fields that the schema does not know, in place; embedded objects keep <c>apiVersion</c>, <c>kind</c> and a typed <c>metadata</c>.</summary>
    /// <param name="schema">The schema of the whole object.</param>
    /// <param name="obj">The object.</param>
    /// <returns>The paths of the removed fields, sorted.</returns>
    public static IReadOnlyList<string> Prune(TypeSchema schema, JsonObject obj)
    {
        var removed = new List<string>();
        Prune(schema, obj, "", removed, isRoot: true);
        removed.Sort(StringComparer.Ordinal);
        return removed;
    }

    /// <summary>
    /// Fills in the defaults of a structural schema, in place. Nulls of fields that have a default and may not be null are
    /// replaced by it.
    /// </summary>
    public static void ApplyDefaults(TypeSchema schema, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map when schema.Special == SpecialType.None:
                foreach (var property in schema.Properties.Values)
                {
                    if (ReferenceEquals(property.Type, BuiltInSchemas.ObjectMeta)) continue;
                    var type = property.Type;
                    var present = map.TryGetPropertyValue(property.Name, out var value);
                    if (type.HasDefault && (!present || (value is null && !type.Nullable))) map[property.Name] = value = type.Default?.DeepClone();
                    ApplyDefaults(type, value);
                }
                if (schema.AdditionalProperties is { } items)
                {
                    foreach (var (key, value) in map.ToArray())
                    {
                        if (schema.Properties.ContainsKey(key)) continue;
                        if (value is null && items.HasDefault && !items.Nullable) map[key] = items.Default?.DeepClone();
                        ApplyDefaults(items, map[key]);
                    }
                }
                break;
            case JsonArray list when schema.Items is { } elements:
                for (var i = 0; i < list.Count; i++)
                {
                    if (list[i] is null && elements.HasDefault && !elements.Nullable) list[i] = elements.Default?.DeepClone();
                    ApplyDefaults(elements, list[i]);
                }
                break;
        }
    }

    /// <summary>Whether a schema has defaults anywhere.</summary>
    public static bool HasDefaults(TypeSchema schema) => DefaultsKnown.GetValue(schema, s => new(FindDefaults(s))).Value;

    private static bool FindDefaults(TypeSchema schema) =>
        (schema.Items is { } items && (items.HasDefault || HasDefaults(items)))
        || (schema.AdditionalProperties is { } values && !ReferenceEquals(values, TypeSchema.Any) && (values.HasDefault || HasDefaults(values)))
        || schema.Properties.Values.Any(p => !ReferenceEquals(p.Type, BuiltInSchemas.ObjectMeta) && (p.Type.HasDefault || HasDefaults(p.Type)));

    /// <summary>Removes the nulls of fields that may not be null and have no default, in place; to be called after <see cref="ApplyDefaults"/>.</summary>
    public static void DropNulls(TypeSchema schema, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (key, value) in map.ToArray())
                {
                    if ((schema.Properties.TryGetValue(key, out var property) ? property.Type : schema.AdditionalProperties) is not { } type || ReferenceEquals(type, BuiltInSchemas.ObjectMeta)) continue;
                    if (value is not null) DropNulls(type, value);
                    else if (!type.Nullable) map.Remove(key);
                }
                break;
            case JsonArray list when schema.Items is { } elements:
                foreach (var item in list) DropNulls(elements, item);
                break;
        }
    }

    /// <summary>Brings <c>metadata</c> into its typed form and removes fields it does not know, in place.</summary>
    /// <param name="obj">The custom resource.</param>
    /// <param name="problems">Takes the unknown fields: <c>unknown field "metadata.x"</c>.</param>
    /// <exception cref="TypeMismatchException">A part of it has the wrong type.</exception>
    public static void ReadMetadata(JsonObject obj, ICollection<string> problems)
    {
        if (obj["metadata"] is not { } metadata) return;
        if (metadata is not JsonObject map)
        {
            throw new TypeMismatchException($"json: cannot unmarshal {KindOf(metadata)} into Go value of type v1.ObjectMeta");
        }
        TypedForm.Apply(BuiltInSchemas.ObjectMeta, map, out var found);
        foreach (var problem in found) problems.Add(problem.Replace("unknown field \"", "unknown field \"metadata.", StringComparison.Ordinal));
    }

    /// <summary>Brings the <c>metadata</c> of objects inside the object into their typed form, in place.</summary>
    /// <param name="schema">The schema of the whole object.</param>
    /// <param name="obj">The custom resource.</param>
    /// <param name="problems">Takes the unknown fields: <c>unknown field "spec.template.metadata.x"</c>.</param>
    /// <exception cref="TypeMismatchException">A part of one has the wrong type.</exception>
    public static void ReadEmbeddedMetadata(TypeSchema schema, JsonObject obj, ICollection<string> problems) =>
        ReadEmbedded(schema, obj, "", problems);

    private static void ReadEmbedded(TypeSchema schema, JsonNode? node, string path, ICollection<string> problems)
    {
        switch (node)
        {
            case JsonObject map:
                if (schema.EmbeddedResource && map["metadata"] is { } metadata) ReadMetadata(metadata, Join(path, "metadata"), problems);
                foreach (var (key, value) in map)
                {
                    if (schema.Properties.TryGetValue(key, out var property))
                    {
                        if (!ReferenceEquals(property.Type, BuiltInSchemas.ObjectMeta)) ReadEmbedded(property.Type, value, Join(path, key), problems);
                    }
                    else if (schema.AdditionalProperties is { } items)
                    {
                        ReadEmbedded(items, value, Join(path, key), problems);
                    }
                }
                break;
            case JsonArray list when schema.Items is { } elements:
                foreach (var (i, item) in list.Index()) ReadEmbedded(elements, item, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), problems);
                break;
        }
    }

    private static void ReadMetadata(JsonNode metadata, string path, ICollection<string> problems)
    {
        var sent = metadata.DeepClone();
        try
        {
            if (metadata is not JsonObject map) throw new TypeMismatchException($"json: cannot unmarshal {KindOf(metadata)} into Go value of type v1.ObjectMeta");
            TypedForm.Apply(BuiltInSchemas.ObjectMeta, map, out var found);
            foreach (var problem in found) problems.Add(problem.Replace("unknown field \"", $"unknown field \"{path}.", StringComparison.Ordinal));
        }
        catch (TypeMismatchException e)
        {
            throw new TypeMismatchException($"{path}: Invalid value: {Errors.FieldError.Print(sent)}: {e.Message}");
        }
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static void Prune(TypeSchema schema, JsonNode? node, string path, List<string> removed, bool isRoot = false)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (key, value) in map.ToArray())
                {
                    var place = path.Length == 0 ? key : $"{path}.{key}";
                    if ((isRoot || schema.EmbeddedResource) && key is "apiVersion" or "kind" or "metadata" && (isRoot || schema.EmbeddedResource)) continue;
                    if (schema.Properties.TryGetValue(key, out var property)) Prune(property.Type, value, place, removed);
                    else if (schema.AdditionalProperties is { } items) Prune(items, value, place, removed);
                    else if (!schema.PreserveUnknownFields)
                    {
                        map.Remove(key);
                        removed.Add(place);
                    }
                }
                break;
            case JsonArray list when schema.Items is { } elements:
                foreach (var (i, item) in list.Index()) Prune(elements, item, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), removed);
                break;
        }
    }

    private static string KindOf(JsonNode node) => node.GetValueKind() switch
    {
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        _ => "bool",
    };
}
