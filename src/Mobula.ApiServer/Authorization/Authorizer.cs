using Mobula.ApiServer.Authentication;
using Mobula.ApiServer.Pipeline;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Authorization;

/// <summary>The answer of an authorizer.</summary>
/// <param name="Allowed">Whether the user may.</param>
/// <param name="Reason">Why, or empty.</param>
internal readonly record struct AccessDecision(bool Allowed, string Reason);

/// <summary>Decides what a user may do: masters everything, nodes what is theirs, all others by RBAC.</summary>
internal sealed class Authorizer(RbacAuthorizer rbac, NodeAuthorizer nodes)
{
    public AccessDecision Decide(UserInfo user, AccessAttributes access)
    {
        if (user.Groups.Contains(UserInfo.Masters)) return new(true, "");
        var node = nodes.Decide(user, access);
        if (node is { Allowed: true }) return node.Value;
        return rbac.Allow(user, access) is { } reason ? new(true, reason) : new(false, node?.Reason ?? "");
    }

    /// <summary>Refuses a request that its user may not send.</summary>
    public void Authorize(ApiRequest request)
    {
        var access = Attributes(request.Info);
        var decision = Decide(request.User, access);
        request.Annotate("authorization.k8s.io/decision", decision.Allowed ? "allow" : "forbid");
        request.Annotate("authorization.k8s.io/reason", decision.Reason);
        if (!decision.Allowed) throw Forbidden(request.User, access, decision.Reason);
    }

    public static StatusException Forbidden(UserInfo user, AccessAttributes access, string reason)
    {
        var why = Explain(user, access);
        if (reason.Length > 0) why = $"{why}: {reason}";
        return StatusException.Forbidden(new(access.Group, "", access.IsResource ? access.Resource : ""), access.Name, why);
    }

    private static string Explain(UserInfo user, AccessAttributes access)
    {
        var name = GoText.Quote(user.Name);
        if (!access.IsResource) return $"User {name} cannot {access.Verb} path {GoText.Quote(access.Path)}";
        var what = $"User {name} cannot {access.Verb} resource {GoText.Quote(access.ResourceWithSubresource)} in API group {GoText.Quote(access.Group)}";
        return access.Namespace.Length > 0 ? $"{what} in the namespace {GoText.Quote(access.Namespace)}" : $"{what} at the cluster scope";
    }

    /// <summary>What a request wants to do.</summary>
    public static AccessAttributes Attributes(RequestInfo info) => info.IsResource
        ? new()
        {
            Verb = info.Verb,
            Namespace = info.Namespace,
            Group = info.Group,
            Version = info.Version,
            Resource = info.Resource,
            Subresource = info.Subresource,
            Name = info.Name,
            FieldSelector = info.FieldSelector,
        }
        : new() { Verb = info.Verb, Path = info.Path, IsResource = false };
}
