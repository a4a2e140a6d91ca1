using Mobula.ApiServer.Authorization;
using Mobula.ApiServer.Pipeline;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Authentication;

/// <summary>Lets a user act as another, by the headers <c>Impersonate-*</c>.</summary>
internal sealed class Impersonation(Authorizer authorizer)
{
    private const string ExtraPrefix = "Impersonate-Extra-";
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
        if (account.ns is not null) Require(request, new() { Verb = "impersonate", Resource = "serviceaccounts", Namespace = account.ns, Name = account.account0 });
        else Require(request, new() { Verb = "impersonate", Resource = "users", Name = name });
        foreach (var group in groups) Require(request, new() { Verb = "impersonate", Resource = "groups", Name = group });
        if (uid.Length > 0) Require(request, new() { Verb = "impersonate", Group = "authentication.k8s.io", Version = "v1", Resource = "uids", Name = uid });
        foreach (var (key, values) in extra)
        {
            foreach (var value in values)
            {
                Require(request, new() { Verb = "impersonate", Group = "authentication.k8s.io", Version = "v1", Resource = "userextras", Subresource = key, Name = value });
            }
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
        if (request.Audit is { } audit) audit.ImpersonatedUser = request.User;
    }

    private void Require(ApiRequest request, AccessAttributes access)
    {
        var decision = authorizer.Decide(request.User, access);
        if (!decision.Allowed) throw Authorizer.Forbidden(request.User, access, decision.Reason);
    }
}
