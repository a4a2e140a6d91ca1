using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Protobuf;

/// <summary>The kinds of values that protobuf fields of Kubernetes hold.</summary>
internal enum FieldKind
{
    Text,
    Bytes,
    Integer,
    Boolean,
    Double,
    Message,
}

/// <summary>A field of a message.</summary>
/// <param name="Name">Its name in JSON; empty when the fields of its message stand in its place there.</param>
/// <param name="Number">Its number.</param>
/// <param name="Kind">What it holds: a map's values, a list's items.</param>
/// <param name="Message">The name of the message, if it holds one.</param>
/// <param name="IsRepeated">Whether it is a list.</param>
/// <param name="IsMap">Whether it is a map from texts.</param>
/// <param name="HasListValues">Whether a map's values are lists of texts.</param>
internal sealed record MessageField(string Name, int Number, FieldKind Kind, string Message, bool IsRepeated, bool IsMap, bool HasListValues);

/// <summary>A message type, from embedded facts.</summary>
internal sealed class MessageType
{
    public const string ObjectMetadata = Meta + "PartialObjectMetadata";
    private const string Meta = "k8s.io.apimachinery.pkg.apis.meta.v1.";

    private static readonly Lazy<FactLines> Facts = new(() => FactLines.Open("messages.tsv"));
    private static readonly ConcurrentDictionary<string, MessageType?> Types = new();
    private static readonly TypeSchema MetadataSchema = new(() => new Dictionary<string, PropertySchema>
    {
        ["metadata"] = new("metadata") { Resolve = () => BuiltInSchemas.ObjectMeta, Default = new JsonObject() },
    })
    { Type = SchemaType.Object };

    private MessageType(string name, JsonArray fields)
    {
        Name = name;
        Fields = [.. fields.OfType<JsonArray>().Select(ReadField).OrderBy(f => f.Number)];
        ByNumber = Fields.ToDictionary(f => f.Number);
        var type = name.Replace("k8s.io.", "io.k8s.", StringComparison.Ordinal);
        Schema = name == ObjectMetadata ? MetadataSchema : BuiltInSchemas.OpenApi(type) is null ? null : BuiltInSchemas.Get(type);
    }

    public string Name { get; }

    public IReadOnlyList<MessageField> Fields { get; }

    public IReadOnlyDictionary<int, MessageField> ByNumber { get; }

    /// <summary>The schema of the JSON form, if it is known.</summary>
    public TypeSchema? Schema { get; }

    public static MessageType Get(string name) =>
        Find(name) ?? throw new KeyNotFoundException($"no protobuf message is named {name}");

    /// <summary>The message of a kind's objects; null when it has none.</summary>
    public static MessageType? Find(GroupVersionKind kind)
    {
        if (kind.Group == "apidiscovery.k8s.io") return Find($"k8s.io.api.apidiscovery.{kind.Version}.{kind.Kind}");
        if (kind.Group == "meta.k8s.io" || (kind.Group.Length == 0 && kind.Kind is "Status")) return Find(Meta + kind.Kind);
        return BuiltInSchemas.Find(kind)?.Name is { } name ? Find(name.Replace("io.k8s.", "k8s.io.", StringComparison.Ordinal)) : null;
    }

    private static MessageType? Find(string name) =>
        Types.GetOrAdd(name, static n => Facts.Value.Find(n) is JsonArray fields ? new MessageType(n, fields) : null);

    private static MessageField ReadField(JsonArray fact)
    {
        var (name, number, type) = (fact[0]!.GetValue<string>(), fact[1]!.GetValue<int>(), fact[2]!.GetValue<string>());
        var isMap = type.StartsWith("map<string,", StringComparison.Ordinal);
        if (isMap) type = type["map<string,".Length..^1];
        var isRepeated = type.StartsWith("repeated ", StringComparison.Ordinal);
        if (isRepeated) type = type["repeated ".Length..];
        var kind = type switch
        {
            "string" => FieldKind.Text,
            "bytes" => FieldKind.Bytes,
            "int32" or "int64" => FieldKind.Integer,
            "bool" => FieldKind.Boolean,
            "double" => FieldKind.Double,
            _ => FieldKind.Message,
        };
        return new(name, number, kind, kind == FieldKind.Message ? type : "", isRepeated && !isMap, isMap, isMap && isRepeated);
    }
}
