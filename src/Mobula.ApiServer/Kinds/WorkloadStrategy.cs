using System.Text.Json.Nodes;
using Mobula.ApiServer.Rest;
using Mobula.ApiServer.Validation;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Kinds;

/// <summary>Workloads: defaults of their own and of their pod template, a counted spec, an empty status at first.</summary>
internal static class WorkloadStrategies
{
    public static ResourceStrategy Deployment { get; } = new KindStrategy
    {
        Counted = true, CountsAnnotations = true, Defaults = WorkloadDefaults.Deployment, Begin = (o, _) => o["status"] = new JsonObject(),
        Rules = WorkloadValidation.Deployment, StatusRules = WorkloadStatusValidation.Deployment, UpdateRules = WorkloadUpdateValidation.Selector, Advice = o => PodWarnings.OfWorkload(o, "template"),
    };

    public static ResourceStrategy ReplicaSet { get; } = new KindStrategy
    {
        Counted = true, Defaults = WorkloadDefaults.ReplicaSet, Begin = (o, _) => o["status"] = new JsonObject { ["replicas"] = 0 },
        Rules = WorkloadValidation.ReplicaSet, StatusRules = WorkloadStatusValidation.ReplicaSet, UpdateRules = WorkloadUpdateValidation.Selector, Advice = o => PodWarnings.OfWorkload(o, "template"),
    };

    public static ResourceStrategy StatefulSet { get; } = new KindStrategy
    {
        Counted = true, Defaults = WorkloadDefaults.StatefulSet, Begin = (o, _) => o["status"] = new JsonObject { ["replicas"] = 0, ["availableReplicas"] = 0 },
        NameRule = NameValidation.IsDns1123Label,
        Rules = WorkloadValidation.StatefulSet, UpdateRules = WorkloadUpdateValidation.StatefulSet, Advice = o => PodWarnings.OfWorkload(o, "template"),
    };

    public static ResourceStrategy DaemonSet { get; } = new KindStrategy
    {
        Counted = true, Defaults = WorkloadDefaults.DaemonSet,
        Begin = (o, _) => o["status"] = new JsonObject { ["currentNumberScheduled"] = 0, ["numberMisscheduled"] = 0, ["desiredNumberScheduled"] = 0, ["numberReady"] = 0 },
        Rules = WorkloadValidation.DaemonSet, UpdateRules = WorkloadUpdateValidation.Selector, Advice = o => PodWarnings.OfWorkload(o, "template"),
    };

    public static ResourceStrategy ReplicationController { get; } = new KindStrategy
    {
        Counted = true, Defaults = WorkloadDefaults.ReplicationController, Begin = (o, _) => o["status"] = new JsonObject { ["replicas"] = 0 },
        Rules = WorkloadValidation.ReplicationController, Advice = o => PodWarnings.OfWorkload(o, "template"),
    };

    public static ResourceStrategy Job { get; } = new KindStrategy
    {
        Counted = true, Defaults = WorkloadDefaults.Job, Begin = BeginJob,
        CreateRules = JobValidation.OwnSelector, Rules = JobValidation.Job, UpdateRules = WorkloadUpdateValidation.Job, Advice = o => PodWarnings.OfWorkload(o, "template"),
    };

    public static ResourceStrategy CronJob { get; } = new KindStrategy
    {
        Counted = true, Defaults = WorkloadDefaults.CronJob, Begin = (o, _) => o["status"] = new JsonObject(),
        Rules = JobValidation.CronJob, Advice = o => PodWarnings.OfWorkload(o, "jobTemplate", "spec", "template"),
    };

    public static ResourceStrategy PodTemplate { get; } = new KindStrategy
    {
        Counted = true, Defaults = o => PodDefaults.Apply(o.Ensure("template", "spec")),
        Rules = (o, errors) => PodTemplateValidation.Check(o.Object("template"), FieldPath.Of("template"), errors),
        Advice = o => PodWarnings.OfSpec(o.Object("template", "spec") ?? [], o.Object("template", "metadata"), FieldPath.Of("template", "spec"), FieldPath.Of("template", "metadata")),
    };

    private static void BeginJob(JsonObject o, WriteContext context)
    {
        o["status"] = new JsonObject();
        var follows = o.Object("metadata", "labels") is not { Count: > 0 } || JsonNode.DeepEquals(o.At("metadata", "labels"), o.At("spec", "template", "metadata", "labels"));
        if (o.Flag("spec", "manualSelector") != true) SelectOwnPods(o);
        // The Job's own labels follow the template's; where those are wrong, that alone is told.
        if (follows && !ObjectMetaValidation.ValidateLabels(o.Object("spec", "template", "metadata", "labels"), FieldPath.Of("metadata", "labels")).Any()) WorkloadDefaults.LabelsOfTemplate(o);
    }

    /// <summary>A Job finds its pods by its own UID.</summary>
    private static void SelectOwnPods(JsonObject job)
    {
        var labels = job.Ensure("spec", "template", "metadata", "labels");
        foreach (var prefix in new[] { "batch.kubernetes.io/", "" })
        {
            labels[$"{prefix}controller-uid"] ??= job.Uid;
            labels[$"{prefix}job-name"] ??= job.Name;
        }
        job.Ensure("spec", "selector", "matchLabels")["batch.kubernetes.io/controller-uid"] = job.Uid;
    }
}

/// <summary>The defaults of workloads.</summary>
internal static class WorkloadDefaults
{
    public static void Deployment(JsonObject o)
    {
        var spec = o.Ensure("spec");
        spec["replicas"] ??= 1;
        spec["revisionHistoryLimit"] ??= 10;
        spec["progressDeadlineSeconds"] ??= 600;
        var strategy = spec.Ensure("strategy");
        if (string.IsNullOrEmpty(strategy.Text("type"))) strategy["type"] = "RollingUpdate";
        if (strategy.Text("type") == "RollingUpdate")
        {
            var rolling = strategy.Ensure("rollingUpdate");
            rolling["maxUnavailable"] ??= "25%";
            rolling["maxSurge"] ??= "25%";
        }
        Template(spec);
    }

    public static void ReplicaSet(JsonObject o)
    {
        var spec = o.Ensure("spec");
        spec["replicas"] ??= 1;
        Template(spec);
    }

    public static void StatefulSet(JsonObject o)
    {
        var spec = o.Ensure("spec");
        spec["replicas"] ??= 1;
        spec["revisionHistoryLimit"] ??= 10;
        if (string.IsNullOrEmpty(spec.Text("podManagementPolicy"))) spec["podManagementPolicy"] = "OrderedReady";
        var update = spec.Ensure("updateStrategy");
        if (string.IsNullOrEmpty(update.Text("type"))) update["type"] = "RollingUpdate";
        if (update.Text("type") == "RollingUpdate")
        {
            var rolling = update.Ensure("rollingUpdate");
            rolling["partition"] ??= 0;
            rolling["maxUnavailable"] ??= 1;
        }
        foreach (var claim in spec.Objects("volumeClaimTemplates"))
        {
            claim["apiVersion"] ??= "v1";
            claim["kind"] ??= "PersistentVolumeClaim";
            claim.Ensure("spec")["volumeMode"] ??= "Filesystem";
            claim.Ensure("status")["phase"] ??= "Pending";
        }
        var retention = spec.Ensure("persistentVolumeClaimRetentionPolicy");
        foreach (var field in new[] { "whenDeleted", "whenScaled" }) if (string.IsNullOrEmpty(retention.Text(field))) retention[field] = "Retain";
        Template(spec);
    }

    public static void DaemonSet(JsonObject o)
    {
        var spec = o.Ensure("spec");
        o.Ensure("metadata", "annotations")["deprecated.daemonset.template.generation"] ??= "1";
        spec["revisionHistoryLimit"] ??= 10;
        var update = spec.Ensure("updateStrategy");
        if (string.IsNullOrEmpty(update.Text("type"))) update["type"] = "RollingUpdate";
        if (update.Text("type") == "RollingUpdate")
        {
            var rolling = update.Ensure("rollingUpdate");
            rolling["maxUnavailable"] ??= 1;
            rolling["maxSurge"] ??= 0;
        }
        Template(spec);
    }

    public static void Job(JsonObject o)
    {
        var spec = o.Ensure("spec");
        if (spec["completions"] is null && spec["parallelism"] is null) spec["completions"] = 1;
        spec["parallelism"] ??= 1;
        spec["backoffLimit"] ??= spec["backoffLimitPerIndex"] is null ? 6 : int.MaxValue;
        spec["completionMode"] ??= "NonIndexed";
        spec["suspend"] ??= false;
        spec["manualSelector"] ??= false;
        foreach (var condition in spec.Objects("podFailurePolicy", "rules").SelectMany(r => r.Objects("onPodConditions")))
        {
            if (string.IsNullOrEmpty(condition.Text("status"))) condition["status"] = "True";
        }
        spec["podReplacementPolicy"] ??= spec.Object("podFailurePolicy") is null ? "TerminatingOrFailed" : "Failed";
        Template(spec);
        if (o.Object("metadata", "labels") is not { Count: > 0 }) LabelsOfTemplate(o);
    }

    public static void CronJob(JsonObject o)
    {
        var spec = o.Ensure("spec");
        if (string.IsNullOrEmpty(spec.Text("concurrencyPolicy"))) spec["concurrencyPolicy"] = "Allow";
        spec["suspend"] ??= false;
        spec["successfulJobsHistoryLimit"] ??= 3;
        spec["failedJobsHistoryLimit"] ??= 1;
        Template(spec.Ensure("jobTemplate", "spec"));
    }

    public static void ReplicationController(JsonObject o)
    {
        var spec = o.Ensure("spec");
        if (spec.Object("template", "metadata", "labels") is { Count: > 0 } labels)
        {
            if (spec.Object("selector") is not { Count: > 0 }) spec["selector"] = labels.DeepClone();
            if (o.Object("metadata", "labels") is not { Count: > 0 }) LabelsOfTemplate(o);
        }
        spec["replicas"] ??= 1;
        if (spec.Object("template") is { } template) PodDefaults.Apply(template.Ensure("spec"));
    }

    public static void LabelsOfTemplate(JsonObject o)
    {
        if (o.Object("spec", "template", "metadata", "labels") is { Count: > 0 } labels) o.Metadata["labels"] = labels.DeepClone();
    }

    private static void Template(JsonObject spec)
    {
        PodDefaults.Apply(spec.Ensure("template", "spec"));
    }
}
