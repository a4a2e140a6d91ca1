using System.Text.Json.Nodes;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Head;

// Drivers and submitted jobs.
internal sealed partial class Cluster
{
    public const string WaitingForResources = "Job has not started yet. It may be waiting for resources (CPUs, GPUs, memory, custom resources) to become available.";
    private const string WaitingForEnvironment = "Job has not started yet. It may be waiting for the runtime environment to be set up.";
    private readonly Dictionary<string, JobRecord> _driverJobs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JobRecord> _submissions = new(StringComparer.Ordinal);

    private void AddDriver(Peer peer, JsonObject h)
    {
        var id = Convert.ToHexStringLower(BitConverter.GetBytes(_nextJob++));
        var submission = h.TextOrNull("submission");
        var job = submission is not null && _submissions.TryGetValue(submission, out var submitted) && submitted.JobId is null
            ? submitted
            : new JobRecord { Status = "RUNNING", StartTime = Now, Entrypoint = h.Text("entrypoint") };
        job.JobId = id;
        job.DriverIp = h.Text("ip");
        job.DriverPid = (int)h.Number("pid");
        job.Namespace = h.Text("namespace") is { Length: > 0 } given ? given : Guid.NewGuid().ToString();
        job.LogToDriver = h.Flag("logs");
        job.IsSystem = h.Flag("system");
        job.Peer = peer;
        if (job.SubmissionId is null)
        {
            job.Metadata = (JsonObject)h.Object("metadata").DeepClone();
            job.RuntimeEnv = (JsonObject)h.Object("runtime_env").DeepClone();
            job.Node = _nodes.GetValueOrDefault(h.Text("node"));
        }
        ScriptDirectories[id] = h.TextOrNull("script_dir");
        peer.Job = job;
        _driverJobs[id] = job;
    }

    private Dictionary<string, string?> ScriptDirectories { get; } = [];

    private void EndDriver(Peer peer)
    {
        if (peer.Job is not { JobId: { } id } job) return;
        job.Peer = null;
        if (job.SubmissionId is null)
        {
            job.Status = "SUCCEEDED";
            job.EndTime = Now;
        }
        foreach (var task in _running.Values.Where(t => t.JobId == id && t.Actor is not { Detached: true }).ToArray())
        {
            if (task.Kind == TaskKind.Normal && task.Worker is null) Dequeue(task);
            FailTask(task, new() { ["kind"] = "WorkerCrashedError" });
        }
        foreach (var actor in _actors.Values.Where(a => a.JobId == id && !a.Detached && a.State != "DEAD").ToArray())
            Terminate(actor, ActorDeath(actor, "OWNER_DIED", "The actor is dead because its owner has died."), graceful: false);
        foreach (var group in _groups.Values.Where(g => g.JobId == id && !g.Detached).ToArray()) RemoveGroup(group.Id);
        foreach (var worker in _workers.Values.Where(w => w.JobId == id && w.Actor is null).ToArray()) KillWorker(worker);
        foreach (var key in _keyValues.Keys.Where(k => k.StartsWith($"fn:{id}:", StringComparison.Ordinal)).ToArray())
            if (!_actors.Values.Any(a => a.JobId == id && a.Detached && a.State != "DEAD")) _keyValues.Remove(key);
    }

    /// <summary>Takes a job of the Jobs API; false when the id is taken.</summary>
    public bool SubmitJob(JobRecord job)
    {
        lock (_gate)
        {
            if (!_submissions.TryAdd(job.SubmissionId!, job)) return false;
            job.StartTime = Now;
            job.Message = WaitingForEnvironment;
            Schedule();
            return true;
        }
    }

    public void RejectJob(JobRecord job, string message, string errorType)
    {
        lock (_gate)
        {
            if (!_submissions.TryAdd(job.SubmissionId!, job)) return;
            job.StartTime = Now;
            FinishJob(job, "FAILED", message, errorType);
        }
    }

    private void StartWaitingJobs()
    {
        foreach (var job in _submissions.Values)
        {
            if (job.Status != "PENDING" || job.Node is not null) continue;
            var candidates = _nodes.Values.Where(n => n.Alive && n.Pool.Free.Fits(job.Demand));
            var node = job.Demand.IsEmpty ? candidates.FirstOrDefault(n => n.IsHead) : candidates.OrderBy(n => !n.IsHead).FirstOrDefault();
            if (node is null)
            {
                job.Message = WaitingForResources;
                continue;
            }
            job.Node = node;
            job.Pool = node.Pool;
            node.Pool.Free.Subtract(job.Demand);
            var metadata = new JsonObject { ["job_submission_id"] = job.SubmissionId, ["job_name"] = job.SubmissionId };
            foreach (var (key, value) in job.Metadata ?? []) metadata[key] = value?.DeepClone();
            node.Peer.Connection.Send(new()
            {
                ["t"] = "run_job",
                ["id"] = job.SubmissionId,
                ["entrypoint"] = job.Entrypoint,
                ["config"] = PythonJson.Write(new JsonObject { ["runtime_env"] = job.RuntimeEnv?.DeepClone() ?? new JsonObject(), ["metadata"] = metadata }),
                ["env"] = job.RuntimeEnv?.DeepClone(),
                ["address"] = GcsAddress,
            });
        }
    }

    private void JobStarted(JsonObject h)
    {
        if (!_submissions.TryGetValue(h.Text("id"), out var job) || job.Terminal) return;
        job.Status = "RUNNING";
        job.Message = "Job is currently running.";
    }

    private void JobEnded(JsonObject h)
    {
        if (!_submissions.TryGetValue(h.Text("id"), out var job) || job.Terminal) return;
        if (h.TextOrNull("setup_error") is { } error)
        {
            job.Node = null;
            FinishJob(job, "FAILED", $"runtime_env setup failed: {error}", "RUNTIME_ENV_SETUP_FAILURE");
            return;
        }
        var code = (int)h.Number("code");
        if (job.StopRequested) FinishJob(job, "STOPPED", "Job was intentionally stopped.", null);
        else if (code == 0)
        {
            job.ExitCode = 0;
            FinishJob(job, "SUCCEEDED", "Job finished successfully.", null);
        }
        else
        {
            job.ExitCode = code;
            var tail = h.Text("tail");
            var logs = tail.Length > 0 ? $"last available logs (truncated to 20,000 chars):\n{tail}" : "No logs available.";
            FinishJob(job, "FAILED", $"Job entrypoint command failed with exit code {code}, {logs}", "JOB_ENTRYPOINT_COMMAND_ERROR");
        }
    }

    private void FinishJob(JobRecord job, string status, string message, string? errorType)
    {
        job.Status = status;
        job.Message = message;
        job.ErrorType = errorType;
        job.EndTime = Now;
        job.Pool?.Free.Add(job.Demand);
        job.Pool = null;
        JobFinished?.Invoke(job);
    }

    /// <summary>Raised under the lock when a submitted job has ended.</summary>
    public event Action<JobRecord>? JobFinished;

    /// <summary>Finds a job by submission id or job id and lets <paramref name="read"/> see it under the lock.</summary>
    public T? WithJob<T>(string id, Func<JobRecord, T> read)
    {
        lock (_gate)
        {
            var job = _submissions.GetValueOrDefault(id) ?? _driverJobs.GetValueOrDefault(id);
            return job is null ? default : read(job);
        }
    }

    public IReadOnlyList<T> WithJobs<T>(Func<JobRecord, T> read)
    {
        lock (_gate) return [.. _submissions.Values.Concat(_driverJobs.Values.Where(j => j.SubmissionId is null && !j.IsSystem)).Select(read)];
    }

    /// <summary>Asks a job to stop; true when it was still going.</summary>
    public bool StopJob(JobRecord job)
    {
        lock (_gate)
        {
            if (job.Terminal) return false;
            if (job.Node is not { } node) return true;
            job.StopRequested = true;
            node.Peer.Connection.Send(new() { ["t"] = "stop_job", ["id"] = job.SubmissionId });
            return true;
        }
    }

    public void ForgetJob(JobRecord job)
    {
        lock (_gate) _submissions.Remove(job.SubmissionId!);
    }
}
