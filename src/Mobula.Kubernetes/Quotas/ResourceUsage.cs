using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Quotas;

/// <summary>What objects count for in the resource quotas of their namespace.</summary>
public static class ResourceUsage
{
    private const string StorageClassSuffix = ".storageclass.storage.k8s.io/";

    private static readonly HashSet<string> CountedByName = ["services", "configmaps", "secrets", "replicationcontrollers", "resourcequotas", "persistentvolumeclaims"];

    /// <summary>The amounts of a list of resources; what is no quantity is left out.</summary>
    public static IEnumerable<(string Resource, Quantity Amount)> Read(JsonObject? amounts)
    {
        foreach (var (resource, text) in amounts ?? [])
        {
            if (Quantity.TryParse(text?.ToString(), out var amount)) yield return (resource, amount);
        }
    }

    /// <summary>What one object counts for.</summary>
    /// <param name="resource">Resource and group, for example <c>pods</c> or <c>deployments.apps</c>.</param>
    /// <param name="o">The object.</param>
    public static Dictionary<string, Quantity> Of(string resource, JsonObject o)
    {
        var one = Quantity.FromInteger(1);
        var usage = new Dictionary<string, Quantity>(StringComparer.Ordinal) { [$"count/{resource}"] = one };
        if (CountedByName.Contains(resource)) usage[resource] = one;
        switch (resource)
        {
            case "pods": PodUsage.AddTo(usage, o); break;
            case "services": AddService(usage, o); break;
            case "persistentvolumeclaims": AddClaim(usage, o); break;
        }
        return usage;
    }

    /// <summary>The resources (with their groups) whose objects must be looked at to know what is used of a quota's resource.</summary>
    /// <param name="tracked">A member of a quota's <c>hard</c>.</param>
    public static string CountedResource(string tracked)
    {
        if (tracked.StartsWith("count/", StringComparison.Ordinal)) return tracked["count/".Length..];
        if (CountedByName.Contains(tracked)) return tracked;
        if (tracked.StartsWith("services.", StringComparison.Ordinal)) return "services";
        return tracked == "requests.storage" || tracked.Contains(StorageClassSuffix, StringComparison.Ordinal) ? "persistentvolumeclaims" : "pods";
    }

    /// <summary>Whether an object is in the scopes of a quota; only pods can be in any.</summary>
    public static bool IsInScope(JsonObject quota, string resource, JsonObject o)
    {
        foreach (var scope in quota.Texts("spec", "scopes"))
        {
            if (resource != "pods" || !Matches(scope, "Exists", [], o)) return false;
        }
        foreach (var expression in quota.Objects("spec", "scopeSelector", "matchExpressions"))
        {
            if (resource != "pods" || !Matches(expression.Text("scopeName") ?? "", expression.Text("operator") ?? "", [.. expression.Texts("values")], o)) return false;
        }
        return true;
    }

    private static bool Matches(string scope, string comparison, IReadOnlyList<string> values, JsonObject pod)
    {
        switch (scope)
        {
            case "Terminating": return pod.Integer("spec", "activeDeadlineSeconds") >= 0;
            case "NotTerminating": return pod.Integer("spec", "activeDeadlineSeconds") is null;
            case "BestEffort": return IsBestEffort(pod);
            case "NotBestEffort": return !IsBestEffort(pod);
            case "PriorityClass":
                var name = pod.Text("spec", "priorityClassName") ?? "";
                return comparison switch
                {
                    "In" => values.Contains(name),
                    "NotIn" => !values.Contains(name),
                    "DoesNotExist" => name.Length == 0,
                    _ => name.Length > 0,
                };
            default: return false;
        }
    }

    private static bool IsBestEffort(JsonObject pod) =>
        !PodUsage.Requests(pod).Concat(PodUsage.Limits(pod)).Any(a => a.Key is "cpu" or "memory" && a.Value.Sign > 0);

    private static void AddService(Dictionary<string, Quantity> usage, JsonObject service)
    {
        var type = service.Text("spec", "type");
        var allocates = type == "NodePort" || (type == "LoadBalancer" && service.Flag("spec", "allocateLoadBalancerNodePorts") != false);
        usage["services.nodeports"] = Quantity.FromInteger(allocates
            ? service.Objects("spec", "ports").Count()
            : type == "LoadBalancer" ? service.Objects("spec", "ports").Count(p => p.Integer("nodePort") > 0) : 0);
        usage["services.loadbalancers"] = Quantity.FromInteger(type == "LoadBalancer" ? 1 : 0);
    }

    private static void AddClaim(Dictionary<string, Quantity> usage, JsonObject claim)
    {
        Quantity? storage = Quantity.TryParse(claim.Text("spec", "resources", "requests", "storage"), out var asked) ? asked : null;
        if (storage is { } amount) usage["requests.storage"] = amount;
        var name = claim.Annotation("volume.beta.kubernetes.io/storage-class") ?? claim.Text("spec", "storageClassName") ?? "";
        if (name.Length == 0) return;
        usage[$"{name}{StorageClassSuffix}persistentvolumeclaims"] = Quantity.FromInteger(1);
        if (storage is { } ofClass) usage[$"{name}{StorageClassSuffix}requests.storage"] = ofClass;
    }
}
