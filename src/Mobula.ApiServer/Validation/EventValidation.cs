using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Events, in the stored version. Those with an <c>eventTime</c> are of the newer sort and must say more.</summary>
internal static class EventValidation
{
    private const int MostCharacters = 128;
    private const int MostOfMessage = 1024;

    public static void Check(JsonObject e, string reporter, FieldErrors errors)
    {
        var about = e.Text("involvedObject", "namespace") ?? "";
        var path = FieldPath.Of("involvedObject", "namespace");
        const string differs = "does not match event.namespace";
        if (string.IsNullOrEmpty(e.Text("eventTime")))
        {
            if (about.Length == 0 ? e.Namespace is not (null or "" or "default") : about != e.Namespace) errors.Invalid(path, about, differs);
            return;
        }
        if (about.Length == 0 && e.Namespace is not ("default" or "kube-system")) errors.Invalid(path, about, differs);
        var controller = e.Text("reportingComponent") ?? "";
        if (controller.Length == 0) errors.Required(FieldPath.Of(reporter));
        errors.Invalid(FieldPath.Of(reporter), controller, NameValidation.IsQualifiedName(controller));
        Short(e, "reportingInstance", errors);
        Short(e, "action", errors);
        Short(e, "reason", errors);
        if (System.Text.Encoding.UTF8.GetByteCount(e.Text("message") ?? "") > MostOfMessage) errors.Invalid(FieldPath.Of("message"), "", $"can have at most {MostOfMessage} characters");
    }

    /// <summary>What is asked besides of a new event of <c>events.k8s.io</c>.</summary>
    public static void New(JsonObject e, FieldErrors errors)
    {
        if (e.Object("series") is { } series)
        {
            if (series.Integer("count") is null or < 2) errors.Invalid(FieldPath.Of("series", "count"), "", "should be at least 2");
            if (string.IsNullOrEmpty(series.Text("lastObservedTime"))) errors.Required(FieldPath.Of("series", "lastObservedTime"));
        }
        if (string.IsNullOrEmpty(e.Text("eventTime"))) errors.Required(FieldPath.Of("eventTime"));
        if (e.Text("type") is not ("Normal" or "Warning")) errors.Invalid(FieldPath.Of("type"), "", $"has invalid value: {e.Text("type")}");
        const string unset = "needs to be unset";
        foreach (var field in new[] { "firstTimestamp", "lastTimestamp" }) if (!string.IsNullOrEmpty(e.Text(field))) errors.Invalid(FieldPath.Of(field), "", unset);
        if (e.Integer("count") is not (null or 0)) errors.Invalid(FieldPath.Of("count"), "", unset);
        if (!string.IsNullOrEmpty(e.Text("source", "component")) || !string.IsNullOrEmpty(e.Text("source", "host"))) errors.Invalid(FieldPath.Of("source"), "", unset);
    }

    private static void Short(JsonObject e, string field, FieldErrors errors)
    {
        var text = e.Text(field) ?? "";
        if (text.Length == 0) errors.Required(FieldPath.Of(field));
        if (System.Text.Encoding.UTF8.GetByteCount(text) > MostCharacters) errors.Invalid(FieldPath.Of(field), "", $"can have at most {MostCharacters} characters");
    }
}
