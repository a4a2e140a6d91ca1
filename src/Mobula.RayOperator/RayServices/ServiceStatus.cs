using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.RayOperator.Clusters;

namespace Mobula.RayOperator.RayServices;

/// <summary>The status of a RayService as a pass changes it.</summary>
internal sealed class ServiceStatus
{
    public const string Ready = "Ready";
    public const string Upgrading = "UpgradeInProgress";
    public const string RollingBack = "RollbackInProgress";
    public const string Suspending = "Suspending";
    public const string Suspended = "Suspended";

    private readonly JsonObject _status;
    private readonly JsonObject _before;
    private readonly long _generation;

    public ServiceStatus(JsonObject service)
    {
        _before = service.Object("status")?.Clone() ?? [];
        _status = _before.Clone();
        _generation = service.Generation;
        _status.Ensure("activeServiceStatus");
        _status.Ensure("pendingServiceStatus");
        Holder = new JsonObject { ["status"] = _status };
    }

    /// <summary>The object that <see cref="Conditions"/> reads and sets.</summary>
    public JsonObject Holder { get; }

    public JsonObject Active => _status.Object("activeServiceStatus")!;

    public JsonObject Pending => _status.Object("pendingServiceStatus")!;

    public string? ActiveName => Active.Text("rayClusterName");

    public string? PendingName => Pending.Text("rayClusterName");

    public long Endpoints
    {
        get => _status.Integer("numServeEndpoints") ?? 0;
        set
        {
            if (value == 0) _status.Remove("numServeEndpoints");
            else _status["numServeEndpoints"] = value;
        }
    }

    public bool Is(string type) => Conditions.IsTrue(Holder, type);

    public string? ReasonOf(string type) => Conditions.Find(Holder, type)?.Text("reason");

    public void Set(string type, string status, string reason, string message, DateTimeOffset now) => Conditions.Set(Holder, type, status, reason, message, now, _generation);

    public void SetPending(JsonObject pending) => _status["pendingServiceStatus"] = pending;

    /// <summary>The pending cluster, or another that the Services lead to, is the active one from now on.</summary>
    public void Promote(string cluster)
    {
        var promoted = PendingName == cluster ? Pending.Clone() : new JsonObject { ["rayClusterName"] = cluster };
        _status["activeServiceStatus"] = promoted;
        _status["pendingServiceStatus"] = new JsonObject();
    }

    public void ClearClusters()
    {
        _status["activeServiceStatus"] = new JsonObject();
        _status["pendingServiceStatus"] = new JsonObject();
    }

    /// <summary>The conditions a service has from its first pass on.</summary>
    public void Initialize(DateTimeOffset now)
    {
        foreach (var type in (ReadOnlySpan<string>)[Ready, Upgrading])
        {
            if (Conditions.Find(Holder, type) is null) Set(type, "False", "Initializing", "RayService is initializing", now);
        }
    }

    /// <summary>Whether the service serves, as a word.</summary>
    public void Summarize(bool observed)
    {
        if (observed) _status["observedGeneration"] = _generation;
        if (Is(Ready)) _status["serviceStatus"] = "Running";
        else _status.Remove("serviceStatus");
    }

    /// <summary>The status to write; null when nothing that matters changed.</summary>
    public JsonObject? Changed(DateTimeOffset now)
    {
        if (JsonNode.DeepEquals(Essence(_before), Essence(_status))) return null;
        var written = _status.Clone();
        foreach (var which in (ReadOnlySpan<string>)["activeServiceStatus", "pendingServiceStatus"])
        {
            // Go writes a cluster's status even where there is no cluster.
            if (written.Ensure(which)["rayClusterStatus"] is null) written.Ensure(which)["rayClusterStatus"] = Jobs.RayJobStatus.EmptyClusterStatus();
        }
        written["lastUpdateTime"] = KubernetesTime.Format(now);
        return written;
    }

    private static JsonObject Essence(JsonObject status)
    {
        var essence = status.Clone();
        essence.Remove("lastUpdateTime");
        foreach (var which in (ReadOnlySpan<string>)["activeServiceStatus", "pendingServiceStatus"])
        {
            if (essence.Object(which)?.Object("rayClusterStatus") is { } cluster)
            {
                cluster.Remove("lastUpdateTime");
                if (cluster.Object("head") is null or { Count: 0 }) essence.Object(which)!.Remove("rayClusterStatus");
            }
            if (essence.Object(which) is { Count: 0 }) essence.Remove(which);
        }
        return essence;
    }
}
