namespace Mobula.Audit;

/// <summary>
/// An audit policy (<c>audit.k8s.io/v1</c>, <c>Policy</c>): an ordered list of rules of which the first that matches a request
/// decides what is recorded. It is immutable.
/// </summary>
public sealed class AuditPolicy
{
    private readonly AuditStages _omitStages;
    private readonly bool _omitManagedFields;

    internal AuditPolicy(IReadOnlyList<AuditRule> rules, AuditStages omitStages, bool omitManagedFields)
    {
        Rules = rules;
        _omitStages = omitStages;
        _omitManagedFields = omitManagedFields;
    }

    internal IReadOnlyList<AuditRule> Rules { get; }

    /// <summary>Decides what is recorded of a request. Without a rule that matches: nothing.</summary>
    public AuditDecision Decide(in AuditAttributes request)
    {
        foreach (var rule in Rules)
        {
            if (rule.Matches(request)) return new(rule.Level, _omitStages | rule.OmitStages, rule.OmitManagedFields ?? _omitManagedFields);
        }
        return new(AuditLevel.None, _omitStages, _omitManagedFields);
    }
}

/// <summary>A rule of a policy.</summary>
internal sealed record AuditRule
{
    public required AuditLevel Level { get; init; }

    public IReadOnlyList<string> Users { get; init; } = [];

    public IReadOnlyList<string> UserGroups { get; init; } = [];

    public IReadOnlyList<string> Verbs { get; init; } = [];

    public IReadOnlyList<AuditResources> Resources { get; init; } = [];

    public IReadOnlyList<string> Namespaces { get; init; } = [];

    public IReadOnlyList<string> NonResourceUrls { get; init; } = [];

    public AuditStages OmitStages { get; init; }

    public bool? OmitManagedFields { get; init; }

    public bool Matches(in AuditAttributes request)
    {
        if (Users.Count > 0 && (request.UserName is not { } user || !Users.Contains(user))) return false;
        if (UserGroups.Count > 0 && (request.UserName is null || !UserGroups.Any(request.Groups.Contains))) return false;
        if (Verbs.Count > 0 && !Verbs.Contains(request.Verb)) return false;
        if (Namespaces.Count > 0 || Resources.Count > 0)
        {
            if (!request.IsResourceRequest) return false;
            if (Namespaces.Count > 0 && !Namespaces.Contains(request.Namespace)) return false;
            return Resources.Count == 0 || MatchesAny(request);
        }
        return NonResourceUrls.Count == 0 || (!request.IsResourceRequest && MatchesUrl(request.Path));
    }

    private bool MatchesAny(in AuditAttributes request)
    {
        foreach (var resources in Resources)
        {
            if (resources.Matches(request)) return true;
        }
        return false;
    }

    private bool MatchesUrl(string path)
    {
        foreach (var pattern in NonResourceUrls)
        {
            if (pattern == "*" || pattern == path) return true;
            if (pattern.EndsWith('*') && path.StartsWith(pattern.TrimEnd('*'), StringComparison.Ordinal)) return true;
        }
        return false;
    }
}

/// <summary>Resources of one group that a rule is about.</summary>
internal sealed record AuditResources(string Group, IReadOnlyList<string> Resources, IReadOnlyList<string> ResourceNames)
{
    public bool Matches(in AuditAttributes request)
    {
        if (Group != "*" && Group != request.ApiGroup) return false;
        if (Resources.Count == 0) return true;
        if (ResourceNames.Count > 0 && !ResourceNames.Contains(request.Name)) return false;
        foreach (var pattern in Resources)
        {
            if (MatchesPattern(pattern, request)) return true;
        }
        return false;
    }

    private static bool MatchesPattern(string pattern, in AuditAttributes request)
    {
        if (pattern == "*") return true;
        if (request.Subresource.Length == 0 ? pattern == request.Resource : IsSlashed(pattern, request.Resource, request.Subresource)) return true;
        if (request.Subresource.Length > 0 && IsSlashed(pattern, "*", request.Subresource)) return true;
        // Kubernetes matches the resource itself by this pattern too, not only its subresources.
        return IsSlashed(pattern, request.Resource, "*");
    }

    private static bool IsSlashed(string pattern, string resource, string subresource) =>
        pattern.Length == resource.Length + 1 + subresource.Length && pattern[resource.Length] == '/' &&
        pattern.StartsWith(resource, StringComparison.Ordinal) && pattern.EndsWith(subresource, StringComparison.Ordinal);
}
