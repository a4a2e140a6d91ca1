using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Services;

namespace Mobula.RayOperator.Clusters;

/// <summary>How a pass over a RayCluster ended.</summary>
/// <param name="Error">The error's text; null when all went well.</param>
/// <param name="Marker">The reason of condition <c>ReplicaFailure</c>; null when the error has none.</param>
/// <param name="Refusal">The pod that Pod Security refused, if any.</param>
internal sealed record PassResult(string? Error = null, string? Marker = null, PodSecurityRefusal? Refusal = null);

/// <summary>From what is observed to a RayCluster's status. Pure.</summary>
internal static class RayClusterStatus
{
    private static readonly string[] Compared =
        ["state", "reason", "readyWorkerReplicas", "availableWorkerReplicas", "desiredWorkerReplicas", "minWorkerReplicas", "maxWorkerReplicas", "endpoints", "head", "conditions"];

    /// <summary>The new status.</summary>
    /// <exception cref="InvalidOperationException">It cannot be told: more than one head pod, or not exactly one head Service.</exception>
    public static JsonObject Compute(RayClusterObservation observed, PassResult pass, DateTimeOffset now)
    {
        var cluster = observed.Cluster;
        var o = new JsonObject { ["status"] = cluster.Object.Object("status")?.Clone() ?? [] };
        var status = o.Object("status")!;
        var conditions = cluster.Gate(FeatureGates.RayClusterStatusConditions);
        if (conditions) SetFailures(o, pass, now);
        Put(status, "observedGeneration", cluster.Object.Generation);
        SetCounts(observed, status);
        SetResources(cluster, status);
        var allRunning = observed.Pods.Count > 0 && observed.Pods.All(PodState.IsRunning);
        var oldState = status.Text("state") ?? "";
        var state = oldState;
        if (pass.Error is null && allRunning && observed.Pods.Count == Desired(cluster) + 1) (state, _) = ("ready", status.Remove("reason"));
        var heads = observed.HeadPods.ToArray();
        if (conditions)
        {
            if (heads.Length > 1) throw new InvalidOperationException($"{heads.Length} head pods found");
            SetHeadReady(o, heads.FirstOrDefault(), now);
            SetProvisioned(o, allRunning, now);
            SetSuspension(cluster, o, observed.Pods.Count, now);
            if (pass.Refusal is { } refusal) SetRefusal(cluster, o, refusal, now);
        }
        if (cluster.Suspends && observed.Pods.Count == 0) state = "suspended";
        SetHead(observed, status, heads.FirstOrDefault());
        status["lastUpdateTime"] = KubernetesTime.Format(now);
        if (state != oldState)
        {
            status["state"] = state;
            status.Ensure("stateTransitionTimes")[state] = KubernetesTime.Format(now);
        }
        o.Remove("status");
        return status;
    }

    /// <summary>Whether the difference is worth a write; times and desired resources alone are not.</summary>
    public static bool IsInconsistent(JsonObject? old, JsonObject status) =>
        Compared.Any(field => !JsonNode.DeepEquals(Normal(old?[field]), Normal(status[field])));

    private static JsonNode? Normal(JsonNode? node) => node is JsonObject { Count: 0 } or JsonArray { Count: 0 } ? null : node;

    public static long Desired(RayClusterView cluster) => cluster.WorkerGroups.Sum(RayClusterView.DesiredPods);

    private static void SetFailures(JsonObject o, PassResult pass, DateTimeOffset now)
    {
        if (pass.Error is null)
        {
            Conditions.Remove(o, ClusterConditions.ReplicaFailure);
            Conditions.Remove(o, ClusterConditions.PodsAdmitted);
        }
        else if (pass.Marker is { } marker)
        {
            Conditions.Set(o, ClusterConditions.ReplicaFailure, "True", marker, $"{marker}\n{pass.Error}", now);
            if (pass.Refusal is null) Conditions.Remove(o, ClusterConditions.PodsAdmitted);
        }
    }

    private static void SetRefusal(RayClusterView cluster, JsonObject o, PodSecurityRefusal refusal, DateTimeOffset now)
    {
        var byAnnotation = cluster.Options.PodSecurityDefaults && !cluster.PodSecurityDefaults;
        Conditions.Set(o, ClusterConditions.PodsAdmitted, "False", PodSecurityRefusal.Reason, refusal.Describe(!cluster.PodSecurityDefaults, byAnnotation), now);
    }

    private static void SetCounts(RayClusterObservation observed, JsonObject status)
    {
        var cluster = observed.Cluster;
        var workers = observed.Pods.Where(p => p.Label(RayLabels.NodeType) == RayLabels.Worker).ToArray();
        var active = cluster.WorkerGroups.Where(g => g.Flag("suspend") != true).ToArray();
        Put(status, "readyWorkerReplicas", workers.Count(PodState.IsReady));
        Put(status, "availableWorkerReplicas", workers.Count(p => PodState.Phase(p) == "Running"));
        Put(status, "desiredWorkerReplicas", Desired(cluster));
        Put(status, "minWorkerReplicas", active.Sum(g => RayClusterView.MinReplicas(g) * RayClusterView.Hosts(g)));
        Put(status, "maxWorkerReplicas", Math.Min(int.MaxValue, active.Sum(g => RayClusterView.MaxReplicas(g) * RayClusterView.Hosts(g))));
    }

    private static void SetResources(RayClusterView cluster, JsonObject status)
    {
        var totals = new Dictionary<string, Quantity>();
        Add(totals, cluster.Head, 1);
        foreach (var group in cluster.WorkerGroups.Where(g => g.Flag("suspend") != true))
        {
            Add(totals, group, (group.Integer("replicas") ?? 0) * RayClusterView.Hosts(group));
        }
        var gpus = totals.Where(t => ResourceNames.IsGpu(t.Key)).Aggregate(Quantity.Zero, (sum, t) => sum + t.Value);
        status["desiredCPU"] = totals.GetValueOrDefault(ResourceNames.Cpu).ToString();
        status["desiredMemory"] = totals.GetValueOrDefault(ResourceNames.Memory).ToString();
        status["desiredGPU"] = gpus.ToString();
        status["desiredTPU"] = totals.GetValueOrDefault(ResourceNames.Tpu).ToString();
    }

    /// <summary>Adds what the containers of a group ask for; a limit stands in where there is no request.</summary>
    private static void Add(Dictionary<string, Quantity> totals, JsonObject group, long times)
    {
        foreach (var container in group.Objects("template", "spec", "containers"))
        {
            var amounts = new Dictionary<string, Quantity>();
            foreach (var list in (ReadOnlySpan<string>)["limits", "requests"])
            {
                foreach (var (name, node) in container.Object("resources", list) ?? [])
                {
                    if (ResourceNames.Read(node) is { } amount) amounts[name] = amount;
                }
            }
            foreach (var (name, amount) in amounts)
            {
                for (var i = 0L; i < times; i++) totals[name] = totals.GetValueOrDefault(name) + amount;
            }
        }
    }

    private static void SetHeadReady(JsonObject o, JsonObject? head, DateTimeOffset now)
    {
        if (head is null)
        {
            Conditions.Set(o, ClusterConditions.HeadPodReady, "False", "HeadPodNotFound", "Head Pod not found", now);
            return;
        }
        var (status, reason, message) = ("False", "Unknown", "");
        if (PodState.Condition(head, "Ready") is { } ready)
        {
            status = ready.Text("status") ?? "False";
            message = ready.Text("message") ?? "";
            if (ready.Text("reason") is { Length: > 0 } why) reason = why;
            else if (status == "True") reason = "HeadPodRunningAndReady";
        }
        if (reason == "ContainersNotReady")
        {
            foreach (var container in head.Objects("status", "containerStatuses"))
            {
                if ((container.Object("state", "waiting") ?? container.Object("state", "terminated")) is not { } state) continue;
                reason = state.Text("reason") ?? reason;
                message = $"{message}; {container.Text("name")}: {state.Text("message")}";
                break;
            }
        }
        Conditions.Set(o, ClusterConditions.HeadPodReady, status, reason, message, now);
    }

    private static void SetProvisioned(JsonObject o, bool allRunning, DateTimeOffset now)
    {
        if (Conditions.IsTrue(o, ClusterConditions.Provisioned) || Conditions.IsTrue(o, ClusterConditions.Suspended)) return;
        if (allRunning) Conditions.Set(o, ClusterConditions.Provisioned, "True", "AllPodRunningAndReadyFirstTime", "All Ray Pods are ready for the first time", now);
        else Conditions.Set(o, ClusterConditions.Provisioned, "False", "RayClusterPodsProvisioning", "RayCluster Pods are being provisioned for first time", now);
    }

    private static void SetSuspension(RayClusterView cluster, JsonObject o, int pods, DateTimeOffset now)
    {
        void Set(string type, bool status) => Conditions.Set(o, type, status ? "True" : "False", type, "", now);
        if (Conditions.IsTrue(o, ClusterConditions.Suspending))
        {
            if (pods > 0) return;
            Conditions.Set(o, ClusterConditions.Provisioned, "False", "RayClusterPodsProvisioning", "RayCluster has been suspended", now);
            Set(ClusterConditions.Suspending, false);
            Set(ClusterConditions.Suspended, true);
        }
        else if (Conditions.IsTrue(o, ClusterConditions.Suspended))
        {
            if (cluster.Object.Flag("spec", "suspend") == false) Set(ClusterConditions.Suspended, false);
        }
        else
        {
            Set(ClusterConditions.Suspended, false);
            Set(ClusterConditions.Suspending, cluster.Suspends);
        }
    }

    private static void SetHead(RayClusterObservation observed, JsonObject status, JsonObject? head)
    {
        var services = observed.Services.Where(s => ServiceBuilder.IsHeadService(observed.Cluster, s)).ToArray();
        if (services.Length != 1) throw new InvalidOperationException($"{services.Length} head services found; one is expected");
        var service = services[0];
        foreach (var port in service.Objects("spec", "ports"))
        {
            if (port.Text("name") is not { Length: > 0 } name) continue;
            var value = port.Integer("nodePort") is > 0 and { } node ? $"{node}"
                : port.Integer("targetPort") is > 0 and { } target ? $"{target}"
                : port.Text("targetPort") ?? $"{port.Integer("port")}";
            if (value is not null) status.Ensure("endpoints")[name] = value;
        }
        var address = service.Text("spec", "clusterIP");
        if (string.IsNullOrEmpty(address)) throw new InvalidOperationException("head service IP is empty");
        var podAddress = head?.Text("status", "podIP") ?? "";
        var told = new JsonObject();
        void Tell(string field, string value)
        {
            if (value.Length > 0) told[field] = value;
        }
        Tell("podIP", podAddress);
        Tell("podName", head?.Name ?? "");
        Tell("serviceIP", address == "None" ? podAddress : address);
        Tell("serviceName", service.Name);
        status["head"] = told;
    }

    /// <summary>Go leaves out numbers that are 0.</summary>
    private static void Put(JsonObject status, string field, long value)
    {
        if (value == 0) status.Remove(field);
        else status[field] = value;
    }
}
