using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray.Dashboard;
using Mobula.RayOperator.Clusters;

namespace Mobula.RayOperator.Jobs;

/// <summary>The status of a RayJob as a pass changes it, in the form that Go writes: absent means empty.</summary>
internal sealed class RayJobStatus
{
    private readonly JsonObject _holder;
    private readonly JsonObject _status;

    public RayJobStatus(JsonObject job)
    {
        _status = job.Object("status")?.Clone() ?? [];
        _holder = new JsonObject { ["status"] = _status };
        if (_status["rayJobInfo"] is null) _status["rayJobInfo"] = new JsonObject();
        if (_status["rayClusterStatus"] is null) _status["rayClusterStatus"] = EmptyClusterStatus();
    }

    public string Deployment
    {
        get => Get("jobDeploymentStatus");
        set => Put("jobDeploymentStatus", value);
    }

    /// <summary>The job's status as Ray tells it.</summary>
    public string Job
    {
        get => Get("jobStatus");
        set => Put("jobStatus", value);
    }

    public string JobId
    {
        get => Get("jobId");
        set => Put("jobId", value);
    }

    public string ClusterName
    {
        get => Get("rayClusterName");
        set => Put("rayClusterName", value);
    }

    public string DashboardAddress
    {
        get => Get("dashboardURL");
        set => Put("dashboardURL", value);
    }

    public string Reason
    {
        get => Get("reason");
        set => Put("reason", value);
    }

    public string Message
    {
        get => Get("message");
        set => Put("message", value);
    }

    public DateTimeOffset? StartTime
    {
        get => KubernetesTime.Parse(_status.Text("startTime"));
        set => PutTime(_status, "startTime", value);
    }

    public DateTimeOffset? EndTime
    {
        get => KubernetesTime.Parse(_status.Text("endTime"));
        set => PutTime(_status, "endTime", value);
    }

    /// <summary>Since when the dashboard has not told of the job.</summary>
    public DateTimeOffset? CheckFailureStart
    {
        get => KubernetesTime.Parse(_status.Text("jobStatusCheckFailureStartTime"));
        set => PutTime(_status, "jobStatusCheckFailureStartTime", value);
    }

    /// <summary>When Ray says the job ended.</summary>
    public DateTimeOffset? JobEndTime => KubernetesTime.Parse(_status.Text("rayJobInfo", "endTime"));

    public long Failed
    {
        get => _status.Integer("failed") ?? 0;
        set => _status["failed"] = value;
    }

    public long Succeeded
    {
        get => _status.Integer("succeeded") ?? 0;
        set => _status["succeeded"] = value;
    }

    public JsonObject ClusterStatus
    {
        get => _status.Object("rayClusterStatus")!;
        set => _status["rayClusterStatus"] = value.Clone();
    }

    public bool IsTerminal => Deployment is DeploymentStatuses.Complete or DeploymentStatuses.Failed;

    /// <summary>The object that <see cref="Conditions"/> reads and sets.</summary>
    public JsonObject Holder => _holder;

    /// <summary>Marks the end, with its reason.</summary>
    public void Fail(string reason, string? message)
    {
        (Deployment, Reason) = (DeploymentStatuses.Failed, reason);
        if (message is not null) Message = message;
    }

    /// <summary>Takes over what Ray tells of the job.</summary>
    public void Take(JobDetails job)
    {
        (Job, Message) = (job.Status ?? "", job.Message ?? "");
        var info = _status.Ensure("rayJobInfo");
        if (job.StartTime is > 0 and { } start) PutTime(info, "startTime", FromMilliseconds(start));
        if (job.EndTime is > 0 and { } end) PutTime(info, "endTime", FromMilliseconds(end));
    }

    /// <summary>Forgets the run, so that another can begin.</summary>
    public void Reset()
    {
        ClusterStatus = EmptyClusterStatus();
        (ClusterName, DashboardAddress, JobId, Message, Reason, Job) = ("", "", "", "", "", "");
        _status["rayJobInfo"] = new JsonObject();
        CheckFailureStart = null;
        if (_status.List("conditions") is not null) Conditions.Remove(_holder, ClusterConditions.PodsAdmitted);
    }

    /// <summary>The status to write.</summary>
    public JsonObject ToJson()
    {
        var status = _status.Clone();
        if (status.List("conditions") is { Count: 0 }) status.Remove("conditions");
        return status;
    }

    /// <summary>Whether the change since <paramref name="old"/> is worth a write.</summary>
    public bool DiffersFrom(RayJobStatus old) =>
        Job != old.Job
        || Deployment != old.Deployment
        || CheckFailureStart != old.CheckFailureStart
        || !JsonNode.DeepEquals(_status.List("conditions") ?? [], old._status.List("conditions") ?? [])
        || RayClusterStatus.IsInconsistent(old.ClusterStatus, ClusterStatus);

    /// <summary>The status of a cluster that is not there.</summary>
    public static JsonObject EmptyClusterStatus() => new()
    {
        ["desiredCPU"] = "0", ["desiredMemory"] = "0", ["desiredGPU"] = "0", ["desiredTPU"] = "0", ["head"] = new JsonObject(),
    };

    private static DateTimeOffset FromMilliseconds(double milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(milliseconds, 253_402_300_799_000));

    private string Get(string field) => _status.Text(field) ?? "";

    private void Put(string field, string value)
    {
        if (value.Length == 0) _status.Remove(field);
        else _status[field] = value;
    }

    private static void PutTime(JsonObject o, string field, DateTimeOffset? time)
    {
        if (time is { } value) o[field] = KubernetesTime.Format(value);
        else o.Remove(field);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Deployment}/{Job} {Reason} {Message}");
}
