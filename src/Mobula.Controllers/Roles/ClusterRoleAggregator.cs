using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Selectors;

namespace Mobula.Controllers.Roles;

/// <summary>Fills cluster roles that have an <c>aggregationRule</c> with the rules of those it selects.</summary>
internal sealed class ClusterRoleAggregator : IController
{
    private const string Component = "clusterrole-aggregation-controller";

    private readonly KubernetesApi _api;
    private readonly Informer _roles;
    private readonly ControlLoop _loop;

    public ClusterRoleAggregator(ControllerContext context)
    {
        _api = context.ApiFor(Component);
        _roles = context.Informer(Resources.ClusterRoles);
        // Any role may be a part of any other.
        _loop = context.Loop(Component, ReconcileAsync).Watch(_roles, (_, _) => _roles.Cache.List().Where(IsAggregated).Select(ObjectKey.Of));
    }

    public Task RunAsync(CancellationToken cancellation) => _loop.RunAsync(1, cancellation);

    /// <summary>The rules of the roles selected, in the order of their names, each once.</summary>
    public static JsonArray Rules(JsonObject role, IEnumerable<JsonObject> all)
    {
        var selectors = role.Objects("aggregationRule", "clusterRoleSelectors").Select(s => LabelSelector.From(s)).ToList();
        var rules = new JsonArray();
        foreach (var part in all.Where(r => r.Name != role.Name && selectors.Any(s => s.Matches(r))).OrderBy(r => r.Name, StringComparer.Ordinal))
        {
            foreach (var rule in part.Objects("rules"))
            {
                if (!rules.Any(r => JsonNode.DeepEquals(r, rule))) rules.Add((JsonNode)rule.Clone());
            }
        }
        return rules;
    }

    private static bool IsAggregated(JsonObject role) => role.Object("aggregationRule") is not null;

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_roles.Cache.Get(key) is not { IsTerminating: false } role || !IsAggregated(role)) return null;
        var rules = Rules(role, _roles.Cache.List());
        if (JsonNode.DeepEquals(rules, role.List("rules") ?? [])) return null;
        var apply = new JsonObject
        {
            ["apiVersion"] = "rbac.authorization.k8s.io/v1",
            ["kind"] = "ClusterRole",
            ["metadata"] = new JsonObject { ["name"] = role.Name },
            ["rules"] = rules,
        };
        var path = $"{Resources.ClusterRoles.Path(null, role.Name)}?fieldManager={Component}&force=true";
        try
        {
            await _api.SendAsync(HttpMethod.Patch, path, apply, PatchType.Apply, cancellation).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsNotFound)
        {
            return null;
        }
        return null;
    }
}
