using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Limits and quotas of a namespace.</summary>
internal static class LimitsValidation
{
    private static readonly FieldPath SpecPath = FieldPath.Of("spec");
    private static readonly string[] Scopes = ["Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity", "VolumeAttributesClass"];

    private static readonly HashSet<string> QuotaResources =
    [
        "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage", "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage",
        "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "persistentvolumeclaims", "configmaps", "services.nodeports", "services.loadbalancers",
    ];

    public static void LimitRange(JsonObject o, FieldErrors errors)
    {
        var types = new HashSet<string>();
        foreach (var (i, limit) in o.Objects("spec", "limits").Index())
        {
            var path = SpecPath.Child("limits").Index(i);
            var type = limit.Text("type") ?? "";
            LimitType(type, path.Child("type"), errors);
            if (!types.Add(type)) errors.Duplicate(path.Child("type"), type);
            Item(limit, type, path, errors);
        }
    }

    public static void LimitRangeDefaults(JsonObject o)
    {
        foreach (var limit in o.Objects("spec", "limits"))
        {
            if (limit.Text("type") != "Container") continue;
            Fill(limit, "default", "max");
            Fill(limit, "defaultRequest", "default");
            Fill(limit, "defaultRequest", "min");
            if (limit["default"] is JsonObject { Count: 0 }) limit.Remove("default");
            if (limit["defaultRequest"] is JsonObject { Count: 0 }) limit.Remove("defaultRequest");
        }
    }

    public static void ResourceQuota(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        foreach (var (name, amount) in spec.Object("hard") ?? [])
        {
            var path = SpecPath.Child("hard").Key(name);
            ResourceValidation.ResourceName(name, path, errors);
            if (!name.Contains('/', StringComparison.Ordinal) && !QuotaResources.Contains(name) && !ResourceValidation.IsHugePages(name) && !name.StartsWith("requests.hugepages-", StringComparison.Ordinal))
            {
                errors.Invalid(path, name, "must be a standard resource for quota");
            }
            ResourceValidation.AmountOf(name, ResourceValidation.Read(amount), path, errors);
        }
        QuotaScopes(spec, errors);
        ScopeSelector(spec, errors);
    }

    private static void LimitType(string type, FieldPath path, FieldErrors errors)
    {
        var wrong = NameValidation.IsQualifiedName(type);
        errors.Invalid(path, type, wrong);
        if (wrong.Count == 0 && !type.Contains('/', StringComparison.Ordinal) && type is not ("Pod" or "Container" or "PersistentVolumeClaim")) errors.Invalid(path, type, "must be a standard limit type or fully qualified");
    }

    private static void Item(JsonObject limit, string type, FieldPath path, FieldErrors errors)
    {
        Dictionary<string, Quantity> Read(string list)
        {
            var amounts = new Dictionary<string, Quantity>();
            foreach (var (name, amount) in limit.Object(list) ?? [])
            {
                var at = path.Child(list).Key(name);
                ResourceName(type, name, at, errors);
                amounts[name] = ResourceValidation.Read(amount);
            }
            return amounts;
        }
        var max = Read("max");
        var min = Read("min");
        var (defaults, requests) = (new Dictionary<string, Quantity>(), new Dictionary<string, Quantity>());
        if (type == "Pod")
        {
            foreach (var list in new[] { "default", "defaultRequest" }) if (limit.Object(list) is { Count: > 0 }) errors.Forbidden(path.Child(list), "may not be specified when `type` is 'Pod'");
        }
        else
        {
            defaults = Read("default");
            requests = Read("defaultRequest");
        }
        if (type == "PersistentVolumeClaim" && !min.ContainsKey("storage") && !max.ContainsKey("storage")) errors.Required(path.Child("limits"), "either minimum or maximum storage value is required, but neither was provided");
        var ratios = Read("maxLimitRequestRatio");
        foreach (var name in new[] { max, min, defaults, requests, ratios }.SelectMany(m => m.Keys).Distinct()) Compare(name, max, min, defaults, requests, ratios, path, errors);
    }

    private static void Compare(
        string name, Dictionary<string, Quantity> max, Dictionary<string, Quantity> min, Dictionary<string, Quantity> defaults, Dictionary<string, Quantity> requests,
        Dictionary<string, Quantity> ratios, FieldPath path, FieldErrors errors)
    {
        Quantity? Of(Dictionary<string, Quantity> amounts) => amounts.TryGetValue(name, out var amount) ? amount : null;
        var (high, low, limit, request, ratio) = (Of(max), Of(min), Of(defaults), Of(requests), Of(ratios));
        if (low > high) errors.Invalid(path.Child("min").Key(name), low.ToString(), $"min value {low} is greater than max value {high}");
        if (low > request) errors.Invalid(path.Child("defaultRequest").Key(name), request.ToString(), $"min value {low} is greater than default request value {request}");
        if (request > high) errors.Invalid(path.Child("defaultRequest").Key(name), request.ToString(), $"default request value {request} is greater than max value {high}");
        if (request > limit) errors.Invalid(path.Child("defaultRequest").Key(name), request.ToString(), $"default request value {request} is greater than default limit value {limit}");
        if (low > limit) errors.Invalid(path.Child("default").Key(name), low.ToString(), $"min value {low} is greater than default value {limit}");
        if (limit > high) errors.Invalid(path.Child("default").Key(name), high.ToString(), $"default value {limit} is greater than max value {high}");
        if (ratio is { } value && value < Quantity.FromInteger(1)) errors.Invalid(path.Child("maxLimitRequestRatio").Key(name), value.ToString(), $"ratio {value} is less than 1");
        if (ratio is { } r && high is { } h && low is { } l && l.Sign > 0 && h.ToDouble() / l.ToDouble() < r.ToDouble())
        {
            errors.Invalid(path.Child("maxLimitRequestRatio").Key(name), r.ToString(), $"ratio {r} is greater than max/min = {h.ToDouble() / l.ToDouble():F6}");
        }
    }

    private static void ResourceName(string type, string name, FieldPath path, FieldErrors errors)
    {
        if (type is "Pod" or "Container") ResourceValidation.ContainerResourceName(name, path, errors);
        else ResourceValidation.ResourceName(name, path, errors);
    }

    private static void Fill(JsonObject limit, string list, string from)
    {
        foreach (var (name, amount) in limit.Object(from)?.ToList() ?? [])
        {
            if (limit.At(list, name) is null) limit.Ensure(list)[name] = amount?.DeepClone();
        }
    }

    private static void QuotaScopes(JsonObject spec, FieldErrors errors)
    {
        if (spec.List("scopes") is not { Count: > 0 } list) return;
        var path = SpecPath.Child("scopes");
        var scopes = spec.Texts("scopes").ToList();
        var resources = spec.Object("hard")?.Select(m => m.Key).ToList() ?? [];
        foreach (var scope in scopes.Distinct())
        {
            if (!Scopes.Contains(scope)) errors.Invalid(path, list, "unsupported scope");
            foreach (var resource in resources)
            {
                if (!Applies(scope, resource)) errors.Invalid(path, list, "unsupported scope applied to resource");
            }
        }
        foreach (var (one, other) in new[] { ("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating") })
        {
            if (scopes.Contains(one) && scopes.Contains(other)) errors.Invalid(path, list, "conflicting scopes");
        }
    }

    private static bool Applies(string scope, string resource)
    {
        if (!QuotaResources.Contains(resource)) return true;
        var compute = resource is "pods" or "cpu" or "memory" or "ephemeral-storage" || resource.StartsWith("limits.", StringComparison.Ordinal)
            || (resource.StartsWith("requests.", StringComparison.Ordinal) && resource != "requests.storage");
        return scope switch
        {
            "BestEffort" => resource == "pods",
            "Terminating" or "NotTerminating" or "NotBestEffort" or "PriorityClass" or "CrossNamespacePodAffinity" => compute,
            _ => true,
        };
    }

    private static void ScopeSelector(JsonObject spec, FieldErrors errors)
    {
        var path = SpecPath.Child("scopeSelector", "matchExpressions");
        foreach (var expression in spec.Objects("scopeSelector", "matchExpressions"))
        {
            var (scope, op) = (expression.Text("scopeName") ?? "", expression.Text("operator") ?? "");
            var values = expression.List("values")?.Count ?? 0;
            if (!Scopes.Contains(scope))
            {
                errors.Invalid(path.Child("scopeName"), scope, "unsupported scope");
                continue;
            }
            if (scope is "BestEffort" or "NotBestEffort" or "Terminating" or "NotTerminating" or "CrossNamespacePodAffinity" && op != "Exists")
            {
                errors.Invalid(path.Child("operator"), op, "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity");
            }
            switch (op)
            {
                case "In" or "NotIn":
                    if (values == 0) errors.Required(path.Child("values"), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
                    break;
                case "Exists" or "DoesNotExist":
                    if (values > 0) errors.Invalid(path.Child("values"), expression["values"], "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
                    break;
                default:
                    errors.Invalid(path.Child("operator"), op, "not a valid selector operator");
                    break;
            }
        }
    }
}
