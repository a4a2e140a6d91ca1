using System.Text.Json;

namespace Mobula.PodSecurity.Webhook.Reviews;

/// <summary>What an AdmissionReview asks. The objects are parts of the body, which must outlive it.</summary>
internal sealed record ReviewRequest
{
    public string Uid { get; init; } = "";

    public string Operation { get; init; } = "";

    public string Group { get; init; } = "";

    public string Resource { get; init; } = "";

    public string Subresource { get; init; } = "";

    public string Namespace { get; init; } = "";

    public string Name { get; init; } = "";

    public string UserName { get; init; } = "";

    public ReadOnlyMemory<byte> Object { get; init; }

    public ReadOnlyMemory<byte> OldObject { get; init; }

    private static readonly JsonReaderOptions Options = new() { MaxDepth = 512 };

    /// <summary>Reads a body without building a model of it.</summary>
    /// <exception cref="ReviewException">It is no review that can be answered.</exception>
    public static ReviewRequest Read(ReadOnlyMemory<byte> body)
    {
        var (apiVersion, kind) = ("", "");
        ReviewRequest? request = null;
        try
        {
            var reader = new Utf8JsonReader(body.Span, Options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw ReviewException.Undecodable();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("apiVersion"u8)) apiVersion = Text(ref reader);
                else if (reader.ValueTextEquals("kind"u8)) kind = Text(ref reader);
                else if (reader.ValueTextEquals("request"u8)) request = ReadRequest(ref reader, body);
                else Skip(ref reader);
            }
            if (reader.TokenType != JsonTokenType.EndObject || reader.Read()) throw ReviewException.Undecodable();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is no UTF-8.
            throw ReviewException.Undecodable();
        }
        if (apiVersion.Length == 0 || kind.Length == 0) throw ReviewException.Undecodable();
        if (apiVersion != "admission.k8s.io/v1" || kind != "AdmissionReview") throw new ReviewException(400, $"unexpected AdmissionReview kind: {apiVersion}, Kind={kind}");
        return request ?? throw new ReviewException(400, "unexpected AdmissionReview type: it has no request");
    }

    private static ReviewRequest? ReadRequest(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
    {
        if (!reader.Read()) throw new JsonException();
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException();
        var request = new ReviewRequest();
        string? asked = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("uid"u8)) request = request with { Uid = Text(ref reader) };
            else if (reader.ValueTextEquals("operation"u8)) request = request with { Operation = Text(ref reader) };
            else if (reader.ValueTextEquals("namespace"u8)) request = request with { Namespace = Text(ref reader) };
            else if (reader.ValueTextEquals("name"u8)) request = request with { Name = Text(ref reader) };
            else if (reader.ValueTextEquals("subResource"u8)) request = request with { Subresource = Text(ref reader) };
            else if (reader.ValueTextEquals("requestSubResource"u8)) asked = Text(ref reader);
            else if (reader.ValueTextEquals("resource"u8)) request = ReadResource(ref reader, request);
            else if (reader.ValueTextEquals("userInfo"u8)) request = request with { UserName = ReadUserName(ref reader) };
            else if (reader.ValueTextEquals("object"u8)) request = request with { Object = Slice(ref reader, body) };
            else if (reader.ValueTextEquals("oldObject"u8)) request = request with { OldObject = Slice(ref reader, body) };
            else Skip(ref reader);
        }
        return asked is null ? request : request with { Subresource = asked };
    }

    private static ReviewRequest ReadResource(ref Utf8JsonReader reader, ReviewRequest request)
    {
        if (!Enter(ref reader)) return request;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("group"u8)) request = request with { Group = Text(ref reader) };
            else if (reader.ValueTextEquals("resource"u8)) request = request with { Resource = Text(ref reader) };
            else Skip(ref reader);
        }
        return request;
    }

    private static string ReadUserName(ref Utf8JsonReader reader)
    {
        var name = "";
        if (!Enter(ref reader)) return name;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("username"u8)) name = Text(ref reader);
            else Skip(ref reader);
        }
        return name;
    }

    private static bool Enter(ref Utf8JsonReader reader)
    {
        if (!reader.Read()) throw new JsonException();
        return reader.TokenType switch
        {
            JsonTokenType.StartObject => true,
            JsonTokenType.Null => false,
            _ => throw new JsonException(),
        };
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        if (!reader.Read()) throw new JsonException();
        return reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString()!,
            JsonTokenType.Null => "",
            _ => throw new JsonException(),
        };
    }

    private static ReadOnlyMemory<byte> Slice(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
    {
        if (!reader.Read()) throw new JsonException();
        if (reader.TokenType == JsonTokenType.Null) return default;
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return body[start..(int)reader.BytesConsumed];
    }

    private static void Skip(ref Utf8JsonReader reader)
    {
        if (!reader.Read()) throw new JsonException();
        reader.Skip();
    }
}
