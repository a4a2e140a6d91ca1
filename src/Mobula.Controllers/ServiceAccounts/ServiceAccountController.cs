using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Controllers.ServiceAccounts;

/// <summary>Sees to it that each namespace has its ServiceAccount <c>default</c>.</summary>
internal sealed class ServiceAccountController : IController
{
    private const string Component = "service-account-controller";
    private const string DefaultName = "default";
    private readonly KubernetesApi _api;
    private readonly Informer _namespaces;
    private readonly Informer _accounts;
    private readonly ControlLoop _loop;

    public ServiceAccountController(ControllerContext context)
    {
        _api = context.ApiFor(Component);
        _namespaces = context.Informer(Resources.Namespaces);
        _accounts = context.Informer(Resources.ServiceAccounts);
        _loop = context.Loop(Component, ReconcileAsync)
            .Watch(_namespaces, (old, now) => now is not null && (old is null || old.Text("status", "phase") != now.Text("status", "phase")) ? [ObjectKey.Of(now)] : [])
            .Watch(_accounts, (old, now) => now is null && old!.Name == DefaultName ? [new ObjectKey(null, old!.Namespace!)] : []);
    }

    public Task RunAsync(CancellationToken cancellation) => _loop.RunAsync(2, cancellation);

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_namespaces.Cache.Get(key) is not { } ns || ns.IsTerminating || _accounts.Get(key.Name, DefaultName) is not null) return null;
        try
        {
            await _api.CreateAsync(
                Resources.ServiceAccounts,
                new()
                {
                    ["apiVersion"] = "v1",
                    ["kind"] = "ServiceAccount",
                    ["metadata"] = new JsonObject { ["name"] = DefaultName, ["namespace"] = key.Name },
                },
                cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsAlreadyExists || Workloads.PodControl.IsNamespaceTerminating(e))
        {
            return null;
        }
        return null;
    }
}
