using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Decoding;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Protobuf;

/// <summary>
/// Translates between the JSON form of built-in objects and <c>application/vnd.kubernetes.protobuf</c>: an envelope that
/// names the type, around the message.
/// </summary>
public static class ProtobufTranscoder
{
    /// <summary>The media type of objects and lists.</summary>
    public const string MediaType = "application/vnd.kubernetes.protobuf";

    /// <summary>The media type of watch streams.</summary>
    public const string WatchMediaType = "application/vnd.kubernetes.protobuf;stream=watch";

    private static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    /// <summary>Whether objects of the kind can be sent as protobuf: built-in ones, their lists, Status and PartialObjectMetadata can.</summary>
    public static bool Knows(GroupVersionKind kind) => MessageType.Find(kind) is not null;

    /// <summary>Whether the bytes begin as an envelope does.</summary>
    public static bool HasEnvelope(ReadOnlySpan<byte> bytes) => bytes.StartsWith(Magic);

    /// <summary>An object in its envelope.</summary>
    /// <param name="obj">An object in the form in which a server prints it, with <c>apiVersion</c> and <c>kind</c>.</param>
    /// <exception cref="KeyNotFoundException">The kind has no protobuf form.</exception>
    public static byte[] Encode(JsonObject obj)
    {
        var kind = obj.GroupVersionKind;
        var type = MessageType.Find(kind) ?? throw new KeyNotFoundException($"{kind} has no protobuf form");
        var output = new WireWriter();
        output.Raw(Magic);
        output.Message(1, meta =>
        {
            meta.Text(1, kind.ApiVersion);
            meta.Text(2, kind.Kind);
        });
        output.Message(2, message => MessageEncoder.Write(message, type, obj));
        output.Text(3, "");
        output.Text(4, "");
        return output.Written.ToArray();
    }

    /// <summary>The object of an envelope, in the form in which a server prints it. An envelope may hold JSON too.</summary>
    /// <exception cref="FormatException">The bytes are no envelope, or its message is broken or of an unknown kind.</exception>
    public static JsonObject Decode(ReadOnlySpan<byte> bytes)
    {
        if (!HasEnvelope(bytes)) throw new FormatException("provided data does not appear to be a protobuf message, expected prefix 6b 38 73 00");
        var (apiVersion, kind, contentType) = ("", "", "");
        ReadOnlySpan<byte> raw = [];
        var reader = new WireReader(bytes[Magic.Length..]);
        while (reader.Next())
        {
            if (reader.Field == 1) (apiVersion, kind) = ReadTypeMeta(reader.Content);
            else if (reader.Field == 2) raw = reader.Content;
            else if (reader.Field == 4) contentType = reader.Text();
        }
        if (contentType == "application/json") return JsonText.Parse(raw) as JsonObject ?? throw new FormatException("an object is expected");
        var type = MessageType.Find(GroupVersionKind.Parse(apiVersion, kind))
            ?? throw new FormatException($"no kind \"{kind}\" is registered for version \"{apiVersion}\" in protobuf");
        var obj = MessageDecoder.Read(raw, type);
        obj.Insert(0, "apiVersion", apiVersion);
        obj.Insert(0, "kind", kind);
        if (type.ByNumber.Values.Any(f => f.Name == "items")) obj["items"] ??= new JsonArray();
        return type.Schema is { Kinds.Count: > 0 } schema ? TypedForm.Apply(schema, obj) : ShapeMetadata(obj);
    }

    /// <summary>One frame of a watch stream: its length in four bytes, and the event.</summary>
    /// <param name="type"><c>ADDED</c>, <c>MODIFIED</c>, <c>DELETED</c>, <c>BOOKMARK</c> or <c>ERROR</c>.</param>
    /// <param name="obj">The object, or a Status.</param>
    /// <exception cref="KeyNotFoundException">The kind has no protobuf form.</exception>
    public static byte[] EncodeWatchEvent(string type, JsonObject obj)
    {
        var content = Encode(obj);
        var output = new WireWriter();
        output.Raw(stackalloc byte[4]);
        output.Text(1, type);
        output.Message(2, raw => raw.Bytes(1, content));
        var frame = output.Written.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - 4);
        return frame;
    }

    /// <summary>The event of a watch frame.</summary>
    /// <param name="frame">The frame without its length.</param>
    /// <exception cref="FormatException">The bytes are no event.</exception>
    public static (string Type, JsonObject Object) DecodeWatchEvent(ReadOnlySpan<byte> frame)
    {
        var type = "";
        JsonObject? obj = null;
        var reader = new WireReader(frame);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                type = reader.Text();
            }
            else if (reader.Field == 2)
            {
                var raw = new WireReader(reader.Content);
                while (raw.Next())
                {
                    if (raw.Field == 1) obj = HasEnvelope(raw.Content) ? Decode(raw.Content) : JsonText.Parse(raw.Content) as JsonObject;
                }
            }
        }
        return (type, obj ?? throw new FormatException("a watch event without an object"));
    }

    private static (string ApiVersion, string Kind) ReadTypeMeta(ReadOnlySpan<byte> bytes)
    {
        var (apiVersion, kind) = ("", "");
        var reader = new WireReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1) apiVersion = reader.Text();
            else if (reader.Field == 2) kind = reader.Text();
        }
        return (apiVersion, kind);
    }

    /// <summary>Objects and lists that have nothing but metadata.</summary>
    private static JsonObject ShapeMetadata(JsonObject obj)
    {
        var isList = obj.Kind.EndsWith("List", StringComparison.Ordinal);
        var metadata = isList ? BuiltInSchemas.Get("io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta") : BuiltInSchemas.ObjectMeta;
        if (obj.Kind == "Status") return TypedForm.Apply(BuiltInSchemas.Get("io.k8s.apimachinery.pkg.apis.meta.v1.Status"), obj);
        TypedForm.Apply(metadata, obj.Metadata);
        foreach (var item in obj.Objects("items")) TypedForm.Apply(BuiltInSchemas.ObjectMeta, item.Metadata);
        if (isList) obj["items"] ??= new JsonArray();
        return obj;
    }
}
