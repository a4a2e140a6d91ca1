using System.Text.Json.Nodes;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Jobs;

/// <summary>Plans the next step of a job from its pods.</summary>
internal sealed class JobPlanner
{
    private const int CreateAtMost = 500;
    private readonly JsonObject _job;
    private readonly IReadOnlyCollection<JsonObject> _pods;
    private readonly DateTimeOffset _now;
    private readonly JobPlan _plan = new();
    private readonly bool _indexed;
    private readonly int? _completions;
    private readonly List<JsonObject> _conditions;
    private readonly List<JsonObject> _active;
    private readonly SortedSet<int> _completed;
    private readonly SortedSet<int> _failedIndexes;
    private readonly HashSet<string> _uncountedSucceeded;
    private readonly HashSet<string> _uncountedFailed;
    private string? _failJobMessage;
    private int _newFailed;
    private int _newSucceeded;

    private JobPlanner(JsonObject job, IReadOnlyCollection<JsonObject> pods, DateTimeOffset now)
    {
        (_job, _pods, _now) = (job, pods, now);
        _indexed = JobPods.IsIndexed(job);
        _completions = (int?)job.Integer("spec", "completions");
        _conditions = [.. job.Objects("status", "conditions").Select(c => c.Clone())];
        _active = [.. pods.Where(PodState.IsActive)];
        _completed = IndexSet.Parse(job.Text("status", "completedIndexes"), _completions ?? 0);
        _failedIndexes = IndexSet.Parse(job.Text("status", "failedIndexes"), _completions ?? 0);
        _uncountedSucceeded = [.. job.Texts("status", "uncountedTerminatedPods", "succeeded")];
        _uncountedFailed = [.. job.Texts("status", "uncountedTerminatedPods", "failed")];
    }

    /// <summary>Whether a job has come to its end.</summary>
    public static bool IsFinished(JsonObject job) => Conditions.IsTrue(job, "Complete") || Conditions.IsTrue(job, "Failed");

    /// <summary>Plans.</summary>
    /// <param name="job">The job.</param>
    /// <param name="pods">The pods that it owns.</param>
    /// <param name="backoff">Its failures so far.</param>
    /// <param name="now">The time.</param>
    public static JobPlan Plan(JsonObject job, IReadOnlyCollection<JsonObject> pods, JobBackoff backoff, DateTimeOffset now)
    {
        var planner = new JobPlanner(job, pods, now);
        if (IsFinished(job)) planner._plan.Release.AddRange(pods.Where(p => JobPods.IsTracked(p) && !PodState.IsActive(p)));
        else planner.Plan(backoff);
        return planner._plan;
    }

    private bool Has(string condition) => Conditions.Find(_conditions, condition)?.Text("status") == "True";

    private bool IsSuspended => _job.Flag("spec", "suspend") == true;

    private long Succeeded => _indexed ? _completed.Count : (_job.Integer("status", "succeeded") ?? 0) + _uncountedSucceeded.Count;

    private long Failed => (_job.Integer("status", "failed") ?? 0) + _uncountedFailed.Count;

    private void Plan(JobBackoff backoff)
    {
        Count();
        backoff = backoff.With(_plan, _now);
        Judge();
        var ending = Has("FailureTarget") || Has("SuccessCriteriaMet");
        if (ending) _plan.Delete.AddRange(_active);
        else if (!_job.IsTerminating) Manage(backoff);
        _plan.Active = ending ? 0 : _active.Count - _plan.Discard.Count;
        if (!ending) Suspend();
        WriteStatus(ending);
    }

    /// <summary>Counts the pods that have ended since the last time.</summary>
    private void Count()
    {
        foreach (var pod in _pods.Where(JobPods.IsTracked))
        {
            if (_uncountedSucceeded.Contains(pod.Uid) || _uncountedFailed.Contains(pod.Uid))
            {
                _plan.Release.Add(pod);
                continue;
            }
            var index = JobPods.Index(pod);
            var belongs = !_indexed || index < _completions;
            if (PodState.Phase(pod) == "Succeeded")
            {
                _plan.Release.Add(pod);
                _plan.HasNewSuccess = true;
                if (!_indexed) _newSucceeded += _uncountedSucceeded.Add(pod.Uid) ? 1 : 0;
                else if (belongs) _completed.Add(index!.Value);
            }
            else if (JobPods.HasFailed(_job, pod))
            {
                _plan.Release.Add(pod);
                var verdict = PodState.Phase(pod) == "Failed" ? PodFailurePolicy.Match(_job, pod) : default;
                if (verdict.Action == "FailJob") _failJobMessage ??= verdict.Message;
                // What success left over and had deleted has not failed.
                if (!belongs || !verdict.Counts || (Has("SuccessCriteriaMet") && PodState.Phase(pod) != "Failed")) continue;
                _uncountedFailed.Add(pod.Uid);
                _newFailed++;
                _plan.NewFailures.Add(JobPods.EndedAt(pod) ?? _now);
                if (_job.Integer("spec", "backoffLimitPerIndex") is { } limit && (JobPods.FailuresWith(pod) > limit || verdict.Action == "FailIndex") && !_completed.Contains(index!.Value))
                {
                    _failedIndexes.Add(index.Value);
                }
            }
        }
        _failedIndexes.ExceptWith(_completed);
    }

    /// <summary>Decides whether the job has to end, and how.</summary>
    private void Judge()
    {
        if (Has("FailureTarget") || Has("SuccessCriteriaMet")) return;
        if (_failJobMessage is not null) Add("FailureTarget", "PodFailurePolicy", _failJobMessage);
        else if (SuccessRule() is { } rule) Add("SuccessCriteriaMet", "SuccessPolicy", $"Matched rules at index {rule}");
        else if (ExceedsBackoffLimit()) Add("FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit");
        else if (UntilDeadline() is { } left && left <= TimeSpan.Zero) Add("FailureTarget", "DeadlineExceeded", "Job was active longer than specified deadline");
        else if (_indexed && _failedIndexes.Count > 0 && _job.Integer("spec", "maxFailedIndexes") is { } most && _failedIndexes.Count > most)
        {
            Add("FailureTarget", "MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
        }
        else if (_indexed && _failedIndexes.Count > 0 && _failedIndexes.Count + _completed.Count >= _completions) Add("FailureTarget", "FailedIndexes", "Job has failed indexes");
        else if (_completions is { } wanted ? Succeeded >= wanted && (_active.Count == 0 || _indexed) : Succeeded > 0 && _active.Count == 0)
        {
            Add("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods");
        }
    }

    private bool ExceedsBackoffLimit()
    {
        var limit = _job.Integer("spec", "backoffLimit") ?? 6;
        if (_newFailed > 0 && Failed > limit) return true;
        if (_job.Text("spec", "template", "spec", "restartPolicy") != "OnFailure") return false;
        var restarts = _active.Where(p => PodState.Phase(p) is "Running" or "Pending")
            .Sum(p => p.Objects("status", "containerStatuses").Concat(p.Objects("status", "initContainerStatuses")).Sum(s => s.Integer("restartCount") ?? 0));
        return limit == 0 ? restarts > 0 : restarts >= limit;
    }

    private int? SuccessRule()
    {
        if (!_indexed) return null;
        var index = 0;
        foreach (var rule in _job.Objects("spec", "successPolicy", "rules"))
        {
            var wanted = rule.Text("succeededIndexes") is { } list ? IndexSet.Parse(list, _completions ?? 0) : null;
            var met = wanted is null ? _completed.Count : wanted.Count(_completed.Contains);
            if (rule.Integer("succeededCount") is { } count ? met >= count : wanted is not null && met == wanted.Count) return index;
            index++;
        }
        return null;
    }

    private TimeSpan? UntilDeadline()
    {
        if (IsSuspended || _job.Integer("spec", "activeDeadlineSeconds") is not { } seconds) return null;
        return KubernetesTime.Parse(_job.Text("status", "startTime")) is { } start ? start.AddSeconds(seconds) - _now : TimeSpan.FromSeconds(seconds);
    }

    /// <summary>Brings the number of pods to what is wanted.</summary>
    private void Manage(JobBackoff backoff)
    {
        if (UntilDeadline() is { } deadline) _plan.Again = deadline;
        if (IsSuspended)
        {
            _plan.Discard.AddRange(_active);
            return;
        }
        var parallelism = (int)(_job.Integer("spec", "parallelism") ?? 1);
        var wanted = _completions is { } completions
            ? (int)Math.Clamp(completions - Succeeded - (_indexed ? _failedIndexes.Count : 0), 0, parallelism)
            : Succeeded > 0 ? Math.Min(_active.Count, parallelism) : parallelism;
        if (_indexed) DiscardSurplusIndexes();
        var kept = _active.Except(_plan.Discard).ToList();
        if (kept.Count > wanted)
        {
            _plan.Discard.AddRange(DeletionOrder.Sort(kept, _now).Take(kept.Count - wanted));
            return;
        }
        var occupied = JobPods.ReplacesOnlyFailed(_job) ? _pods.Count(JobPods.IsTerminating) : 0;
        var missing = Math.Min(wanted - kept.Count - occupied, CreateAtMost);
        if (missing <= 0) return;
        var wait = backoff.Remaining(_now);
        if (wait > TimeSpan.Zero)
        {
            _plan.Again = _plan.Again is { } earlier && earlier < wait ? earlier : wait;
            return;
        }
        if (!_indexed) _plan.Create.AddRange(Enumerable.Repeat<int?>(null, missing));
        else CreateIndexes(kept, missing);
    }

    private void DiscardSurplusIndexes()
    {
        foreach (var group in _active.GroupBy(JobPods.Index))
        {
            var useless = group.Key is null || group.Key >= _completions || _completed.Contains(group.Key.Value) || _failedIndexes.Contains(group.Key.Value);
            _plan.Discard.AddRange(useless ? group : DeletionOrder.Sort([.. group], _now).Take(group.Count() - 1));
        }
    }

    private void CreateIndexes(List<JsonObject> kept, int missing)
    {
        var taken = kept.Select(JobPods.Index).OfType<int>().ToHashSet();
        if (JobPods.ReplacesOnlyFailed(_job)) taken.UnionWith(_pods.Where(JobPods.IsTerminating).Select(JobPods.Index).OfType<int>());
        var failures = _pods.Where(p => PodState.Phase(p) == "Failed" && JobPods.Index(p) is not null)
            .GroupBy(p => JobPods.Index(p)!.Value).ToDictionary(g => g.Key, g => g.Max(JobPods.FailuresWith));
        for (var i = 0; i < _completions && missing > 0; i++)
        {
            if (taken.Contains(i) || _completed.Contains(i) || _failedIndexes.Contains(i)) continue;
            _plan.Create.Add(i);
            _plan.IndexFailures[i] = failures.GetValueOrDefault(i);
            missing--;
        }
    }

    private void Suspend()
    {
        var suspended = Has("Suspended");
        if (suspended == IsSuspended) return;
        if (!IsSuspended && Conditions.Find(_conditions, "Suspended") is null) return;
        _conditions.RemoveAll(c => c.Text("type") == "Suspended");
        var (state, reason, message) = IsSuspended ? ("True", "JobSuspended", "Job suspended") : ("False", "JobResumed", "Job resumed");
        Add("Suspended", reason, message, state);
        _plan.Events.Add(("Normal", IsSuspended ? "Suspended" : "Resumed", message));
    }

    private void Add(string type, string reason, string message, string state = "True")
    {
        var time = KubernetesTime.Format(_now);
        _conditions.Add(new()
        {
            ["type"] = type,
            ["status"] = state,
            ["lastProbeTime"] = time,
            ["lastTransitionTime"] = time,
            ["reason"] = reason,
            ["message"] = message,
        });
    }

    private void WriteStatus(bool ending)
    {
        var terminating = _pods.Count(JobPods.IsTerminating);
        if (_newFailed + _newSucceeded > 0) _plan.StatusBefore = Status(terminating, counted: false);
        if (ending && terminating == 0 && _active.Count == 0) Finish();
        _plan.Status = Status(terminating, counted: true);
    }

    private void Finish()
    {
        var why = Conditions.Find(_conditions, "FailureTarget") ?? Conditions.Find(_conditions, "SuccessCriteriaMet")!;
        var failed = why.Text("type") == "FailureTarget";
        var (reason, message) = (why.Text("reason") ?? "", why.Text("message") ?? "");
        Add(failed ? "Failed" : "Complete", reason, message);
        _plan.Events.Add(failed ? ("Warning", reason, message) : ("Normal", "Completed", "Job completed"));
    }

    private JsonObject Status(int terminating, bool counted)
    {
        var status = new JsonObject();
        if (_conditions.Count > 0) status["conditions"] = new JsonArray([.. _conditions.Select(c => c.DeepClone())]);
        var start = _job.Text("status", "startTime");
        var resumed = _plan.Events.Any(e => e.Reason == "Resumed");
        if (!IsSuspended || Has("FailureTarget")) status["startTime"] = start is null || resumed ? KubernetesTime.Format(_now) : start;
        if (Has("Complete")) status["completionTime"] = KubernetesTime.Format(_now);
        Set(status, "succeeded", _indexed ? _completed.Count : counted ? Succeeded : _job.Integer("status", "succeeded") ?? 0);
        Set(status, "failed", counted ? Failed : _job.Integer("status", "failed") ?? 0);
        status["terminating"] = terminating;
        if (_indexed && _completed.Count > 0) status["completedIndexes"] = IndexSet.Format(_completed);
        if (_indexed && _job.Integer("spec", "backoffLimitPerIndex") is not null) status["failedIndexes"] = IndexSet.Format(_failedIndexes);
        var uncounted = new JsonObject();
        if (!counted && _uncountedSucceeded.Count > 0) uncounted["succeeded"] = new JsonArray([.. _uncountedSucceeded.Select(u => JsonValue.Create(u))]);
        if (!counted && _uncountedFailed.Count > 0) uncounted["failed"] = new JsonArray([.. _uncountedFailed.Select(u => JsonValue.Create(u))]);
        status["uncountedTerminatedPods"] = uncounted;
        status["ready"] = Has("FailureTarget") || Has("SuccessCriteriaMet") ? 0 : _active.Except(_plan.Discard).Count(PodState.IsReady);
        return status;
    }

    private static void Set(JsonObject status, string field, long count)
    {
        if (count > 0) status[field] = count;
    }
}
