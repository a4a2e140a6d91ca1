using System.Text.Json.Nodes;

namespace Mobula.RayRuntime.Wire;

/// <summary>Reading of header fields: absent and null are the default.</summary>
internal static class JsonFields
{
    extension(JsonObject o)
    {
        public string Text(string name, string absent = "") => o[name] is JsonValue v && v.TryGetValue(out string? s) ? s : absent;
        public string? TextOrNull(string name) => o[name] is JsonValue v && v.TryGetValue(out string? s) ? s : null;
        public long Number(string name, long absent = 0) => o[name] is JsonValue v ? v.TryGetValue(out long n) ? n : v.TryGetValue(out double d) ? (long)d : absent : absent;
        public double Real(string name, double absent = 0) => o[name] is JsonValue v && v.TryGetValue(out double d) ? d : absent;
        public bool Flag(string name) => o[name] is JsonValue v && (v.TryGetValue(out bool b) ? b : v.TryGetValue(out int n) && n != 0);
        public JsonObject Object(string name) => o[name] as JsonObject ?? [];
        public string[] Texts(string name) => o[name] is JsonArray a ? [.. a.Select(x => (string)x!)] : [];
    }

    /// <summary>An array of texts.</summary>
    public static JsonArray ArrayOf(IEnumerable<string> texts)
    {
        var array = new JsonArray();
        foreach (var text in texts) array.Add((JsonNode)text);
        return array;
    }
}
