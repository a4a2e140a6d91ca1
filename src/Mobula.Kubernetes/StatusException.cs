using System.Text.Json.Nodes;

namespace Mobula.Kubernetes;

/// <summary>An error as the API tells it: a <c>metav1.Status</c> with <c>status: Failure</c>.</summary>
public sealed class StatusException : Exception
{
    /// <summary>Wraps a Status.</summary>
    public StatusException(JsonObject status) : base(status.Text("message") ?? "") => Status = status;

    /// <summary>Makes a Status of its parts.</summary>
    /// <param name="code">The HTTP status code.</param>
    /// <param name="reason">For example <c>NotFound</c>; empty or null when there is none.</param>
    /// <param name="message">The text for people.</param>
    /// <param name="details">The field <c>details</c>, if any.</param>
    public StatusException(int code, string? reason, string message, JsonObject? details = null)
        : this(MakeStatus(code, reason, message, details))
    {
    }

    /// <summary>The Status object, as it is sent.</summary>
    public JsonObject Status { get; }

    /// <summary>The HTTP status code.</summary>
    public int Code => (int)(Status.Integer("code") ?? 500);

    /// <summary>The machine-readable reason, or empty.</summary>
    public string Reason => Status.Text("reason") ?? "";

    /// <summary>Seconds after which a retry makes sense, if the server said so (<c>Retry-After</c>).</summary>
    public int? RetryAfterSeconds => (int?)Status.Integer("details", "retryAfterSeconds");

    /// <summary>Whether the object was not there (404).</summary>
    public bool IsNotFound => Reason == "NotFound";

    /// <summary>Whether an object of that name was there already.</summary>
    public bool IsAlreadyExists => Reason == "AlreadyExists";

    /// <summary>Whether the object had been changed in the meantime (409).</summary>
    public bool IsConflict => Reason == "Conflict";

    private static JsonObject MakeStatus(int code, string? reason, string message, JsonObject? details)
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = message,
        };
        if (!string.IsNullOrEmpty(reason)) status["reason"] = reason;
        if (details is not null) status["details"] = details;
        status["code"] = code;
        return status;
    }
}
