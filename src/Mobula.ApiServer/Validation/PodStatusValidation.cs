using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>What a write to a pod's status may not say.</summary>
internal static class PodStatusValidation
{
    private static readonly FieldPath StatusPath = FieldPath.Of("status");

    public static void Check(JsonObject pod, JsonObject old, FieldErrors errors)
    {
        var (status, before) = (pod.Object("status") ?? [], old.Object("status") ?? []);
        PodUpdateValidation.MirrorAnnotation(pod, old, errors);
        foreach (var (i, condition) in status.Objects("conditions").Index())
        {
            // The odd name of the field is the server's own.
            var type = condition.Text("type") ?? "";
            errors.Invalid(StatusPath.Child("conditions").Index(i).Child("Type"), type, NameValidation.IsQualifiedName(type));
        }
        Nomination(pod, status, before, errors);
        foreach (var list in new[] { "containerStatuses", "initContainerStatuses" }) Transitions(pod, status, before, list, errors);
        Addresses(status, "podIP", "podIPs", isHost: false, errors);
        Addresses(status, "hostIP", "hostIPs", isHost: true, errors);
        if (before.Text("qosClass") is { Length: > 0 } quality && status.Text("qosClass") is { } wanted && wanted != quality)
        {
            errors.Invalid(StatusPath.Child("qosClass"), wanted, "field is immutable");
        }
    }

    private static void Nomination(JsonObject pod, JsonObject status, JsonObject before, FieldErrors errors)
    {
        if (status.Text("nominatedNodeName") is not { Length: > 0 } nominated) return;
        var path = StatusPath.Child("nominatedNodeName");
        errors.Invalid(path, nominated, NameValidation.IsDns1123Subdomain(nominated));
        if (nominated != before.Text("nominatedNodeName") && !string.IsNullOrEmpty(pod.Text("spec", "nodeName"))) errors.Forbidden(path, "may not be set on pods that are already bound to a node");
    }

    /// <summary>A container that ended for good stays ended.</summary>
    private static void Transitions(JsonObject pod, JsonObject status, JsonObject before, string list, FieldErrors errors)
    {
        var policy = pod.Text("spec", "restartPolicy");
        if (policy == "Always") return;
        foreach (var (i, now) in status.Objects(list).Index())
        {
            if (now.Object("state", "terminated") is not null) continue;
            var was = before.Objects(list).FirstOrDefault(s => s.Text("name") == now.Text("name"));
            if (was?.Object("state", "terminated") is not { } ended || MayRestart(pod, now.Text("name"), list)) continue;
            if (policy == "OnFailure" && ended.Integer("exitCode") is not (null or 0)) continue;
            errors.Forbidden(StatusPath.Child(list).Index(i).Child("state"), "may not be transitioned to non-terminated state");
        }
    }

    private static bool MayRestart(JsonObject pod, string? container, string list)
    {
        var spec = pod.Objects("spec", list == "initContainerStatuses" ? "initContainers" : "containers").FirstOrDefault(c => c.Text("name") == container);
        return spec is null || spec.Text("restartPolicy") is { Length: > 0 } || spec.List("restartPolicyRules") is { Count: > 0 };
    }

    private static void Addresses(JsonObject status, string one, string list, bool isHost, FieldErrors errors)
    {
        var path = StatusPath.Child(list);
        var addresses = status.Objects(list).Select(a => a.Text("ip") ?? "").ToList();
        if (addresses.Count == 0) return;
        if (isHost && status.Text(one) is { } first && addresses[0] != first) errors.Invalid(path.Index(0).Child("ip"), addresses[0], $"must be equal to `{one}`");
        var bad = -1;
        foreach (var (i, address) in addresses.Index())
        {
            if (FieldRules.IsIp(address)) continue;
            if (bad < 0) bad = i;
            errors.Invalid(path.Index(i), address, FieldRules.MustBeIp);
        }
        if (addresses.Count < 2) return;
        if (bad >= 0) errors.Add(FieldError.Internal(path, $"failed to check for dual stack with error:invalid IP[{bad}]: {addresses[bad]}"));
        if (bad >= 0 || !IsDualStack(addresses))
        {
            var shown = string.Join(",", addresses.Select(a => $"{{\"IP\":{GoText.JsonString(a)}}}"));
            errors.Add(FieldError.InvalidRaw(path, $"[{shown}]", "may specify no more than one IP for each IP family"));
        }
    }

    private static bool IsDualStack(List<string> addresses) =>
        addresses.Count == 2 && addresses.Count(a => IPAddress.TryParse(a, out var parsed) && parsed.AddressFamily == AddressFamily.InterNetwork) == 1;
}
