using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Events;
using Mobula.RayOperator.Hosting;

namespace Mobula.RayOperator.RayServices;

/// <summary>The Services by which a RayService is reached, whichever cluster serves.</summary>
internal sealed class ServiceTraffic(KubernetesApi api, WatchedObjects watched, EventReporter events)
{
    /// <summary>Leads both Services to a cluster.</summary>
    public async Task LeadToAsync(ServiceView service, RayClusterView cluster, CancellationToken cancellation)
    {
        foreach (var wanted in (JsonObject[])[ServiceObjects.HeadService(service, cluster), ServiceObjects.ServeService(service, cluster)])
        {
            await EnsureAsync(service, wanted, cluster.Name, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>How many pods answer requests.</summary>
    public async Task<int> CountEndpointsAsync(ServiceView service, CancellationToken cancellation)
    {
        var slices = await api.ListAsync(Resources.EndpointSlices, service.Namespace, $"kubernetes.io/service-name={service.ServeServiceName}", cancellation: cancellation).ConfigureAwait(false);
        return slices.Objects("items")
            .SelectMany(s => s.Objects("endpoints"))
            .Where(e => e.Flag("conditions", "ready") == true)
            .Select(e => e.Text("targetRef", "uid"))
            .Where(uid => uid is not null)
            .Distinct()
            .Count();
    }

    private async Task EnsureAsync(ServiceView service, JsonObject wanted, string cluster, CancellationToken cancellation)
    {
        var live = watched.Services.Get(new(service.Namespace, wanted.Name)) ?? await api.FindAsync(Resources.Services, service.Namespace, wanted.Name, cancellation).ConfigureAwait(false);
        if (live?.Text("spec", "selector", RayLabels.Cluster) == cluster) return;
        var verb = live is null ? "Create" : "Update";
        try
        {
            if (live is null)
            {
                await api.CreateAsync(Resources.Services, wanted, cancellation).ConfigureAwait(false);
            }
            else
            {
                var changed = live.Clone();
                changed["spec"] = wanted["spec"]!.DeepClone();
                if (live.Text("spec", "clusterIP") is { } address) changed.Ensure("spec")["clusterIP"] = address;
                await api.UpdateAsync(Resources.Services, changed, cancellation: cancellation).ConfigureAwait(false);
            }
            events.Report(service.Object, "Normal", $"{verb}dService", verb, $"{verb}d the service {service.Namespace}/{wanted.Name}");
        }
        catch (StatusException error) when (!error.IsConflict)
        {
            events.Report(service.Object, "Warning", $"FailedTo{verb}Service", verb, $"Failed to {verb.ToLowerInvariant()} the service {service.Namespace}/{wanted.Name}, {error.Message}");
            throw;
        }
    }
}
