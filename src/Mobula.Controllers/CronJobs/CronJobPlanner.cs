using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.CronJobs;

/// <summary>Decides what a CronJob does next: start a job that is due, and clear away those of the past.</summary>
internal sealed class CronJobPlanner
{
    private const int MissedAtMost = 100;
    private const string Timestamp = "batch.kubernetes.io/cronjob-scheduled-timestamp";

    // A timer that fires a little early would find nothing due.
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(100);
    private readonly JsonObject _cronJob;
    private readonly JsonObject[] _jobs;
    private readonly DateTimeOffset _now;
    private readonly CronJobPlan _plan = new();
    private readonly List<JsonObject> _active;

    private CronJobPlanner(JsonObject cronJob, IReadOnlyCollection<JsonObject> jobs, DateTimeOffset now)
    {
        _cronJob = cronJob;
        _jobs = [.. jobs];
        _now = now;
        _active = [.. cronJob.Objects("status", "active").Select(a => a.Clone())];
    }

    /// <summary>Plans.</summary>
    /// <param name="cronJob">The CronJob.</param>
    /// <param name="jobs">The jobs that it controls.</param>
    /// <param name="now">The time.</param>
    public static CronJobPlan Plan(JsonObject cronJob, IReadOnlyCollection<JsonObject> jobs, DateTimeOffset now)
    {
        var planner = new CronJobPlanner(cronJob, jobs, now);
        planner._plan.Status = cronJob.Object("status")?.Clone() ?? [];
        planner.FollowJobs();
        planner.CleanUp("Complete", "successfulJobsHistoryLimit", 3);
        planner.CleanUp("Failed", "failedJobsHistoryLimit", 1);
        if (!cronJob.IsTerminating && cronJob.Flag("spec", "suspend") != true) planner.Schedule();
        planner.WriteActive();
        return planner._plan;
    }

    private static string? Ended(JsonObject job) =>
        Conditions.IsTrue(job, "Complete") ? "Complete" : Conditions.IsTrue(job, "Failed") ? "Failed" : null;

    private void FollowJobs()
    {
        foreach (var job in _jobs)
        {
            var reference = _active.Find(a => a.Text("uid") == job.Uid);
            var ended = Ended(job);
            if (reference is null && ended is null && !job.IsTerminating)
            {
                _plan.Events.Add(("Warning", "UnexpectedJob", $"Saw a job that the controller did not create or forgot: {job.Name}"));
            }
            else if (reference is not null && ended is not null)
            {
                _active.Remove(reference);
                _plan.Events.Add(("Normal", "SawCompletedJob", $"Saw completed job: {job.Name}, condition: {ended}"));
            }
            if (ended == "Complete" && job.Text("status", "completionTime") is { } completed
                && string.CompareOrdinal(completed, _plan.Status.Text("lastSuccessfulTime") ?? "") > 0)
            {
                _plan.Status["lastSuccessfulTime"] = completed;
            }
        }
        foreach (var reference in _active.Where(a => !Array.Exists(_jobs, j => j.Uid == a.Text("uid"))).ToArray())
        {
            _active.Remove(reference);
            _plan.Events.Add(("Normal", "MissingJob", $"Active job went missing: {reference.Text("name")}"));
        }
    }

    private void CleanUp(string ended, string limitField, int limit)
    {
        var past = _jobs.Where(j => !j.IsTerminating && Ended(j) == ended)
            .OrderBy(j => j.Text("status", "startTime") ?? j.Text("metadata", "creationTimestamp"), StringComparer.Ordinal).ThenBy(j => j.Name, StringComparer.Ordinal).ToArray();
        _plan.Delete.AddRange(past.Take(Math.Max(0, past.Length - (int)(_cronJob.Integer("spec", limitField) ?? limit))));
    }

    private void Schedule()
    {
        CronSchedule schedule;
        var text = _cronJob.Text("spec", "schedule") ?? "";
        var zone = _cronJob.Text("spec", "timeZone");
        try
        {
            schedule = CronSchedule.Parse(text, zone);
        }
        catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException)
        {
            _plan.Events.Add(("Warning", "UnknownTimeZone", $"invalid timeZone: \"{zone}\": unknown time zone {zone}"));
            return;
        }
        catch (FormatException e)
        {
            // Once it is mended, the change brings it back.
            _plan.Events.Add(("Warning", "UnparseableSchedule", $"unparseable schedule: \"{text}\" : {e.Message}"));
            return;
        }
        if (schedule.Next(_now) is { } next) _plan.Again = next - _now + Late;
        if (Due(schedule) is not { } due) return;
        if (_cronJob.Integer("spec", "startingDeadlineSeconds") is { } deadline && due.AddSeconds(deadline) < _now)
        {
            _plan.Events.Add(("Warning", "MissSchedule", $"Missed scheduled time to start a job: {due.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture)} +0000"));
            return;
        }
        var name = string.Create(CultureInfo.InvariantCulture, $"{_cronJob.Name}-{due.ToUnixTimeSeconds() / 60}");
        if (_active.Exists(a => a.Text("name") == name)) return;
        if (_active.Count > 0 && _cronJob.Text("spec", "concurrencyPolicy") == "Forbid")
        {
            _plan.Events.Add(("Normal", "JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid"));
            return;
        }
        if (_cronJob.Text("spec", "concurrencyPolicy") == "Replace")
        {
            _plan.Delete.AddRange(_jobs.Where(j => _active.Exists(a => a.Text("uid") == j.Uid)));
            _active.Clear();
        }
        _plan.ScheduledAt = due;
        _plan.Create = Build(name, schedule.Format(due));
    }

    /// <summary>The latest time that is due and was not started.</summary>
    private DateTimeOffset? Due(CronSchedule schedule)
    {
        var from = KubernetesTime.Parse(_cronJob.Text("status", "lastScheduleTime")) ?? KubernetesTime.Parse(_cronJob.Text("metadata", "creationTimestamp")) ?? _now;
        if (_cronJob.Integer("spec", "startingDeadlineSeconds") is { } deadline && _now.AddSeconds(-deadline) > from) from = _now.AddSeconds(-deadline);
        if (schedule.Next(from) is not { } first || first > _now) return null;
        var (latest, missed) = (first, 1);
        while (missed <= MissedAtMost && schedule.Next(latest) is { } next && next <= _now)
        {
            latest = next;
            missed++;
        }
        if (missed <= MissedAtMost) return latest;
        _plan.Events.Add(("Warning", "TooManyMissedTimes", "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"));
        // Only the latest counts: it is looked for from the present back, in growing steps.
        for (var step = TimeSpan.FromMinutes(1); ; step *= 2)
        {
            var start = _now - step < latest ? latest : _now - step;
            if (schedule.Next(start) is not { } found || found > _now)
            {
                if (start == latest) return latest;
                continue;
            }
            while (schedule.Next(found) is { } next && next <= _now) found = next;
            return found;
        }
    }

    private JsonObject Build(string name, string scheduledAt)
    {
        var template = _cronJob.Object("spec", "jobTemplate");
        var annotations = template?.Object("metadata", "annotations")?.Clone() ?? [];
        annotations[Timestamp] = scheduledAt;
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = _cronJob.Namespace, ["annotations"] = annotations };
        if (template?.Object("metadata", "labels") is { } labels) metadata["labels"] = labels.Clone();
        metadata["ownerReferences"] = new JsonArray(Claims.Reference(_cronJob));
        return new() { ["apiVersion"] = "batch/v1", ["kind"] = "Job", ["metadata"] = metadata, ["spec"] = template?.Object("spec")?.Clone() ?? [] };
    }

    private void WriteActive()
    {
        if (_active.Count > 0) _plan.Status["active"] = new JsonArray([.. _active]);
        else _plan.Status.Remove("active");
    }

    /// <summary>The status once the planned job is there.</summary>
    public static JsonObject WithStarted(JsonObject status, JsonObject job, DateTimeOffset scheduledAt)
    {
        var started = status.Clone();
        if (started["active"] is not JsonArray active) started["active"] = active = [];
        active.Add((JsonNode)SignificantEvent.Reference(job));
        started["lastScheduleTime"] = KubernetesTime.Format(scheduledAt);
        return started;
    }
}
