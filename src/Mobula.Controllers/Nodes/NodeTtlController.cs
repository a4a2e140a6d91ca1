using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Nodes;

/// <summary>Tells each node how long its kubelet may keep Secrets and ConfigMaps: longer, the more nodes there are.</summary>
internal sealed class NodeTtlController : IController
{
    private const string Component = "ttl-controller";
    private const string Annotation = "node.alpha.kubernetes.io/ttl";

    private static readonly (int Nodes, int Seconds)[] Steps = [(100, 0), (500, 15), (1000, 30), (2000, 60)];

    private readonly KubernetesApi _api;
    private readonly Informer _nodes;
    private readonly ControlLoop _loop;

    public NodeTtlController(ControllerContext context)
    {
        _api = context.ApiFor(Component);
        _nodes = context.Informer(Resources.Nodes);
        _loop = context.Loop(Component, ReconcileAsync).Watch(_nodes, (_, now) => now is null ? [] : [ObjectKey.Of(now)]);
    }

    public Task RunAsync(CancellationToken cancellation) => _loop.RunAsync(1, cancellation);

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_nodes.Cache.Get(key) is not { } node) return null;
        var count = _nodes.Cache.Count;
        var seconds = Steps.Where(s => count <= s.Nodes).Select(s => s.Seconds).DefaultIfEmpty(300).First().ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (node.Annotation(Annotation) == seconds) return null;
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [Annotation] = seconds } } };
        try
        {
            await _api.PatchAsync(Resources.Nodes, null, key.Name, PatchType.StrategicMerge, patch, cancellation: cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsNotFound)
        {
            return null;
        }
        return null;
    }
}
