using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Mobula.PodSecurity.Admission;

namespace Mobula.PodSecurity.Webhook.Reviews;

/// <summary>Writes an AdmissionReview with its response. The request is not sent back: the API server does not read it.</summary>
internal static class ReviewAnswer
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(IBufferWriter<byte> output, string uid, PodSecurityDecision decision)
    {
        using var writer = new Utf8JsonWriter(output, Options);
        writer.WriteStartObject();
        writer.WriteString("kind"u8, "AdmissionReview"u8);
        writer.WriteString("apiVersion"u8, "admission.k8s.io/v1"u8);
        writer.WriteStartObject("response"u8);
        writer.WriteString("uid"u8, uid);
        writer.WriteBoolean("allowed"u8, decision.IsAllowed);
        if (decision.Status is { } status)
        {
            writer.WritePropertyName("status"u8);
            status.WriteTo(writer);
        }
        if (decision.AuditAnnotations.Count > 0)
        {
            writer.WriteStartObject("auditAnnotations"u8);
            foreach (var (key, value) in decision.AuditAnnotations) writer.WriteString(key, value);
            writer.WriteEndObject();
        }
        if (decision.Warnings.Count > 0)
        {
            writer.WriteStartArray("warnings"u8);
            foreach (var warning in decision.Warnings) writer.WriteStringValue(warning);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
