using System.Text.Json.Nodes;
using Mobula.ApiServer.Validation;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Kinds;

/// <summary>Pods: a deletion waits for the node, and the spec hardly changes.</summary>
internal sealed class PodStrategy : ResourceStrategy
{
    private static readonly Dictionary<string, Func<JsonObject, string>> Fields = new()
    {
        ["spec.nodeName"] = o => o.Text("spec", "nodeName") ?? "",
        ["spec.restartPolicy"] = o => o.Text("spec", "restartPolicy") ?? "",
        ["spec.schedulerName"] = o => o.Text("spec", "schedulerName") ?? "",
        ["spec.serviceAccountName"] = o => o.Text("spec", "serviceAccountName") ?? "",
        ["spec.hostNetwork"] = o => o.Flag("spec", "hostNetwork") == true ? "true" : "false",
        ["status.phase"] = o => o.Text("status", "phase") ?? "",
        ["status.podIP"] = o => o.Text("status", "podIP") ?? "",
        ["status.nominatedNodeName"] = o => o.Text("status", "nominatedNodeName") ?? "",
    };

    public override IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields => Fields;

    public override bool HasOwnFieldLabels => true;

    public override bool HasGeneration => true;

    public override bool ReturnsDeletedObject => true;

    public override void PrepareForCreate(JsonObject o, WriteContext context)
    {
        AppArmorAnnotations.Sync(o, context);
        PodDefaults.DropDisabledFields(o.Ensure("spec"));
        PodDefaults.RequestForPod(o.Ensure("spec"));
        o["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = PodQuality.Of(o) };
        if (o.List("spec", "schedulingGates") is not { Count: > 0 }) return;
        o["status"]!["conditions"] = new JsonArray(new JsonObject
        {
            ["type"] = "PodScheduled",
            ["status"] = "False",
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = KubernetesTime.Format(context.Now),
            ["reason"] = "SchedulingGated",
            ["message"] = "Scheduling is blocked due to non-empty scheduling gates",
        });
    }

    public override void Default(JsonObject o)
    {
        var spec = o.Ensure("spec");
        PodDefaults.Apply(spec);
        PodDefaults.ApplyToPod(spec);
        SyncAddresses(o);
        spec["enableServiceLinks"] ??= true;
    }

    /// <summary>A write to the status may also change labels and annotations; one to <c>ephemeralcontainers</c> or <c>resize</c> only those parts.</summary>
    public override void PrepareForSubresource(string subresource, JsonObject o, JsonObject old, WriteContext context)
    {
        switch (subresource)
        {
            case "status":
                KeepAllButStatus(o, old);
                if (old.Text("status", "qosClass") is { } quality && string.IsNullOrEmpty(o.Text("status", "qosClass"))) o.Ensure("status")["qosClass"] = quality;
                break;
            case "ephemeralcontainers":
                var containers = o.At("spec", "ephemeralContainers")?.DeepClone();
                KeepAllButStatus(o, old);
                KeepStatus(o, old);
                KeepMetadata(o, old);
                o.Object("spec")?.Remove("ephemeralContainers");
                if (containers is not null) o.Ensure("spec")["ephemeralContainers"] = containers;
                break;
            case "resize":
                PodResize.KeepAllButResources(o, old);
                break;
        }
    }

    public override IEnumerable<FieldError> ValidateSubresource(string subresource, JsonObject o, JsonObject old, WriteContext context)
    {
        var errors = new FieldErrors();
        if (subresource == "status") PodStatusValidation.Check(o, old, errors);
        else if (subresource == "ephemeralcontainers") PodUpdateValidation.EphemeralContainers(o, old, errors);
        else if (subresource == "resize") PodResize.Check(o, old, errors);
        return errors;
    }

    private static void KeepMetadata(JsonObject o, JsonObject old)
    {
        var managed = o.At("metadata", "managedFields")?.DeepClone();
        o["metadata"] = old["metadata"]!.DeepClone();
        if (managed is null) o.Metadata.Remove("managedFields");
        else o.Metadata["managedFields"] = managed;
    }

    /// <summary>The old field for the one address rules where the new list of addresses says something else.</summary>
    private static void SyncAddresses(JsonObject pod)
    {
        if (pod.Object("status") is not { } status || status.Text("podIP") is not { Length: > 0 } address) return;
        if (status.Objects("podIPs").FirstOrDefault()?.Text("ip") != address) status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = address });
    }

    public override IEnumerable<string> Warnings(JsonObject o, JsonObject? old) =>
        old is null ? PodWarnings.OfSpec(o.Object("spec") ?? [], o.Object("metadata"), FieldPath.Of("spec"), FieldPath.Of("metadata"), isPod: true) : [];

    public override IEnumerable<FieldError> Validate(JsonObject o, WriteContext context)
    {
        var errors = new FieldErrors();
        PodValidation.Create(o, errors);
        return errors;
    }

    public override IEnumerable<FieldError> ValidateUpdate(JsonObject o, JsonObject old, WriteContext context)
    {
        var errors = new FieldErrors();
        PodValidation.Check(o, errors);
        // What was wrong with ephemeral containers is told where they may be added; here they may not change at all.
        errors.RemoveAll(e => e.Field.StartsWith("spec.ephemeralContainers", StringComparison.Ordinal));
        PodUpdateValidation.Check(o, old, errors);
        return errors;
    }

    /// <summary>The node a pod is given does not count as a change of what it should be.</summary>
    public override bool SpecEquals(JsonObject a, JsonObject b)
    {
        var (left, right) = (a.Object("spec")?.Clone() ?? [], b.Object("spec")?.Clone() ?? []);
        left.Remove("nodeName");
        right.Remove("nodeName");
        return JsonNode.DeepEquals(left, right);
    }

    public override long? GracePeriodSeconds(JsonObject o, long? asked)
    {
        var period = asked ?? o.Integer("spec", "terminationGracePeriodSeconds") ?? 0;
        if (period < 0) period = 1;
        // A pod that no node has, or that ended, needs no time.
        if (string.IsNullOrEmpty(o.Text("spec", "nodeName"))) return 0;
        return o.Text("status", "phase") is "Failed" or "Succeeded" ? 0 : period;
    }
}
