using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Validation;

/// <summary>Probes and lifecycle hooks of containers.</summary>
internal static class ProbeValidation
{
    public static void Probes(JsonObject container, FieldPath path, long graceSeconds, FieldErrors errors)
    {
        Probe(container, "livenessProbe", path, graceSeconds, errors);
        if (Probe(container, "readinessProbe", path, graceSeconds, errors) is { } readiness && readiness.Integer("terminationGracePeriodSeconds") is { } own)
        {
            errors.Invalid(path.Child("readinessProbe", "terminationGracePeriodSeconds"), own, "must not be set for readinessProbes");
        }
        Probe(container, "startupProbe", path, graceSeconds, errors);
    }

    public static void Lifecycle(JsonObject container, FieldPath path, long graceSeconds, FieldErrors errors)
    {
        foreach (var hook in new[] { "postStart", "preStop" })
        {
            if (container.Object("lifecycle", hook) is { } handler) Handler(handler, path.Child("lifecycle", hook), graceSeconds, errors);
        }
    }

    /// <summary>A port by number or by name.</summary>
    public static void Port(JsonNode? port, FieldPath path, FieldErrors errors)
    {
        if (port is JsonValue value && value.GetValueKind() == JsonValueKind.String)
        {
            var name = value.GetValue<string>();
            errors.Invalid(path, name, FieldRules.IsPortName(name));
        }
        else
        {
            var number = new JsonObject { ["port"] = port?.DeepClone() }.Integer("port") ?? 0;
            if (!FieldRules.IsPort(number)) errors.Invalid(path, number, FieldRules.MustBePort);
        }
    }

    private static JsonObject? Probe(JsonObject container, string name, FieldPath containerPath, long graceSeconds, FieldErrors errors)
    {
        if (container.Object(name) is not { } probe) return null;
        var path = containerPath.Child(name);
        Handler(probe, path, graceSeconds, errors);
        foreach (var field in new[] { "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold" }) errors.NonNegative(probe, path, field);
        if (name != "readinessProbe" && probe.Integer("terminationGracePeriodSeconds") is <= 0 and var seconds) errors.Invalid(path.Child("terminationGracePeriodSeconds"), seconds, "must be greater than 0");
        if (name != "readinessProbe" && probe.Integer("successThreshold") is { } threshold && threshold != 1) errors.Invalid(path.Child("successThreshold"), threshold, "must be 1");
        return probe;
    }

    private static void Handler(JsonObject handler, FieldPath path, long graceSeconds, FieldErrors errors)
    {
        var count = 0;
        foreach (var kind in new[] { "exec", "httpGet", "tcpSocket", "grpc", "sleep" })
        {
            if (handler.Object(kind) is not { } action) continue;
            var at = path.Child(kind);
            if (count++ > 0)
            {
                errors.Forbidden(at, "may not specify more than 1 handler type");
                continue;
            }
            switch (kind)
            {
                case "exec":
                    if (action.List("command") is not { Count: > 0 }) errors.Required(at.Child("command"));
                    break;
                case "httpGet":
                    if (string.IsNullOrEmpty(action.Text("path"))) errors.Required(at.Child("path"));
                    Port(action["port"], at.Child("port"), errors);
                    errors.OneOf(action, at, "scheme", "HTTP", "HTTPS");
                    foreach (var header in action.Objects("httpHeaders")) errors.Invalid(at.Child("httpHeaders"), header.Text("name") ?? "", FieldRules.IsHttpHeaderName(header.Text("name") ?? ""));
                    break;
                case "tcpSocket":
                    Port(action["port"], at.Child("port"), errors);
                    break;
                case "grpc":
                    Port(action["port"], at.Child("port"), errors);
                    break;
                default:
                    if (action.Integer("seconds") is var seconds && ((seconds ?? 0) < 0 || (seconds ?? 0) > graceSeconds))
                    {
                        errors.Invalid(at, seconds ?? 0, $"must be non-negative and less than terminationGracePeriodSeconds ({graceSeconds})");
                    }
                    break;
            }
        }
        if (count == 0) errors.Required(path, "must specify a handler type");
    }
}
