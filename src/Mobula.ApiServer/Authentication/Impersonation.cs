using Mobula.ApiServer.Authorization;
using Mobula.ApiServer.Pipeline;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Authentication;

/// <summary>Lets a user act as another, by the headers <c>Impersonate-*</c>.</summary>
internal sealed class Impersonation(Authorizer authorizer)
{
    private const string ExtraPrefix = "Impersonate-Extra-";
    private const string Group = "authentication.k8s.io";
    private const string ServiceAccountPrefix = "system:serviceaccount:";

    public void Apply(ApiRequest request)
    {
        var headers = request.Http.Request.Headers;
        var name = headers["Impersonate-User"].ToString();
        // Recorded clients join groups by commas as well as by repeated headers.
        var groups = headers["Impersonate-Group"].SelectMany(g => g?.Split(',') ?? []).Where(g => g.Length > 0).ToList();
        var uid = headers["Impersonate-Uid"].ToString();
        var extra = headers.Where(h => h.Key.StartsWith(ExtraPrefix, StringComparison.OrdinalIgnoreCase))
            .ToDictionary(h => Uri.UnescapeDataString(h.Key[ExtraPrefix.Length..].ToLowerInvariant()), h => (IReadOnlyList<string>)[.. h.Value.OfType<string>()]);
        if (name.Length == 0)
        {
            if (groups.Count == 0 && uid.Length == 0 && extra.Count == 0) return;
            throw StatusException.InternalError("requested impersonation without impersonating a user");
        }
        var account = name.StartsWith(ServiceAccountPrefix, StringComparison.Ordinal) && name.Split(':') is [_, _, var ns, var account0] ? (ns, account0) : default;
        string? constraint = null;
        if (Missing(request.User, Legacy(name, account, groups, uid, extra)) is not null)
        {
            // Where neither right is held, the refusal of the narrow one (to act as somebody for one verb on one thing) is told.
            if (Missing(request.User, Constrained(request, name, account, groups, uid, extra)) is { } refusal) throw refusal;
            constraint = $"impersonate:{ModeOf(name, account.ns)}";
        }
        if (account.ns is not null && groups.Count == 0) groups = ["system:serviceaccounts", $"system:serviceaccounts:{account.ns}"];
        if (name != UserInfo.Anonymous)
        {
            if (!groups.Contains(UserInfo.AuthenticatedGroup) && !groups.Contains(UserInfo.UnauthenticatedGroup)) groups.Add(UserInfo.AuthenticatedGroup);
        }
        else if (!groups.Contains(UserInfo.UnauthenticatedGroup))
        {
            groups.Add(UserInfo.UnauthenticatedGroup);
        }
        request.User = new(name, uid, groups, extra);
        if (request.Audit is { } audit) (audit.ImpersonatedUser, audit.ImpersonationConstraint) = (request.User, constraint);
    }

    /// <summary>What the verb <c>impersonate</c> needs: it lets act as somebody in everything.</summary>
    private static IEnumerable<AccessAttributes> Legacy(
        string name, (string? Namespace, string? Name) account, List<string> groups, string uid, Dictionary<string, IReadOnlyList<string>> extra)
    {
        yield return account.Namespace is not null
            ? new() { Verb = "impersonate", Resource = "serviceaccounts", Namespace = account.Namespace, Name = account.Name! }
            : new() { Verb = "impersonate", Resource = "users", Name = name };
        foreach (var group in groups) yield return new() { Verb = "impersonate", Resource = "groups", Name = group };
        foreach (var access in UidAndExtra("impersonate", uid, extra)) yield return access;
    }

    /// <summary>What constrained impersonation needs: the right to do just this as somebody, and to be that somebody.</summary>
    private static IEnumerable<AccessAttributes> Constrained(
        ApiRequest request, string name, (string? Namespace, string? Name) account, List<string> groups, string uid, Dictionary<string, IReadOnlyList<string>> extra)
    {
        var isNode = name.StartsWith(NodeAuthorizer.UserPrefix, StringComparison.Ordinal);
        var mode = ModeOf(name, account.Namespace);
        var wanted = Authorizer.Attributes(request.Info);
        yield return wanted with { Verb = $"impersonate-on:{mode}:{wanted.Verb}" };
        var verb = $"impersonate:{mode}";
        var identity = new AccessAttributes { Verb = verb, Group = Group, Version = "v1", Resource = "users", Name = name };
        yield return account.Namespace is not null ? identity with { Resource = "serviceaccounts", Namespace = account.Namespace, Name = account.Name! }
            : isNode ? identity with { Resource = "nodes", Name = name[NodeAuthorizer.UserPrefix.Length..] } : identity;
        foreach (var group in groups) yield return identity with { Resource = "groups", Name = group };
        foreach (var access in UidAndExtra(verb, uid, extra)) yield return access;
    }

    private static string ModeOf(string name, string? accountNamespace) =>
        accountNamespace is not null ? "serviceaccount" : name.StartsWith(NodeAuthorizer.UserPrefix, StringComparison.Ordinal) ? "arbitrary-node" : "user-info";

    private static IEnumerable<AccessAttributes> UidAndExtra(string verb, string uid, Dictionary<string, IReadOnlyList<string>> extra)
    {
        if (uid.Length > 0) yield return new() { Verb = verb, Group = Group, Version = "v1", Resource = "uids", Name = uid };
        foreach (var (key, values) in extra)
        {
            foreach (var value in values) yield return new() { Verb = verb, Group = Group, Version = "v1", Resource = "userextras", Subresource = key, Name = value };
        }
    }

    private StatusException? Missing(UserInfo user, IEnumerable<AccessAttributes> needed)
    {
        foreach (var access in needed)
        {
            var decision = authorizer.Decide(user, access);
            if (!decision.Allowed) return Authorizer.Forbidden(user, access, decision.Reason);
        }
        return null;
    }
}
