using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Controllers.ServiceAccounts;

/// <summary>Keeps the ConfigMap <c>kube-root-ca.crt</c> in each namespace: by it, pods know the API server.</summary>
internal sealed class RootCertificatePublisher : IController
{
    private const string Component = "root-ca-cert-publisher";
    private const string MapName = "kube-root-ca.crt";
    private const string Description = "kubernetes.io/description";
    private const string DescriptionText =
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. "
        + "No other usage is guaranteed across distributions of Kubernetes clusters.";

    private readonly KubernetesApi _api;
    private readonly string _authority;
    private readonly Informer _namespaces;
    private readonly Informer _maps;
    private readonly ControlLoop _loop;

    public RootCertificatePublisher(ControllerContext context, string authority)
    {
        _api = context.ApiFor(Component);
        _authority = authority;
        _namespaces = context.Informer(Resources.Namespaces);
        _maps = context.Informer(Resources.ConfigMaps);
        _loop = context.Loop(Component, ReconcileAsync)
            .Watch(_namespaces, (old, now) => now is not null && (old is null || old.Text("status", "phase") != now.Text("status", "phase")) ? [ObjectKey.Of(now)] : [])
            .Watch(_maps, (old, now) => (now ?? old)!.Name == MapName ? [new ObjectKey(null, (now ?? old)!.Namespace!)] : []);
    }

    public Task RunAsync(CancellationToken cancellation) => _loop.RunAsync(2, cancellation);

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_namespaces.Cache.Get(key) is not { } ns || ns.IsTerminating) return null;
        var wanted = new JsonObject { ["ca.crt"] = _authority };
        try
        {
            if (_maps.Get(key.Name, MapName) is not { } map)
            {
                await _api.CreateAsync(
                    Resources.ConfigMaps,
                    new()
                    {
                        ["apiVersion"] = "v1",
                        ["kind"] = "ConfigMap",
                        ["metadata"] = new JsonObject
                        {
                            ["name"] = MapName,
                            ["namespace"] = key.Name,
                            ["annotations"] = new JsonObject { [Description] = DescriptionText },
                        },
                        ["data"] = wanted,
                    },
                    cancellation).ConfigureAwait(false);
            }
            else if (!JsonNode.DeepEquals(map["data"], wanted) || string.IsNullOrEmpty(map.Annotation(Description)))
            {
                var update = map.Clone();
                update["data"] = wanted;
                update.Ensure("metadata", "annotations")[Description] = DescriptionText;
                await _api.UpdateAsync(Resources.ConfigMaps, update, cancellation: cancellation).ConfigureAwait(false);
            }
        }
        catch (StatusException e) when (e.IsAlreadyExists || e.IsNotFound || Workloads.PodControl.IsNamespaceTerminating(e))
        {
            return null;
        }
        return null;
    }
}
