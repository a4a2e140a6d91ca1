using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Selectors;

namespace Mobula.Controllers.Disruption;

/// <summary>Tells in the status of disruption budgets how many of their pods may be evicted.</summary>
internal sealed class DisruptionController : IController
{
    private const string Component = "disruption-controller";

    private readonly KubernetesApi _api;
    private readonly TimeProvider _time;
    private readonly Informer _budgets;
    private readonly Informer _pods;
    private readonly Dictionary<string, Informer> _scaled;
    private readonly ControlLoop _loop;

    public DisruptionController(ControllerContext context)
    {
        _api = context.ApiFor(Component);
        _time = context.Time;
        _budgets = context.Informer(Resources.PodDisruptionBudgets);
        _pods = context.Informer(Resources.Pods);
        _scaled = new()
        {
            ["Deployment"] = context.Informer(Resources.Deployments),
            ["ReplicaSet"] = context.Informer(Resources.ReplicaSets),
            ["StatefulSet"] = context.Informer(Resources.StatefulSets),
            ["ReplicationController"] = context.Informer(Resources.ReplicationControllers),
        };
        _loop = context.Loop(Component, ReconcileAsync)
            .Watch(_budgets, (_, now) => now is null ? [] : [ObjectKey.Of(now)])
            .Watch(_pods, (old, now) => Concerned(old).Concat(Concerned(now)).Distinct());
        foreach (var informer in _scaled.Values) _loop.Reads(informer);
    }

    public Task RunAsync(CancellationToken cancellation) => _loop.RunAsync(2, cancellation);

    private IEnumerable<ObjectKey> Concerned(JsonObject? pod) => pod is null ? [] : _budgets.Cache.InNamespace(pod.Namespace!).Where(b => Selects(b, pod)).Select(ObjectKey.Of);

    private static bool Selects(JsonObject budget, JsonObject pod) => budget.Object("spec", "selector") is { } selector && LabelSelector.From(selector).Matches(pod);

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_budgets.Cache.Get(key) is not { IsTerminating: false } budget) return null;
        var now = _time.GetUtcNow();
        var pods = _pods.Cache.InNamespace(key.Namespace!).Where(p => Selects(budget, p)).ToList();
        JsonObject status;
        try
        {
            status = DisruptionPlanner.Status(budget, pods, DisruptionPlanner.CountsByControllers(budget) ? Wanted(pods) : 0, now);
        }
        catch (InvalidOperationException e)
        {
            status = DisruptionPlanner.Failed(budget, e.Message, now);
        }
        if (!JsonNode.DeepEquals(status, budget["status"]))
        {
            var update = budget.Clone();
            update["status"] = status.Clone();
            try
            {
                await _api.UpdateAsync(Resources.PodDisruptionBudgets, update, "status", cancellation).ConfigureAwait(false);
            }
            catch (StatusException e) when (e.IsNotFound || e.IsConflict)
            {
                // An eviction was faster: the budget as it is now comes with its own change.
                return null;
            }
        }
        return DisruptionPlanner.NextLook(status, now);
    }

    /// <summary>How many pods the controllers of these pods want; pods without one are none.</summary>
    /// <exception cref="InvalidOperationException">A controller does not say.</exception>
    private long Wanted(IEnumerable<JsonObject> pods)
    {
        var scales = new Dictionary<string, long>();
        foreach (var pod in pods)
        {
            if (pod.ControllerReference is not { } reference) continue;
            var (uid, scale) = Scale(pod.Namespace!, reference)
                ?? throw new InvalidOperationException($"{reference.Text("kind")?.ToLowerInvariant()}s.{reference.Text("apiVersion")?.Split('/')[0]} does not implement the scale subresource");
            scales[uid] = scale;
        }
        return scales.Values.Sum();
    }

    private (string Uid, long Scale)? Scale(string ns, JsonObject reference)
    {
        if (!_scaled.TryGetValue(reference.Text("kind") ?? "", out var informer)) return null;
        var owner = informer.Get(ns, reference.Text("name") ?? "");
        // A controller that is gone wants nothing.
        if (owner is null || owner.Uid != reference.Text("uid")) return (reference.Text("uid") ?? "", 0);
        if (owner.ControllerReference is { } above && Scale(ns, above) is { } whole) return whole;
        return (owner.Uid, owner.Integer("spec", "replicas") ?? 1);
    }
}
