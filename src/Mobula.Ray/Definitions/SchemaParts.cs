using System.Text.Json.Nodes;

namespace Mobula.Ray.Definitions;

/// <summary>The words in which the schemas of <c>ray.io</c> are written.</summary>
internal static class SchemaParts
{
    private const string QuantityPattern = @"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$";

    public static JsonObject Text() => new() { ["type"] = "string" };

    public static JsonObject Choice(params ReadOnlySpan<string> values)
    {
        var list = new JsonArray();
        foreach (var value in values) list.Add((JsonNode)value);
        return new() { ["type"] = "string", ["enum"] = list };
    }

    public static JsonObject Flag() => new() { ["type"] = "boolean" };

    public static JsonObject Int32() => new() { ["type"] = "integer", ["format"] = "int32" };

    public static JsonObject Int64() => new() { ["type"] = "integer", ["format"] = "int64" };

    public static JsonObject Number() => new() { ["type"] = "number" };

    public static JsonObject Time() => new() { ["type"] = "string", ["format"] = "date-time" };

    public static JsonObject TextMap() => MapOf(Text());

    public static JsonObject MapOf(JsonObject values) => new() { ["type"] = "object", ["additionalProperties"] = values };

    public static JsonObject ListOf(JsonObject items) => new() { ["type"] = "array", ["items"] = items };

    /// <summary>A list whose items are told apart by some of their fields.</summary>
    public static JsonObject ListByKey(JsonObject items, params ReadOnlySpan<string> keys)
    {
        var list = new JsonArray();
        foreach (var key in keys) list.Add((JsonNode)key);
        var schema = ListOf(items);
        schema["x-kubernetes-list-type"] = "map";
        schema["x-kubernetes-list-map-keys"] = list;
        return schema;
    }

    public static JsonObject Quantity() => new()
    {
        ["anyOf"] = IntegerOrText(),
        ["pattern"] = QuantityPattern,
        ["x-kubernetes-int-or-string"] = true,
    };

    public static JsonObject IntOrString() => new() { ["anyOf"] = IntegerOrText(), ["x-kubernetes-int-or-string"] = true };

    /// <summary>An object; a field whose name ends in <c>!</c> is required.</summary>
    public static JsonObject Fields(params ReadOnlySpan<(string Name, JsonObject Schema)> fields)
    {
        var (properties, required) = (new JsonObject(), new JsonArray());
        foreach (var (name, schema) in fields)
        {
            var key = name.TrimEnd('!');
            properties[key] = schema;
            if (key.Length < name.Length) required.Add((JsonNode)key);
        }
        var o = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (required.Count > 0) o["required"] = required;
        return o;
    }

    extension(JsonObject schema)
    {
        public JsonObject Default(JsonNode value) => schema.With("default", value);

        public JsonObject Minimum(int value) => schema.With("minimum", value);

        public JsonObject Atomic() => schema.With("x-kubernetes-list-type", "atomic");

        public JsonObject With(string keyword, JsonNode value)
        {
            schema[keyword] = value;
            return schema;
        }

        /// <summary>Adds a rule of the Common Expression Language.</summary>
        public JsonObject Rule(string rule, string message)
        {
            if (schema["x-kubernetes-validations"] is not JsonArray rules) schema["x-kubernetes-validations"] = rules = [];
            rules.Add((JsonNode)new JsonObject { ["message"] = message, ["rule"] = rule });
            return schema;
        }
    }

    private static JsonArray IntegerOrText() => new(new JsonObject { ["type"] = "integer" }, new JsonObject { ["type"] = "string" });
}
