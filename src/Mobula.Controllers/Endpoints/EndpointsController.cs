using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Selectors;

namespace Mobula.Controllers.Endpoints;

/// <summary>Keeps the EndpointSlices and the Endpoints of Services.</summary>
internal sealed class EndpointsController : IController
{
    private readonly KubernetesApi _sliceApi;
    private readonly KubernetesApi _endpointsApi;
    private readonly TimeProvider _time;
    private readonly Informer _services;
    private readonly Informer _pods;
    private readonly Informer _nodes;
    private readonly Informer _slices;
    private readonly Informer _endpoints;
    private readonly WriteBarrier _sliceWrites;
    private readonly WriteBarrier _endpointsWrites;
    private readonly string _byService;
    private readonly ControlLoop _loop;

    public EndpointsController(ControllerContext context)
    {
        _sliceApi = context.ApiFor("endpointslice-controller");
        _endpointsApi = context.ApiFor("endpoint-controller");
        _time = context.Time;
        _services = context.Informer(Resources.Services);
        _pods = context.Informer(Resources.Pods);
        _nodes = context.Informer(Resources.Nodes);
        _slices = context.Informer(Resources.EndpointSlices);
        _endpoints = context.Informer(Resources.Endpoints);
        _sliceWrites = new(_slices);
        _endpointsWrites = new(_endpoints);
        _byService = _slices.Cache.AddLabelIndex(EndpointSlicePlanner.ServiceName);
        _loop = context.Loop("endpointslice-controller", ReconcileAsync)
            .Watch(_services)
            .Watch(_pods, OfPod)
            .Watch(_nodes, (old, now) => old is null || now is null ? OfNode((now ?? old)!) : [])
            .Watch(_slices, (old, now) => (now ?? old)!.Label(EndpointSlicePlanner.ServiceName) is { } name ? [new ObjectKey((now ?? old)!.Namespace, name)] : [])
            .Watch(_endpoints, (old, now) => [ObjectKey.Of((now ?? old)!)]);
    }

    public Task RunAsync(CancellationToken cancellation) => _loop.RunAsync(5, cancellation);

    private IEnumerable<ObjectKey> OfPod(JsonObject? old, JsonObject? now)
    {
        if (old is not null && now is not null && JsonNode.DeepEquals(old["status"], now["status"]) && JsonNode.DeepEquals(old.At("metadata", "labels"), now.At("metadata", "labels"))
            && old.IsTerminating == now.IsTerminating && old.Text("spec", "nodeName") == now.Text("spec", "nodeName"))
        {
            return [];
        }
        return _services.Cache.InNamespace((now ?? old)!.Namespace ?? "")
            .Where(s => ServiceEndpoints.HasSelector(s) && LabelSelector.FromLabels(s.TextMap("spec", "selector")) is var selector
                && ((old is not null && selector.Matches(old)) || (now is not null && selector.Matches(now))))
            .Select(ObjectKey.Of);
    }

    private IEnumerable<ObjectKey> OfNode(JsonObject node) =>
        _pods.Cache.List().Where(p => p.Text("spec", "nodeName") == node.Name).SelectMany(p => OfPod(null, p)).Distinct();

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_services.Cache.Get(key) is not { } service)
        {
            _sliceWrites.Forget(key);
            _endpointsWrites.Forget(key);
            // Slices go with their owner; Endpoints have none.
            if (_endpoints.Cache.Get(key) is { } lost && lost.Label(EndpointsPlanner.ManagedBy) == EndpointsPlanner.Manager) await DeleteAsync(_endpointsApi, Resources.Endpoints, lost, cancellation).ConfigureAwait(false);
            return null;
        }
        if (!ServiceEndpoints.HasSelector(service) || service.IsTerminating) return null;
        if (!_sliceWrites.Holds(key) || !_endpointsWrites.Holds(key)) return null;

        JsonObject[] pods = [.. ServiceEndpoints.Pods(service, _pods.Cache.InNamespace(key.Namespace!), n => _nodes.Get(null, n))];
        var existing = _slices.Cache.Find(_byService, key.Name)
            .Where(s => s.Namespace == key.Namespace && !s.IsTerminating && s.Label(EndpointSlicePlanner.ManagedBy) == EndpointSlicePlanner.Manager).ToArray();
        var trigger = KubernetesTime.Format(_time.GetUtcNow());
        try
        {
            var plan = EndpointSlicePlanner.Plan(service, pods, n => _nodes.Get(null, n), existing, trigger);
            foreach (var slice in plan.Create) _sliceWrites.Wrote(key, await _sliceApi.CreateAsync(Resources.EndpointSlices, slice, cancellation).ConfigureAwait(false));
            foreach (var slice in plan.Update) _sliceWrites.Wrote(key, await _sliceApi.UpdateAsync(Resources.EndpointSlices, slice, cancellation: cancellation).ConfigureAwait(false));
            foreach (var slice in plan.Delete) await DeleteAsync(_sliceApi, Resources.EndpointSlices, slice, cancellation).ConfigureAwait(false);

            var current = _endpoints.Cache.Get(key);
            if (EndpointsPlanner.Plan(service, pods, current, trigger) is { } endpoints)
            {
                _endpointsWrites.Wrote(key, current is null
                    ? await _endpointsApi.CreateAsync(Resources.Endpoints, endpoints, cancellation).ConfigureAwait(false)
                    : await _endpointsApi.UpdateAsync(Resources.Endpoints, endpoints, cancellation: cancellation).ConfigureAwait(false));
            }
        }
        catch (StatusException e) when (PodControl.IsNamespaceTerminating(e))
        {
            return null;
        }
        return null;
    }

    private static async Task DeleteAsync(KubernetesApi api, GroupVersionResource resource, JsonObject o, CancellationToken cancellation)
    {
        try
        {
            await api.DeleteAsync(resource, o.Namespace, o.Name, cancellation: cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsNotFound)
        {
            // Somebody else was faster.
        }
    }
}
