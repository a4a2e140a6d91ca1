using Mobula.Client;
using Mobula.Controllers.CronJobs;
using Mobula.Controllers.DaemonSets;
using Mobula.Controllers.Deployments;
using Mobula.Controllers.Disruption;
using Mobula.Controllers.Endpoints;
using Mobula.Controllers.GarbageCollection;
using Mobula.Controllers.Jobs;
using Mobula.Controllers.Namespaces;
using Mobula.Controllers.Nodes;
using Mobula.Controllers.Pods;
using Mobula.Controllers.Quotas;
using Mobula.Controllers.ReplicaSets;
using Mobula.Controllers.Roles;
using Mobula.Controllers.Scheduling;
using Mobula.Controllers.ServiceAccounts;
using Mobula.Controllers.StatefulSets;

namespace Mobula.Controllers;

/// <summary>Runs the control loops of a cluster: what kube-controller-manager and kube-scheduler do elsewhere.</summary>
public static class ControllerHost
{
    /// <summary>Runs all loops over shared caches until cancelled; then it returns normally.</summary>
    /// <param name="api">The server; it reads the caches, and writes where the options name no other.</param>
    /// <param name="options">How they run.</param>
    /// <param name="time">The clock of all waits and of all times they write.</param>
    /// <param name="cancellation">Ends the loops.</param>
    public static async Task RunAsync(KubernetesApi api, ControllerHostOptions options, TimeProvider time, CancellationToken cancellation)
    {
        await using var context = new ControllerContext(api, options, time);
        var monitors = new ResourceMonitors(context);
        using var garbageCollector = new GarbageCollector(context, monitors);
        await using var scheduler = new Scheduler(context);
        List<IController> controllers =
        [
            garbageCollector,
            new NamespaceController(context, monitors),
            new ServiceAccountController(context),
            new ReplicaSetController(context, Resources.ReplicaSets, "ReplicaSet", "replicaset-controller"),
            new ReplicaSetController(context, Resources.ReplicationControllers, "ReplicationController", "replication-controller"),
            new DeploymentController(context),
            new StatefulSetController(context),
            new DaemonSetController(context),
            new JobController(context),
            new CronJobController(context),
            new EndpointsController(context),
            new NodeLifecycleController(context),
            new NodeTtlController(context),
            new TaintEviction(context),
            new PodGarbageCollector(context),
            new DisruptionController(context),
            new ResourceQuotaController(context, monitors),
            new ClusterRoleAggregator(context),
        ];
        if (options.RunScheduler) controllers.Add(scheduler);
        if (options.RootCertificateAuthorityPem is { } authority) controllers.Add(new RootCertificatePublisher(context, authority));
        if (options.MintServiceAccountToken is { } mint) controllers.Add(new TokenController(context, mint));
        await Task.WhenAll([
            context.Informers.RunAsync(cancellation),
            monitors.RunAsync(cancellation),
            .. controllers.Select(c => c.RunAsync(cancellation)),
        ]).ConfigureAwait(false);
    }
}
