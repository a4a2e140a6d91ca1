using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Yaml;
using Mobula.Ray;
using Mobula.Ray.Dashboard;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Events;
using Mobula.RayOperator.Hosting;
using Mobula.RayOperator.Jobs;
using Mobula.RayOperator.Services;

namespace Mobula.RayOperator.RayServices;

/// <summary>Brings the applications of Ray Serve into a cluster and sees how they are.</summary>
internal sealed class ServeApplications(KubernetesApi api, WatchedObjects watched, EventReporter events, Dashboards dashboards)
{
    private readonly ConcurrentDictionary<(string Service, string Cluster), string> _submitted = new();

    /// <summary>Forgets the clusters that a service no longer has.</summary>
    public void Keep(string serviceUid, params string?[] clusters)
    {
        foreach (var key in _submitted.Keys.Where(k => k.Service == serviceUid && !clusters.Contains(k.Cluster))) _submitted.TryRemove(key, out _);
    }

    /// <summary>Submits the configuration where it is new; <paramref name="shown"/> is told the applications' states.</summary>
    /// <returns>Whether all applications run.</returns>
    public async Task<bool> ReconcileAsync(ServiceView service, RayClusterView cluster, JsonObject shown, CancellationToken cancellation)
    {
        shown.Remove("applicationStatuses");
        if (!Conditions.IsTrue(cluster.Object, ClusterConditions.HeadPodReady)) return false;
        var port = ServiceBuilder.HeadPorts(cluster).TryGetValue(RayPorts.DashboardName, out var number) ? number : RayPorts.Dashboard;
        var dashboard = await dashboards.OpenAsync(cluster, $"{cluster.HeadAddress}:{port}", cancellation).ConfigureAwait(false);
        var applications = await dashboard.ServeApplicationsAsync(cancellation).ConfigureAwait(false);
        var states = new JsonObject();
        foreach (var (name, application) in applications) states[name.Length == 0 ? "default" : name] = Describe(application);
        if (states.Count > 0) shown["applicationStatuses"] = states;
        var ready = applications.Count > 0 && applications.Values.All(a => a.Status == "RUNNING");
        var key = (service.Object.Uid, cluster.Name);
        if (applications.Count > 0 && _submitted.TryGetValue(key, out var known) && known == service.ServeConfig) return ready;
        await SubmitAsync(service, cluster, dashboard, cancellation).ConfigureAwait(false);
        if (service.ServeConfig.Length > 0) _submitted[key] = service.ServeConfig;
        return ready;
    }

    /// <summary>Lets requests to the head pod where its proxy answers.</summary>
    public async Task LabelHeadAsync(ServiceView service, RayClusterView cluster, CancellationToken cancellation)
    {
        if (watched.PodsOf(cluster.Namespace, cluster.Name).FirstOrDefault(p => p.Label(RayLabels.NodeType) == RayLabels.Head) is not { IsTerminating: false } head) return;
        var serves = !service.ExcludesHead && await IsHealthyAsync(cluster, head, cancellation).ConfigureAwait(false) ? "true" : "false";
        if (head.Label(RayLabels.Serve) == serves) return;
        try
        {
            var patch = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [RayLabels.Serve] = serves } } };
            await api.PatchAsync(Resources.Pods, head.Namespace, head.Name, PatchType.Merge, patch, cancellation: cancellation).ConfigureAwait(false);
            events.Report(service.Object, "Normal", "UpdatedHeadPodServeLabel", "Update", $"Updated the serve label to \"{serves}\" for the Head Pod {head.Namespace}/{head.Name}");
        }
        catch (StatusException error) when (!error.IsNotFound)
        {
            events.Report(service.Object, "Warning", "FailedToUpdateHeadPodServeLabel", "Update", $"Failed to update the serve label to \"{serves}\" for the Head Pod {head.Namespace}/{head.Name}: {error.Message}");
            throw;
        }
    }

    private async Task<bool> IsHealthyAsync(RayClusterView cluster, JsonObject head, CancellationToken cancellation)
    {
        if (head.Text("status", "podIP") is not { Length: > 0 } address) return false;
        var port = ServiceBuilder.HeadPorts(cluster).TryGetValue(RayPorts.ServeName, out var number) ? number : RayPorts.Serve;
        try
        {
            return await dashboards.IsHealthyAsync(head, address, port, cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (Dashboards.IsFailure(error, cancellation))
        {
            return false;
        }
    }

    private async Task SubmitAsync(ServiceView service, RayClusterView cluster, DashboardClient dashboard, CancellationToken cancellation)
    {
        try
        {
            await dashboard.DeployAsync(Read(service.ServeConfig), cancellation).ConfigureAwait(false);
            events.Report(service.Object, "Normal", "UpdatedServeApplications", "Update", $"Updated serve applications to the RayCluster {cluster.Namespace}/{cluster.Name}");
        }
        catch (Exception error) when (Dashboards.IsFailure(error, cancellation) || error is FormatException)
        {
            events.Report(service.Object, "Warning", "FailedToUpdateServeApplications", "Update", $"Failed to update serve applications to the RayCluster {cluster.Namespace}/{cluster.Name}: {error.Message}");
            throw;
        }
    }

    private static JsonObject Read(string config)
    {
        var source = YamlSource.Read(config);
        if (source.Error is { } error) throw new FormatException($"serveConfigV2: {error.Message}");
        return source.Documents.Count == 0 ? [] : YamlJson.Convert(source.Documents[0]) as JsonObject ?? throw new FormatException("serveConfigV2: a mapping is expected");
    }

    private static JsonObject Describe(ServeApplication application)
    {
        var deployments = new JsonObject();
        foreach (var (name, deployment) in application.Deployments ?? new Dictionary<string, ServeDeployment>()) deployments[name] = State(deployment.Status, deployment.Message);
        var state = State(application.Status, application.Message);
        if (deployments.Count > 0) state["serveDeploymentStatuses"] = deployments;
        return state;
    }

    private static JsonObject State(string? status, string? message)
    {
        var state = new JsonObject();
        if (status is { Length: > 0 }) state["status"] = status;
        if (message is { Length: > 0 }) state["message"] = message;
        return state;
    }
}
