using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Validation;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Admission.Webhooks;

/// <summary>A webhook's answer.</summary>
internal sealed record ReviewResponse
{
    public bool IsAllowed { get; init; }

    public JsonObject? Status { get; init; }

    /// <summary>The operations of a JSON patch; null for none.</summary>
    public JsonArray? Patch { get; init; }

    public IReadOnlyList<string> Warnings { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> AuditAnnotations { get; init; } = [];

    /// <exception cref="WebhookCallException">It is no answer to the review.</exception>
    public static ReviewResponse Read(byte[] body, string uid)
    {
        if (JsonProblem.Of(body) is { } problem) throw WebhookCallException.Failed($"couldn't get version/kind; json parse error: {problem}");
        var review = JsonNode.Parse(body) as JsonObject ?? throw WebhookCallException.Failed("couldn't get version/kind; json parse error: json: cannot unmarshal value into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }");
        if (review.ApiVersion.Length == 0 || review.Kind.Length == 0) throw WebhookCallException.Failed($"Object '{(review.Kind.Length == 0 ? "Kind" : "apiVersion")}' is missing in '{System.Text.Encoding.UTF8.GetString(body).Trim()}'");
        if (review.ApiVersion != "admission.k8s.io/v1" || review.Kind != "AdmissionReview")
        {
            throw WebhookCallException.Invalid($"expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got {review.ApiVersion}, Kind={review.Kind}");
        }
        var response = review.Object("response") ?? throw WebhookCallException.Invalid("webhook response was absent");
        var patch = ReadPatchBytes(response.Text("patch"));
        var given = response.Text("uid") ?? "";
        if (given != uid) throw WebhookCallException.Invalid($"expected response.uid={GoText.Quote(uid)}, got {GoText.Quote(given)}");
        var patchType = response.Text("patchType");
        if (patch.Length == 0 && patchType is not null) throw WebhookCallException.Invalid("webhook returned response.patchType but not response.patch");
        if (patch.Length > 0 && patchType is null) throw WebhookCallException.Invalid("webhook returned response.patch but not response.patchType");
        return new()
        {
            IsAllowed = response.Flag("allowed") == true,
            Status = response.Object("status"),
            // A patch of another type is passed over, as it always was.
            Patch = patchType == "JSONPatch" && response.Flag("allowed") == true ? ReadPatch(patch) : null,
            Warnings = [.. response.Texts("warnings").Where(w => !w.Any(char.IsControl))],
            AuditAnnotations = [.. response.TextMap("auditAnnotations")],
        };
    }

    /// <summary>The denial as the client sees it.</summary>
    public StatusException Denial(string webhook)
    {
        var status = Status?.Clone() ?? [];
        var code = Status?.Integer("code") is >= 400 and var given ? (int)given : 400;
        var reason = status.Text("reason") is { Length: > 0 } named ? named : null;
        var message = status.Text("message") is { Length: > 0 } text ? text : reason;
        return new(code, reason, message is null ? $"admission webhook {GoText.Quote(webhook)} denied the request without explanation" : $"admission webhook {GoText.Quote(webhook)} denied the request: {message}", (JsonObject?)status.Object("details")?.DeepClone());
    }

    private static byte[] ReadPatchBytes(string? base64)
    {
        if (string.IsNullOrEmpty(base64)) return [];
        try
        {
            return Convert.FromBase64String(base64);
        }
        catch (FormatException)
        {
            var at = 0;
            while (at < base64.Length && (char.IsAsciiLetterOrDigit(base64[at]) || base64[at] is '+' or '/')) at++;
            throw WebhookCallException.Failed($"illegal base64 data at input byte {at}");
        }
    }

    private static JsonArray ReadPatch(byte[] patch)
    {
        if (JsonProblem.Of(patch) is { } problem) throw WebhookCallException.Undecodable(problem);
        try
        {
            return JsonNode.Parse(patch) as JsonArray ?? throw WebhookCallException.Undecodable("json: cannot unmarshal object into Go value of type jsonpatch.Patch");
        }
        catch (JsonException e)
        {
            throw WebhookCallException.Undecodable(e.Message);
        }
    }
}

/// <summary>A webhook that could not be asked, or whose answer is none.</summary>
internal sealed class WebhookCallException(string message) : Exception(message)
{
    public static WebhookCallException Failed(string cause) => new($"failed to call webhook: {cause}");

    public static WebhookCallException Invalid(string cause) => new($"received invalid webhook response: {cause}");

    public static WebhookCallException Undecodable(string cause) => new($"received undecodable patch in webhook response: {cause}");
}
