using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mobula.Kubernetes;

/// <summary>
/// Reads and writes the fields of a Kubernetes object held as a JSON tree. A tree keeps every field, also those this
/// program does not know, so that an object written back loses nothing.
/// </summary>
public static class ObjectAccess
{
    extension(JsonObject o)
    {
        /// <summary>The field <c>apiVersion</c>, or empty.</summary>
        public string ApiVersion => o.Text("apiVersion") ?? "";

        /// <summary>The field <c>kind</c>, or empty.</summary>
        public string Kind => o.Text("kind") ?? "";

        /// <summary>The type of the object, from <c>apiVersion</c> and <c>kind</c>.</summary>
        public GroupVersionKind GroupVersionKind => GroupVersionKind.Parse(o.ApiVersion, o.Kind);

        /// <summary>The field <c>metadata</c>; added when it is absent.</summary>
        public JsonObject Metadata => o.Ensure("metadata");

        /// <summary>The field <c>metadata.name</c>, or empty.</summary>
        public string Name => o.Text("metadata", "name") ?? "";

        /// <summary>The field <c>metadata.namespace</c>, or null for cluster-scoped objects.</summary>
        public string? Namespace => o.Text("metadata", "namespace");

        /// <summary>The field <c>metadata.uid</c>, or empty.</summary>
        public string Uid => o.Text("metadata", "uid") ?? "";

        /// <summary>The field <c>metadata.resourceVersion</c>, or empty.</summary>
        public string ResourceVersion => o.Text("metadata", "resourceVersion") ?? "";

        /// <summary>The field <c>metadata.generation</c>, or 0.</summary>
        public long Generation => o.Integer("metadata", "generation") ?? 0;

        /// <summary>Whether <c>metadata.deletionTimestamp</c> is set.</summary>
        public bool IsTerminating => o.At("metadata", "deletionTimestamp") is not null;

        /// <summary>The value of a label, or null.</summary>
        public string? Label(string key) => o.Text("metadata", "labels", key);

        /// <summary>The value of an annotation, or null.</summary>
        public string? Annotation(string key) => o.Text("metadata", "annotations", key);

        /// <summary>The owner reference whose <c>controller</c> is true, or null.</summary>
        public JsonObject? ControllerReference =>
            o.Objects("metadata", "ownerReferences").FirstOrDefault(r => r.Flag("controller") == true);

        /// <summary>The node at a path of member names; null where any part is absent, null, or not an object.</summary>
        public JsonNode? At(params ReadOnlySpan<string> path)
        {
            JsonNode? node = o;
            foreach (var name in path)
            {
                if (node is not JsonObject parent || !parent.TryGetPropertyValue(name, out node)) return null;
            }
            return node;
        }

        /// <summary>The string at a path, or null when it is absent or no string.</summary>
        public string? Text(params ReadOnlySpan<string> path) =>
            o.At(path) is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

        /// <summary>The integer at a path, or null when it is absent or no integer.</summary>
        public long? Integer(params ReadOnlySpan<string> path)
        {
            if (o.At(path) is not JsonValue value || value.GetValueKind() != JsonValueKind.Number) return null;
            if (value.TryGetValue(out long number)) return number;
            if (value.TryGetValue(out int small)) return small;
            return long.TryParse(value.ToJsonString(), CultureInfo.InvariantCulture, out var parsed) ? parsed : null;
        }

        /// <summary>The boolean at a path, or null when it is absent or no boolean.</summary>
        public bool? Flag(params ReadOnlySpan<string> path) => o.At(path) is not JsonValue value ? null : value.GetValueKind() switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => null,
        };

        /// <summary>The object at a path, or null.</summary>
        public JsonObject? Object(params ReadOnlySpan<string> path) => o.At(path) as JsonObject;

        /// <summary>The list at a path, or null.</summary>
        public JsonArray? List(params ReadOnlySpan<string> path) => o.At(path) as JsonArray;

        /// <summary>The objects of the list at a path; empty when it is absent.</summary>
        public IEnumerable<JsonObject> Objects(params ReadOnlySpan<string> path) =>
            o.At(path) is JsonArray list ? list.OfType<JsonObject>() : [];

        /// <summary>The strings of the list at a path; empty when it is absent.</summary>
        public IEnumerable<string> Texts(params ReadOnlySpan<string> path) =>
            o.At(path) is JsonArray list
                ? list.OfType<JsonValue>().Where(v => v.GetValueKind() == JsonValueKind.String).Select(v => v.GetValue<string>())
                : [];

        /// <summary>The members of the map of strings at a path, in their order; empty when it is absent.</summary>
        public IEnumerable<KeyValuePair<string, string>> TextMap(params ReadOnlySpan<string> path) =>
            o.At(path) is JsonObject map
                ? map.Where(m => m.Value is JsonValue v && v.GetValueKind() == JsonValueKind.String)
                    .Select(m => KeyValuePair.Create(m.Key, m.Value!.GetValue<string>()))
                : [];

        /// <summary>The object at a path; objects that are absent or null on the way are added.</summary>
        public JsonObject Ensure(params ReadOnlySpan<string> path)
        {
            var node = o;
            foreach (var name in path)
            {
                if (node[name] is not JsonObject child)
                {
                    child = [];
                    node[name] = child;
                }
                node = child;
            }
            return node;
        }

        /// <summary>A deep copy.</summary>
        public JsonObject Clone() => (JsonObject)o.DeepClone();

        /// <summary>The object as compact UTF-8 JSON.</summary>
        public byte[] ToUtf8() => KubernetesJson.Serialize(o);
    }
}
