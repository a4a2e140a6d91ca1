using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Kinds;

/// <summary>Workloads: defaults of their own and of their pod template, a counted spec, an empty status at first.</summary>
internal sealed class WorkloadStrategy(Action<JsonObject> setDefaults) : ResourceStrategy
{
    public override bool HasGeneration => true;

    public override void Default(JsonObject o) => setDefaults(o);

    public override void PrepareForCreate(JsonObject o, WriteContext context)
    {
        o["status"] = EmptyStatus(o.Kind);
        if (o.Kind == "Job" && o.Flag("spec", "manualSelector") != true) SelectOwnPods(o);
    }

    /// <summary>A Job finds its pods by its own UID.</summary>
    private static void SelectOwnPods(JsonObject job)
    {
        var labels = job.Ensure("spec", "template", "metadata", "labels");
        foreach (var prefix in new[] { "batch.kubernetes.io/", "" })
        {
            labels[$"{prefix}controller-uid"] = job.Uid;
            labels[$"{prefix}job-name"] = job.Name;
        }
        job.Ensure("spec", "selector", "matchLabels")["batch.kubernetes.io/controller-uid"] = job.Uid;
    }

    private static JsonObject EmptyStatus(string kind) => kind switch
    {
        "ReplicaSet" => new() { ["replicas"] = 0 },
        "StatefulSet" => new() { ["replicas"] = 0, ["availableReplicas"] = 0 },
        "DaemonSet" => new() { ["currentNumberScheduled"] = 0, ["numberMisscheduled"] = 0, ["desiredNumberScheduled"] = 0, ["numberReady"] = 0 },
        _ => [],
    };
}

/// <summary>Leases: a PUT may create them.</summary>
internal sealed class LeaseStrategy : ResourceStrategy
{
    public override bool AllowsCreateOnUpdate => true;
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
        spec["persistentVolumeClaimRetentionPolicy"] ??= new JsonObject { ["whenDeleted"] = "Retain", ["whenScaled"] = "Retain" };
        Template(spec);
    }

    public static void DaemonSet(JsonObject o)
    {
        var spec = o.Ensure("spec");
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
        spec["backoffLimit"] ??= 6;
        spec["completionMode"] ??= "NonIndexed";
        spec["suspend"] ??= false;
        spec["manualSelector"] ??= false;
        spec["podReplacementPolicy"] ??= spec.Object("podFailurePolicy") is null ? "TerminatingOrFailed" : "Failed";
        Template(spec);
    }

    private static void Template(JsonObject spec)
    {
        if (spec.Object("template") is not { } template) return;
        PodDefaults.Apply(template.Ensure("spec"));
    }
}
