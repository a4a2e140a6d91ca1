using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Events;

namespace Mobula.RayOperator.Hosting;

/// <summary>Says of RayServices that this version does nothing for them: silence would look like a service that is slow to come up.</summary>
internal sealed class NotReconciled(KubernetesApi api, WatchedObjects watched, EventReporter events, TimeProvider time)
{
    /// <summary>The reason of the event and of the condition.</summary>
    public const string Reason = "NotReconciled";

    private const string Text = "This version of the Mobula operator does not reconcile RayServices: nothing is made for this one. A RayCluster with the annotation ray.io/enable-serve-service: \"true\" and `serve run` in it serves in its stead";

    public async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (watched.RayServices.Get(key) is not { IsTerminating: false } o) return null;
        if (o.Text("spec", "managedBy") is { Length: > 0 } manager && manager != "ray.io/kuberay-operator") return null;
        if (Conditions.Find(o, "Ready")?.Text("reason") == Reason) return null;
        events.Report(o, "Warning", Reason, "Reconcile", Text);
        var update = o.Clone();
        Conditions.Set(update, "Ready", "False", Reason, Text, time.GetUtcNow(), o.Generation);
        try
        {
            await api.UpdateAsync(RayResources.RayServices, update, "status", cancellation).ConfigureAwait(false);
        }
        catch (StatusException error) when (error.IsConflict)
        {
            return TimeSpan.FromMilliseconds(100);
        }
        return null;
    }
}
