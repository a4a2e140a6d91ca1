using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Remediation;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Events;
using Mobula.RayOperator.Hosting;
using Mobula.RayOperator.Jobs;
using Mobula.RayOperator.Validation;

namespace Mobula.RayOperator.CronJobs;

/// <summary>The control loop of RayCronJobs: a RayJob a tick.</summary>
internal sealed class RayCronJobController(KubernetesApi api, WatchedObjects watched, EventReporter events, RayOperatorOptions options, TimeProvider time)
{
    private const int LongestName = 36;

    /// <summary>Makes the RayJob that is due; returns when the next is.</summary>
    public async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (watched.RayCronJobs.Get(key) is not { IsTerminating: false } o) return null;
        if (!options.FeatureGates[FeatureGates.RayCronJob])
        {
            Report(o, "Warning", "NotReconciled", "Reconcile", "RayCronJobs are reconciled with the feature gate RayCronJob only: start the operator with --feature-gates=RayCronJob=true");
            return null;
        }
        if (Invalid(o, out var schedule) is { } invalid)
        {
            Report(o, "Warning", "InvalidRayCronJobSpec", "Validate", $"{o.Namespace}/{o.Name}: {invalid}");
            return null;
        }
        if (o.Flag("spec", "suspend") == true)
        {
            Report(o, "Normal", "SuspendedRayCronJob", "Suspend", "RayCronJob suspended, no new RayJobs will be created");
            return null;
        }
        var last = KubernetesTime.Parse(o.Text("status", "lastScheduleTime")) ?? KubernetesTime.Parse(o.Text("metadata", "creationTimestamp")) ?? time.GetUtcNow();
        if (schedule!.Next(last) is not { } next) return null;
        var now = time.GetUtcNow();
        if (next > now) return next - now;
        try
        {
            await api.CreateAsync(RayResources.RayJobs, Job(o, next), cancellation).ConfigureAwait(false);
        }
        catch (StatusException error) when (error.IsAlreadyExists)
        {
            // The tick was taken before its time was written down.
        }
        var update = o.Clone();
        update.Ensure("status")["lastScheduleTime"] = KubernetesTime.Format(next);
        try
        {
            await api.UpdateAsync(RayResources.RayCronJobs, update, "status", cancellation).ConfigureAwait(false);
        }
        catch (StatusException error) when (error.IsConflict)
        {
            return TimeSpan.FromMilliseconds(100);
        }
        return schedule.Next(next) is { } following && following > now ? following - now : null;
    }

    internal static JsonObject Job(JsonObject cron, DateTimeOffset tick)
    {
        var spec = cron.Object("spec", "jobTemplate")!.Clone();
        if (spec.Object("rayClusterSpec") is { } cluster) TypedForm.Complete(cluster);
        var annotations = new JsonObject { [RayAnnotations.CronJobScheduledTimestamp] = KubernetesTime.Format(tick) };
        // Who switched the hardening off did so for the pods, which hang on the RayJob.
        if (cron.Annotation(PodSecurityDefaults.Annotation) is { } choice) annotations[PodSecurityDefaults.Annotation] = choice;
        return new JsonObject
        {
            ["apiVersion"] = RayResources.ApiVersion,
            ["kind"] = "RayJob",
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{cron.Name}-{tick.ToUnixTimeSeconds() / 60}",
                ["namespace"] = cron.Namespace,
                ["labels"] = new JsonObject { [RayLabels.CronJobName] = cron.Name },
                ["annotations"] = annotations,
                ["ownerReferences"] = new JsonArray(RayClusterView.ControllerReference(cron)),
            },
            ["spec"] = spec,
        };
    }

    private string? Invalid(JsonObject o, out CronSchedule? schedule)
    {
        schedule = null;
        if (RayClusterValidation.Metadata(o, "RayCronJob", LongestName) is { } name) return name;
        var text = o.Text("spec", "schedule") ?? "";
        if (text.Contains("TZ", StringComparison.Ordinal)) return "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
        var zone = TimeZoneInfo.Local;
        if (o.Text("spec", "timeZone") is { } given && !TimeZoneInfo.TryFindSystemTimeZoneById(given, out zone)) return $"invalid time zone: unknown time zone {given}";
        try
        {
            schedule = CronSchedule.Parse(text, zone);
        }
        catch (FormatException error)
        {
            return $"invalid cron schedule: {error.Message}";
        }
        var job = new JsonObject { ["metadata"] = new JsonObject { ["name"] = o.Name, ["namespace"] = o.Namespace }, ["spec"] = o.Object("spec", "jobTemplate")?.Clone() };
        return RayJobValidation.Spec(new(job, options)) is { } template ? $"invalid RayJob template: {template}" : null;
    }

    private void Report(JsonObject o, string type, string reason, string action, string note) => events.Report(o, type, reason, action, note);
}
