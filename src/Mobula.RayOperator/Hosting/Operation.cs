using Mobula.Client;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.CronJobs;
using Mobula.RayOperator.Events;
using Mobula.RayOperator.Jobs;
using Mobula.RayOperator.RayServices;

namespace Mobula.RayOperator.Hosting;

/// <summary>The control loops of one instance, with what they share.</summary>
internal sealed class Operation : IAsyncDisposable
{
    private readonly RayOperatorOptions _options;
    private readonly WatchedObjects _watched;
    private readonly EventReporter _clusterEvents;
    private readonly ControlLoop _clusters;
    private readonly Dashboards _dashboards;
    private readonly EventReporter _jobEvents;
    private readonly ControlLoop _jobs;
    private readonly EventReporter _cronJobEvents;
    private readonly ControlLoop _cronJobs;
    private readonly EventReporter _serviceEvents;
    private readonly ControlLoop _services;

    public Operation(KubernetesApi api, RayOperatorOptions options, TimeProvider time, string identity)
    {
        _options = options;
        _watched = new(api, options, time);
        _clusterEvents = new(api, "raycluster-controller", identity, time, options.Log);
        var clusters = new RayClusterController(api, _watched, _clusterEvents, options, time);
        _clusters = new ControlLoop("raycluster", clusters.ReconcileAsync, time) { OnError = Failed }
            .WatchChanges(_watched.Clusters)
            .WatchOwned(_watched.Pods, "RayCluster")
            .WatchOwned(_watched.Services, "RayCluster")
            .Reads(_watched.Jobs);
        _dashboards = new(api, options);
        _jobEvents = new(api, "rayjob-controller", identity, time, options.Log);
        var jobs = new RayJobController(api, _watched, _jobEvents, _dashboards, options, time);
        _jobs = new ControlLoop("rayjob", jobs.ReconcileAsync, time) { OnError = Failed }
            .WatchAll(_watched.RayJobs)
            .WatchOwned(_watched.Clusters, "RayJob")
            .WatchOwned(_watched.Services, "RayJob")
            .WatchOwned(_watched.Jobs, "RayJob")
            .Reads(_watched.Pods);
        _cronJobEvents = new(api, "raycronjob-controller", identity, time, options.Log);
        _cronJobs = new ControlLoop("raycronjob", new RayCronJobController(api, _watched, _cronJobEvents, options, time).ReconcileAsync, time) { OnError = Failed }
            .WatchAll(_watched.RayCronJobs);
        _serviceEvents = new(api, "rayservice-controller", identity, time, options.Log);
        _services = new ControlLoop("rayservice", new RayServiceController(api, _watched, _serviceEvents, _dashboards, options, time).ReconcileAsync, time) { OnError = Failed }
            .WatchChanges(_watched.RayServices)
            .WatchOwned(_watched.Clusters, "RayService")
            .WatchOwned(_watched.Services, "RayService")
            .Reads(_watched.Pods);
    }

    /// <summary>What is followed, for metrics.</summary>
    public WatchedObjects Watched => _watched;

    /// <summary>Passes that ended in an error, since the start.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    private long _failures;

    /// <summary>Reconciles until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        _options.Log?.Invoke("leading: the control loops start");
        await Task.WhenAll(
            _watched.Clusters.RunAsync(cancellation),
            _watched.RayJobs.RunAsync(cancellation),
            _watched.RayCronJobs.RunAsync(cancellation),
            _watched.RayServices.RunAsync(cancellation),
            _watched.Pods.RunAsync(cancellation),
            _watched.Services.RunAsync(cancellation),
            _watched.Jobs.RunAsync(cancellation),
            _clusters.RunAsync(_options.ReconcileConcurrency, cancellation),
            _jobs.RunAsync(_options.ReconcileConcurrency, cancellation),
            _cronJobs.RunAsync(_options.ReconcileConcurrency, cancellation),
            _services.RunAsync(_options.ReconcileConcurrency, cancellation)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _clusters.Dispose();
        _jobs.Dispose();
        _cronJobs.Dispose();
        _services.Dispose();
        _dashboards.Dispose();
        await _clusterEvents.DisposeAsync().ConfigureAwait(false);
        await _jobEvents.DisposeAsync().ConfigureAwait(false);
        await _cronJobEvents.DisposeAsync().ConfigureAwait(false);
        await _serviceEvents.DisposeAsync().ConfigureAwait(false);
    }

    private void Failed(string loop, ObjectKey key, Exception error)
    {
        Interlocked.Increment(ref _failures);
        _options.Log?.Invoke($"{loop} {key}: {(error is ReconcileException ? error.Message : error)}");
    }
}
