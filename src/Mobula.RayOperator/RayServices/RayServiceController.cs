using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Events;
using Mobula.RayOperator.Hosting;
using Mobula.RayOperator.Jobs;
using Mobula.RayOperator.Pods;

namespace Mobula.RayOperator.RayServices;

/// <summary>The control loop of RayServices: an active cluster that serves, and a pending one while it is replaced.</summary>
internal sealed class RayServiceController(KubernetesApi api, WatchedObjects watched, EventReporter events, Dashboards dashboards, RayOperatorOptions options, TimeProvider time)
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AfterConflict = TimeSpan.FromMilliseconds(100);
    private static readonly JsonObject InBackground = new() { ["propagationPolicy"] = "Background" };
    private readonly ServeApplications _applications = new(api, watched, events, dashboards);
    private readonly ServiceTraffic _traffic = new(api, watched, events);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _deadlines = new();

    /// <summary>Brings one RayService nearer to its spec; returns when to look again.</summary>
    public async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (watched.RayServices.Get(key) is not { } o) return null;
        if (o.Text("spec", "managedBy") is { Length: > 0 } manager && manager != "ray.io/kuberay-operator") return null;
        try
        {
            return await StepAsync(new(o, options), cancellation).ConfigureAwait(false);
        }
        catch (StatusException error) when (error.IsConflict)
        {
            return AfterConflict;
        }
    }

    private async Task<TimeSpan?> StepAsync(ServiceView service, CancellationToken cancellation)
    {
        var o = service.Object;
        var status = new ServiceStatus(o);
        _applications.Keep(o.Uid, status.ActiveName, status.PendingName);
        var dangling = await DeleteDanglingAsync(service, status, cancellation).ConfigureAwait(false);
        var held = o.Texts("metadata", "finalizers").Contains(RayFinalizers.RayService);
        if (o.IsTerminating)
        {
            if (dangling > 0) return Again;
            if (held) await SetFinalizersAsync(o, [.. o.Texts("metadata", "finalizers").Where(f => f != RayFinalizers.RayService)], cancellation).ConfigureAwait(false);
            return null;
        }
        if (!held)
        {
            await SetFinalizersAsync(o, [.. o.Texts("metadata", "finalizers"), RayFinalizers.RayService], cancellation).ConfigureAwait(false);
            return Again;
        }
        if (Invalid(service) is { } invalid)
        {
            Conditions.Set(status.Holder, ServiceStatus.Ready, "False", "ValidationFailed", invalid, time.GetUtcNow());
            status.Summarize(observed: false);
            await WriteAsync(o, status, cancellation).ConfigureAwait(false);
            return null;
        }
        if (await new ServiceSuspension(api, watched, events, time).StepAsync(service, status, cancellation).ConfigureAwait(false))
        {
            await WriteAsync(o, status, cancellation).ConfigureAwait(false);
            return status.Is(ServiceStatus.Suspended) ? null : Again;
        }
        if (status.ReasonOf(ServiceStatus.Ready) == "InitializingTimeout") return dangling > 0 ? Again : null;
        await ServeAsync(service, status, cancellation).ConfigureAwait(false);
        await WriteAsync(o, status, cancellation).ConfigureAwait(false);
        return Again;
    }

    private async Task ServeAsync(ServiceView service, ServiceStatus status, CancellationToken cancellation)
    {
        status.Initialize(time.GetUtcNow());
        var active = await ClusterAsync(service, status.ActiveName, create: false, cancellation).ConfigureAwait(false);
        var pending = await ClusterAsync(service, status.PendingName, create: true, cancellation).ConfigureAwait(false);
        var needed = NeedsCluster(service, active, pending);
        foreach (var cluster in new[] { active, pending }.OfType<RayClusterView>()) await _applications.LabelHeadAsync(service, cluster, cancellation).ConfigureAwait(false);
        var (activeReady, pendingReady) = (false, false);
        status.Active.Remove("applicationStatuses");
        status.Pending.Remove("applicationStatuses");
        try
        {
            if (pending is not null) pendingReady = await _applications.ReconcileAsync(service, pending, status.Pending, cancellation).ConfigureAwait(false);
            else if (active is not null && !needed) activeReady = await _applications.ReconcileAsync(service, active, status.Active, cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (Dashboards.IsFailure(error, cancellation) || error is FormatException)
        {
            options.Log?.Invoke($"rayservice {service.Namespace}/{service.Name}: {error.Message}");
        }
        var target = pendingReady ? pending : activeReady ? active : null;
        if (target is not null) await _traffic.LeadToAsync(service, target, cancellation).ConfigureAwait(false);
        if (active?.Object.Object("status") is { } activeStatus) status.Active["rayClusterStatus"] = activeStatus.Clone();
        if (pending?.Object.Object("status") is { } pendingStatus) status.Pending["rayClusterStatus"] = pendingStatus.Clone();
        if (target is not null && target.Name != status.ActiveName) status.Promote(target.Name);
        else if (needed) status.SetPending(new JsonObject { ["rayClusterName"] = ObjectNames.WithSuffix(service.Name) });
        status.Endpoints = await _traffic.CountEndpointsAsync(service, cancellation).ConfigureAwait(false);
        SetConditions(service, status);
        status.Summarize(observed: true);
    }

    private void SetConditions(ServiceView service, ServiceStatus status)
    {
        var now = time.GetUtcNow();
        if (status.Endpoints > 0)
        {
            status.Set(ServiceStatus.Ready, "True", "NonZeroServeEndpoints", "Number of serve endpoints is greater than 0", now);
        }
        else if (status.Is(ServiceStatus.Ready))
        {
            status.Set(ServiceStatus.Ready, "False", "ZeroServeEndpoints", "Number of serve endpoints dropped to 0", now);
        }
        else if (service.InitializingTimeout is { } limit && status.ReasonOf(ServiceStatus.Ready) == "Initializing"
            && KubernetesTime.Parse(Conditions.Find(status.Holder, ServiceStatus.Ready)?.Text("lastTransitionTime")) is { } since && now - since > limit)
        {
            var note = $"RayService initializing timeout exceeded after {(now - since).TotalSeconds:0.###}s (configured timeout: {limit.TotalSeconds:0}s)";
            status.Active.Remove("rayClusterName");
            status.Pending.Remove("rayClusterName");
            status.Set(ServiceStatus.Ready, "False", "InitializingTimeout", note, now);
            events.Report(service.Object, "Warning", "RayServiceInitializingTimeout", "Reconcile", note);
            return;
        }
        if (status.ActiveName is not null && status.PendingName is not null) status.Set(ServiceStatus.Upgrading, "True", "BothActivePendingClustersExist", "Both active and pending Ray clusters exist", now);
        else if (status.ActiveName is not null) status.Set(ServiceStatus.Upgrading, "False", "NoPendingCluster", "Active Ray cluster exists and no pending Ray cluster", now);
        else if (status.ReasonOf(ServiceStatus.Upgrading) is not ("Initializing" or "InitializingTimeout")) status.Set(ServiceStatus.Upgrading, "Unknown", "NoActiveCluster", "No active Ray cluster exists", now);
    }

    private static bool NeedsCluster(ServiceView service, RayClusterView? active, RayClusterView? pending)
    {
        if ((pending ?? active) is not { } current) return true;
        return service.ReplacesClusters && ServiceObjects.Compare(service, current.Object) == ClusterDifference.Other;
    }

    /// <summary>A cluster by its name: made where it is wanted and not there, changed where it may change in place.</summary>
    private async Task<RayClusterView?> ClusterAsync(ServiceView service, string? name, bool create, CancellationToken cancellation)
    {
        if (name is null) return null;
        var live = watched.Clusters.Get(new(service.Namespace, name)) ?? await api.FindAsync(RayResources.RayClusters, service.Namespace, name, cancellation).ConfigureAwait(false);
        var wanted = ServiceObjects.Cluster(service, name);
        if (live is null && !create) return null;
        if (live is not null)
        {
            var difference = ServiceObjects.Compare(service, live);
            var outdated = live.Annotation(RayAnnotations.OperatorVersion) != RayOperatorOptions.KubeRayVersion && difference != ClusterDifference.Other;
            if (difference != ClusterDifference.AddedGroups && !outdated) return new(live, options);
            var changed = live.Clone();
            changed["spec"] = wanted["spec"]!.DeepClone();
            if (live.At("spec", "suspend") is { } suspend) changed.Ensure("spec")["suspend"] = suspend.DeepClone();
            changed.Metadata["labels"] = wanted.Metadata["labels"]!.DeepClone();
            changed.Metadata["annotations"] = wanted.Metadata["annotations"]!.DeepClone();
            return new(await TellingAsync(service, "UpdatedRayCluster", "FailedToUpdateRayCluster", "Update", $"Updated the RayCluster {service.Namespace}/{name}", () => api.UpdateAsync(RayResources.RayClusters, changed, cancellation: cancellation)).ConfigureAwait(false), options);
        }
        return new(await TellingAsync(service, "CreatedRayCluster", "FailedToCreateRayCluster", "Create", $"Created the RayCluster {service.Namespace}/{name}", () => api.CreateAsync(RayResources.RayClusters, wanted, cancellation)).ConfigureAwait(false), options);
    }

    private async Task<int> DeleteDanglingAsync(ServiceView service, ServiceStatus status, CancellationToken cancellation)
    {
        var left = 0;
        foreach (var cluster in watched.Clusters.InNamespace(service.Namespace).Where(c => c.Label(RayLabels.OriginatedFromName) == service.Name && c.Label(RayLabels.OriginatedFromKind) == "RayService"))
        {
            if (!service.Object.IsTerminating && (cluster.Name == status.ActiveName || cluster.Name == status.PendingName)) continue;
            left++;
            var due = _deadlines.GetOrAdd(cluster.Uid, _ => time.GetUtcNow() + service.DeletionDelay);
            if (cluster.IsTerminating || (!service.Object.IsTerminating && due > time.GetUtcNow())) continue;
            await TellingAsync(service, "DeletedRayCluster", "FailedToDeleteRayCluster", "Delete", $"Deleted the RayCluster {service.Namespace}/{cluster.Name}", () => api.DeleteAsync(RayResources.RayClusters, service.Namespace, cluster.Name, InBackground.Clone(), cancellation)).ConfigureAwait(false);
            _deadlines.TryRemove(cluster.Uid, out _);
        }
        return left;
    }

    private async Task<JsonObject> TellingAsync(ServiceView service, string reason, string failedReason, string action, string note, Func<Task<JsonObject>> act)
    {
        try
        {
            var result = await act().ConfigureAwait(false);
            events.Report(service.Object, "Normal", reason, action, note);
            return result;
        }
        catch (StatusException error) when (!error.IsConflict)
        {
            events.Report(service.Object, "Warning", failedReason, action, $"{note} failed: {error.Message}");
            throw;
        }
    }

    private string? Invalid(ServiceView service)
    {
        var (reason, error) = RayServiceValidation.Metadata(service) is { } metadata ? ("InvalidRayServiceMetadata", metadata)
            : RayServiceValidation.Spec(service) is { } spec ? ("InvalidRayServiceSpec", spec)
            : ("", null);
        if (error is not null) events.Report(service.Object, "Warning", reason, "Validate", $"{service.Namespace}/{service.Name}: {error}");
        return error;
    }

    private async Task SetFinalizersAsync(JsonObject o, string[] finalizers, CancellationToken cancellation)
    {
        var update = o.Clone();
        if (update.Object("spec", "rayClusterConfig") is { } spec && !o.IsTerminating) TypedForm.Complete(spec);
        if (finalizers.Length == 0) update.Metadata.Remove("finalizers");
        else update.Metadata["finalizers"] = ContainerEditing.Texts(finalizers);
        try
        {
            await api.UpdateAsync(RayResources.RayServices, update, cancellation: cancellation).ConfigureAwait(false);
        }
        catch (StatusException error) when (error.IsNotFound)
        {
        }
    }

    private async Task WriteAsync(JsonObject o, ServiceStatus status, CancellationToken cancellation)
    {
        if (status.Changed(time.GetUtcNow()) is not { } changed) return;
        var update = o.Clone();
        update["status"] = changed;
        await api.UpdateAsync(RayResources.RayServices, update, "status", cancellation).ConfigureAwait(false);
    }
}
