using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Audit;

/// <summary>What is known of a request at one of its stages (<c>audit.k8s.io/v1</c>, <c>Event</c>).</summary>
public sealed record AuditEvent
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static readonly string[] StatusFields = ["status", "message", "reason", "details"];

    /// <summary>The level the policy asks for; bodies beyond it are not written even if they are given.</summary>
    public required AuditLevel Level { get; init; }

    /// <summary>The id that all events of a request share.</summary>
    public required string AuditId { get; init; }

    /// <summary>The stage.</summary>
    public required AuditStages Stage { get; init; }

    /// <summary>Path and query as sent.</summary>
    public required string RequestUri { get; init; }

    /// <summary>The verb.</summary>
    public required string Verb { get; init; }

    /// <summary>Who was authenticated; null when nobody was.</summary>
    public AuditUser? User { get; init; }

    /// <summary>Whom the request acts as after a permitted impersonation.</summary>
    public AuditUser? ImpersonatedUser { get; init; }

    /// <summary>The verb of constrained impersonation by which it may act so, for example <c>impersonate:user-info</c>; null for the classic one.</summary>
    public string? ImpersonationConstraint { get; init; }

    /// <summary>The addresses the request came through, the nearest last.</summary>
    public IReadOnlyList<string> SourceIPs { get; init; } = [];

    /// <summary>The header <c>User-Agent</c>; cut after 1,024 bytes.</summary>
    public string UserAgent { get; init; } = "";

    /// <summary>The object; null for a path that names no resource.</summary>
    public AuditObjectReference? ObjectRef { get; init; }

    /// <summary>The HTTP status; 0 while there is none.</summary>
    public int ResponseCode { get; init; }

    /// <summary>The Status that was answered, if one was.</summary>
    public JsonObject? ResponseStatus { get; init; }

    /// <summary>The body of the request.</summary>
    public JsonNode? RequestObject { get; init; }

    /// <summary>The body of the answer.</summary>
    public JsonNode? ResponseObject { get; init; }

    /// <summary>Whether the request is a patch, whose document is written as it came.</summary>
    public bool IsPatch { get; init; }

    /// <summary>Whether <c>metadata.managedFields</c> is left out of bodies.</summary>
    public bool OmitManagedFields { get; init; }

    /// <summary>When the request arrived.</summary>
    public required DateTimeOffset RequestReceived { get; init; }

    /// <summary>When the stage was reached.</summary>
    public required DateTimeOffset StageTime { get; init; }

    /// <summary>Annotations, sorted ordinally by key when written.</summary>
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>Writes the event as compact JSON without a line end.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("kind"u8, "Event"u8);
        writer.WriteString("apiVersion"u8, "audit.k8s.io/v1"u8);
        writer.WriteString("level"u8, Level switch
        {
            AuditLevel.Metadata => "Metadata"u8,
            AuditLevel.Request => "Request"u8,
            AuditLevel.RequestResponse => "RequestResponse"u8,
            _ => "None"u8,
        });
        writer.WriteString("auditID"u8, AuditId);
        writer.WriteString("stage"u8, Stage switch
        {
            AuditStages.RequestReceived => "RequestReceived"u8,
            AuditStages.ResponseStarted => "ResponseStarted"u8,
            AuditStages.ResponseComplete => "ResponseComplete"u8,
            _ => "Panic"u8,
        });
        writer.WriteString("requestURI"u8, RequestUri);
        writer.WriteString("verb"u8, Verb);
        writer.WritePropertyName("user"u8);
        WriteUser(writer, User ?? new());
        if (ImpersonatedUser is not null)
        {
            writer.WritePropertyName("impersonatedUser"u8);
            WriteUser(writer, ImpersonatedUser);
        }
        if (!string.IsNullOrEmpty(ImpersonationConstraint))
        {
            writer.WriteStartObject("authenticationMetadata"u8);
            writer.WriteString("impersonationConstraint"u8, ImpersonationConstraint);
            writer.WriteEndObject();
        }
        WriteTexts(writer, "sourceIPs", SourceIPs);
        WriteText(writer, "userAgent", Shortened(UserAgent));
        WriteObjectRef(writer);
        WriteResponseStatus(writer);
        if (Level >= AuditLevel.Request && RequestObject is not null)
        {
            writer.WritePropertyName("requestObject"u8);
            AuditBody.Write(writer, RequestObject, OmitManagedFields && !IsPatch);
        }
        if (Level >= AuditLevel.RequestResponse && ResponseObject is not null)
        {
            writer.WritePropertyName("responseObject"u8);
            AuditBody.Write(writer, ResponseObject, OmitManagedFields);
        }
        writer.WriteString("requestReceivedTimestamp"u8, KubernetesTime.FormatMicro(RequestReceived));
        writer.WriteString("stageTimestamp"u8, KubernetesTime.FormatMicro(StageTime));
        if (Annotations is { Count: > 0 })
        {
            writer.WriteStartObject("annotations"u8);
            foreach (var (key, value) in Annotations.OrderBy(a => a.Key, StringComparer.Ordinal)) writer.WriteString(key, value);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    private static string Shortened(string userAgent)
    {
        const int most = 1024;
        if (userAgent.Length * 3 <= most) return userAgent;
        var bytes = System.Text.Encoding.UTF8.GetBytes(userAgent);
        return bytes.Length <= most ? userAgent : System.Text.Encoding.UTF8.GetString(bytes, 0, most) + "...TRUNCATED";
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value)) writer.WriteString(name, value);
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0) return;
        writer.WriteStartArray(name);
        foreach (var value in values) writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    private static void WriteUser(Utf8JsonWriter writer, AuditUser user)
    {
        writer.WriteStartObject();
        WriteText(writer, "username", user.UserName);
        WriteText(writer, "uid", user.Uid);
        WriteTexts(writer, "groups", user.Groups);
        if (user.Extra is { Count: > 0 })
        {
            writer.WriteStartObject("extra"u8);
            foreach (var (key, values) in user.Extra.OrderBy(e => e.Key, StringComparer.Ordinal))
            {
                writer.WriteStartArray(key);
                foreach (var value in values) writer.WriteStringValue(value);
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    private void WriteObjectRef(Utf8JsonWriter writer)
    {
        if (ObjectRef is not { } reference) return;
        writer.WriteStartObject("objectRef"u8);
        WriteText(writer, "resource", reference.Resource);
        WriteText(writer, "namespace", reference.Namespace);
        WriteText(writer, "name", reference.Name);
        WriteText(writer, "uid", reference.Uid);
        WriteText(writer, "apiGroup", reference.ApiGroup);
        WriteText(writer, "apiVersion", reference.ApiVersion);
        WriteText(writer, "resourceVersion", reference.ResourceVersion);
        WriteText(writer, "subresource", reference.Subresource);
        writer.WriteEndObject();
    }

    private void WriteResponseStatus(Utf8JsonWriter writer)
    {
        if (ResponseCode == 0 && ResponseStatus is null) return;
        writer.WriteStartObject("responseStatus"u8);
        writer.WriteStartObject("metadata"u8);
        writer.WriteEndObject();
        foreach (var field in StatusFields)
        {
            if (ResponseStatus?[field] is not { } value || (value is JsonValue text && text.TryGetValue(out string? s) && s.Length == 0)) continue;
            writer.WritePropertyName(field);
            value.WriteTo(writer);
        }
        if (ResponseCode != 0) writer.WriteNumber("code"u8, ResponseCode);
        writer.WriteEndObject();
    }
}
