using System.Text;
using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Protobuf.OpenApi;

/// <summary>
/// Writes JSON fields of an OpenAPI object as the fields of its protobuf message. A field that is absent, empty or of another type
/// than the message has is left out.
/// </summary>
internal readonly struct OpenApiFields(WireWriter writer, JsonObject json)
{
    /// <summary>Writes the fields of a message.</summary>
    public delegate void MessageWriter(OpenApiFields fields);

    public bool Has(string name) => json.ContainsKey(name);

    public void Text(string name, int number)
    {
        if (json[name] is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0) writer.Text(number, text);
    }

    /// <summary>A list of texts, or one text where a list of one is meant.</summary>
    public void Texts(string name, int number)
    {
        if (json[name] is JsonArray)
        {
            foreach (var text in json.Texts(name)) writer.Text(number, text);
        }
        else Text(name, number);
    }

    public void Flag(string name, int number)
    {
        if (json[name] is JsonValue value && value.TryGetValue(out bool flag) && flag) writer.Boolean(number, true);
    }

    public void Integer(string name, int number)
    {
        if (json[name] is JsonValue value && value.TryGetValue(out long integer) && integer != 0) writer.Integer(number, integer);
    }

    public void Number(string name, int number)
    {
        if (json[name] is JsonValue value && value.TryGetValue(out double real) && real != 0) writer.Double(number, real);
    }

    /// <summary>A value of any type, which these messages hold as YAML.</summary>
    public void Any(string name, int number)
    {
        if (json[name] is { } value) WriteAny(writer, number, value);
    }

    public void AnyOfEach(string name, int number)
    {
        if (json[name] is not JsonArray values) return;
        foreach (var value in values.OfType<JsonNode>()) WriteAny(writer, number, value);
    }

    /// <summary>The fields <c>x-…</c>.</summary>
    public void Extensions(int number)
    {
        foreach (var (name, value) in json)
        {
            if (value is null || !name.StartsWith("x-", StringComparison.Ordinal)) continue;
            writer.Message(number, w =>
            {
                w.Text(1, name);
                WriteAny(w, 2, value);
            });
        }
    }

    public void One(string name, int number, MessageWriter write)
    {
        if (json[name] is JsonObject value) Message(writer, number, value, write);
    }

    public void Each(string name, int number, MessageWriter write)
    {
        foreach (var value in json.Objects(name)) Message(writer, number, value, write);
    }

    /// <summary>The fields of this same object, as a message inside the message: one choice of several.</summary>
    public void Self(int number, MessageWriter write) => Message(writer, number, json, write);

    /// <summary>A map, which these messages hold as a list of names with values.</summary>
    public void Map(string name, int number, MessageWriter write)
    {
        if (json[name] is JsonObject map) Message(writer, number, map, fields => fields.Entries(1, write));
    }

    /// <summary>The entries of this object that are objects, as names with values.</summary>
    public void Entries(int number, MessageWriter write)
    {
        foreach (var (key, value) in json)
        {
            if (value is not JsonObject entry) continue;
            writer.Message(number, w =>
            {
                w.Text(1, key);
                Message(w, 2, entry, write);
            });
        }
    }

    /// <summary>A list of requirements: each is a map from a scheme's name to texts.</summary>
    public void Requirements(string name, int number)
    {
        foreach (var requirement in json.Objects(name))
        {
            writer.Message(number, w =>
            {
                foreach (var (scheme, _) in requirement)
                {
                    w.Message(1, entry =>
                    {
                        entry.Text(1, scheme);
                        entry.Message(2, texts =>
                        {
                            foreach (var text in requirement.Texts(scheme)) texts.Text(1, text);
                        });
                    });
                }
            });
        }
    }

    /// <summary>Encodes a whole document.</summary>
    public static byte[] Encode(JsonObject document, MessageWriter write)
    {
        var writer = new WireWriter();
        write(new(writer, document));
        return writer.Written.ToArray();
    }

    private static void Message(WireWriter writer, int number, JsonObject json, MessageWriter write) =>
        writer.Message(number, w => write(new(w, json)));

    // JSON is YAML too.
    private static void WriteAny(WireWriter writer, int number, JsonNode value) =>
        writer.Message(number, w => w.Text(2, Encoding.UTF8.GetString(KubernetesJson.Serialize(value)) + "\n"));
}
