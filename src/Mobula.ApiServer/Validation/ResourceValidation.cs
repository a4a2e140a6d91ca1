using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Names and amounts of resources: what containers ask for, and what limits and quotas speak of.</summary>
internal static class ResourceValidation
{
    private const string HugePages = "hugepages-";

    private static readonly HashSet<string> Standard =
    [
        "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage",
        "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims", "storage", "requests.storage",
        "services.nodeports", "services.loadbalancers",
    ];

    private static readonly HashSet<string> Counted =
        ["pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims", "services.nodeports", "services.loadbalancers"];

    /// <summary>The resources of a container or of a pod as a whole.</summary>
    public static void Requirements(JsonObject? resources, FieldPath path, IReadOnlySet<string> claims, FieldErrors errors)
    {
        if (resources is null) return;
        var (limits, requests) = (resources.Object("limits") ?? [], resources.Object("requests") ?? []);
        var (limitPath, requestPath) = (path.Child("limits"), path.Child("requests"));
        foreach (var (name, amount) in limits)
        {
            ContainerResourceName(name, limitPath.Key(name), errors);
            AmountOf(name, Read(amount), limitPath.Key(name), errors);
        }
        foreach (var (name, node) in requests)
        {
            var amount = Read(node);
            ContainerResourceName(name, requestPath.Key(name), errors);
            AmountOf(name, amount, requestPath.Key(name), errors);
            var overcommits = IsNative(name) && !IsHugePages(name);
            if (limits[name] is { } limitNode)
            {
                var limit = Read(limitNode);
                if (!overcommits && amount != limit) errors.Invalid(requestPath, amount.ToString(), $"must be equal to {name} limit of {limit}");
                else if (amount > limit) errors.Invalid(requestPath, amount.ToString(), $"must be less than or equal to {name} limit of {limit}");
            }
            else if (!overcommits)
            {
                errors.Required(limitPath, "Limit must be set for non overcommitable resources");
            }
        }
        var names = limits.Select(m => m.Key).Concat(requests.Select(m => m.Key)).ToList();
        if (names.Any(IsHugePages) && !names.Any(n => n is "cpu" or "memory")) errors.Forbidden(path, "HugePages require cpu or memory");
        Claims(resources, path.Child("claims"), claims, errors);
    }

    /// <summary>The name of a resource that a container may ask for.</summary>
    public static void ContainerResourceName(string name, FieldPath path, FieldErrors errors)
    {
        ResourceName(name, path, errors);
        if (!name.Contains('/', StringComparison.Ordinal))
        {
            if (!(name is "cpu" or "memory" or "ephemeral-storage" || IsHugePages(name))) errors.Invalid(path, name, "must be a standard resource for containers");
        }
        else if (!IsNative(name) && !IsExtended(name))
        {
            errors.Invalid(path, name, "doesn't follow extended resource name standard");
        }
    }

    /// <summary>The name of any resource.</summary>
    public static void ResourceName(string name, FieldPath path, FieldErrors errors)
    {
        var wrong = NameValidation.IsQualifiedName(name);
        errors.Invalid(path, name, wrong);
        if (wrong.Count > 0 || name.Contains('/', StringComparison.Ordinal)) return;
        if (!Standard.Contains(name) && !IsHugePages(name) && !name.StartsWith("requests." + HugePages, StringComparison.Ordinal)) errors.Invalid(path, name, "must be a standard resource type or fully qualified");
    }

    /// <summary>An amount: not negative, and whole where things are counted.</summary>
    public static void AmountOf(string name, Quantity amount, FieldPath path, FieldErrors errors)
    {
        if (amount.Sign < 0) errors.Invalid(path, amount.ToString(), "must be greater than or equal to 0");
        if ((Counted.Contains(name) || IsExtended(name)) && amount.MilliValue % 1000 != 0) errors.Invalid(path, amount.ToString(), "must be an integer");
    }

    public static Quantity Read(JsonNode? node) => Quantity.TryParse(node?.ToString(), out var amount) ? amount : Quantity.Zero;

    public static bool IsHugePages(string name) => name.StartsWith(HugePages, StringComparison.Ordinal);

    public static bool IsNative(string name) => !name.Contains('/', StringComparison.Ordinal) || name.Contains("kubernetes.io/", StringComparison.Ordinal);

    private static bool IsExtended(string name) =>
        !IsNative(name) && !name.StartsWith("requests.", StringComparison.Ordinal) && NameValidation.IsQualifiedName("requests." + name).Count == 0;

    private static void Claims(JsonObject resources, FieldPath path, IReadOnlySet<string> known, FieldErrors errors)
    {
        var seen = new HashSet<string>();
        foreach (var (i, claim) in resources.Objects("claims").Index())
        {
            var name = claim.Text("name") ?? "";
            var request = claim.Text("request") ?? "";
            if (name.Length == 0) errors.Required(path.Index(i));
            else if (!known.Contains(name)) errors.NotFound(path.Index(i).Child("name"), name);
            if (!seen.Add($"{name}/{request}")) errors.Duplicate(path.Index(i), claim);
        }
    }
}
