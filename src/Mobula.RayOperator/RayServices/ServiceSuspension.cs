using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Events;
using Mobula.RayOperator.Hosting;

namespace Mobula.RayOperator.RayServices;

/// <summary>Suspends a RayService: everything it made goes, and comes anew when it is resumed.</summary>
internal sealed class ServiceSuspension(KubernetesApi api, WatchedObjects watched, EventReporter events, TimeProvider time)
{
    /// <summary>Takes a step; true when the pass ends with it.</summary>
    public async Task<bool> StepAsync(ServiceView service, ServiceStatus status, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        if (status.Is(ServiceStatus.Suspended))
        {
            if (service.Suspends) return true;
            status.Set(ServiceStatus.Suspended, "False", "RayServiceResumed", "Spec.Suspend is false; RayService has resumed.", now);
            Conditions.Remove(status.Holder, ServiceStatus.Ready);
            Conditions.Remove(status.Holder, ServiceStatus.Upgrading);
            return false;
        }
        if (status.Is(ServiceStatus.Suspending))
        {
            if (await DeleteAsync(service, cancellation).ConfigureAwait(false))
            {
                Rest(status, "SuspendInProgress", "RayService is suspending.", now);
                status.Set(ServiceStatus.Suspending, "True", "SuspendInProgress", "Owned resources are being deleted.", now);
                return true;
            }
            status.Set(ServiceStatus.Suspending, "False", "SuspendComplete", "All owned resources have been deleted.", now);
            status.Set(ServiceStatus.Suspended, "True", "SuspendComplete", "All owned resources have been deleted.", now);
            Rest(status, "SuspendComplete", "RayService is suspended.", now);
            return true;
        }
        if (!service.Suspends) return false;
        status.Set(ServiceStatus.Suspending, "True", "SuspendRequested", "Spec.Suspend is true; suspension has been requested.", now);
        Rest(status, "SuspendInProgress", "RayService is suspending.", now);
        status.ClearClusters();
        status.Endpoints = 0;
        status.Summarize(observed: true);
        return true;
    }

    private static void Rest(ServiceStatus status, string reason, string message, DateTimeOffset now)
    {
        status.Set(ServiceStatus.Ready, "False", reason, message, now);
        status.Set(ServiceStatus.Upgrading, "False", reason, "No upgrade in progress.", now);
        status.Set(ServiceStatus.RollingBack, "False", reason, "No rollback in progress.", now);
        status.Summarize(observed: true);
    }

    /// <summary>Begins to delete what is there; false when nothing is.</summary>
    private async Task<bool> DeleteAsync(ServiceView service, CancellationToken cancellation)
    {
        bool IsOwn(JsonObject o) => o.Label(RayLabels.OriginatedFromName) == service.Name && o.Label(RayLabels.OriginatedFromKind) == "RayService";
        var found = false;
        foreach (var (resource, kind, o) in watched.Clusters.InNamespace(service.Namespace).Where(IsOwn).Select(o => (RayResources.RayClusters, "RayCluster", o))
            .Concat(watched.Services.InNamespace(service.Namespace).Where(IsOwn).Select(o => (Resources.Services, "Service", o))))
        {
            found = true;
            if (o.IsTerminating) continue;
            try
            {
                await api.DeleteAsync(resource, service.Namespace, o.Name, new JsonObject { ["propagationPolicy"] = "Background" }, cancellation).ConfigureAwait(false);
                events.Report(service.Object, "Normal", $"Deleted{kind}", "Delete", $"Deleted the {(kind == "Service" ? "service" : kind)} {service.Namespace}/{o.Name}");
            }
            catch (StatusException error) when (error.IsNotFound)
            {
            }
        }
        return found;
    }
}
